"""Hostile requests, as our own tests send them, and how a sound server refuses each.

None of them does anything where it is refused. Those at the carrier's door are made from a callback about a
call that there is not (`Webhooks.trial`), so that even a door that stands open is told of little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from .. import telephony
from ..api.auth import SESSION_COOKIE
from ..api.gate import MOST_BODY_BYTES, MOST_MANAGEMENT_BYTES
from ..node.addresses import prefix
from ..workspace.public_name import NO_CONTEXT, UPGRADE

STRANGER: Final = "stranger.example"
NOBODY: Final = 999_999_999_999_999
"""An assistant that there is not: ids are counted from 1."""


@dataclass(frozen=True)
class AttackedLine:
    """A line of the server, and the credential that proves its carrier."""

    assistant_id: int
    secret: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Target:
    """The server that is attacked: how its carrier knows it, and what it opens on purpose."""

    host: str
    """Over which carriers' requests are proved."""
    public_host: str | None
    line: AttackedLine | None
    """None = it has none, so that its carrier's door cannot be tried."""
    public_api: bool = False
    open_metrics: bool = False


@dataclass(frozen=True)
class HostileRequest:
    """One request. A `host` among its headers stands in the place of the address that is asked."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None


@dataclass(frozen=True)
class Attack:
    """What is tried, by one request or by several whose answers must be alike, and the refusal.

    `request` gives nothing where the server leaves that open on purpose, or has nothing to try it on.
    """

    name: str
    request: Callable[[Target], list[HostileRequest]]
    refusals: frozenset[int]
    header: tuple[str, str] = ("", "")
    """A header of the answer, and what must stand in it."""


_CALL, _EVENT, _CTX = (f"{prefix(telephony.DEMO)}{each}" for each in ("call/", "event/", "ctx/"))
_SIGNATURE = telephony.carrier(telephony.DEMO).webhooks.signature_header
_MANAGEMENT: Final = "/v1/conversations"


def _at_door(
    target: Target,
    path: str,
    *,
    signed_path: str = "",
    signed_host: str = "",
    more: bytes = b"",
    signature: str | None = None,
    **secret: str,
) -> list[HostileRequest]:
    """A carrier's request to `path`; what is told differently was signed differently than it is sent."""
    if target.line is None:
        return []
    host = signed_host or target.host
    webhooks = telephony.carrier(telephony.DEMO).webhooks
    told = webhooks.trial(f"https://{host}{signed_path or path}", {**target.line.secret, **secret})
    headers = {**told.headers, "host": host}
    if signature is not None:
        headers[_SIGNATURE] = signature
    return [HostileRequest("POST", path, {k: v for k, v in headers.items() if v}, told.body + more)]


def _call(target: Target) -> str:
    return f"{_CALL}{target.line.assistant_id if target.line else 0}"


def _event(target: Target) -> str:
    return f"{_EVENT}{target.line.assistant_id if target.line else 0}"


def _managed(target: Target, headers: Mapping[str, str]) -> list[HostileRequest]:
    del target
    return [HostileRequest("GET", _MANAGEMENT, headers)]


def _on_public_host(target: Target) -> list[HostileRequest]:
    if target.public_host is None or target.public_api:
        return []
    return [HostileRequest("GET", "/v1/setup", {"host": target.public_host})]


def _large(path: str, size: int) -> list[HostileRequest]:
    return [HostileRequest("POST", path, {"content-type": "application/json"}, b" " * (size + 1))]


def _socket(path: str, **headers: str) -> list[HostileRequest]:
    return [HostileRequest("GET", path, {**UPGRADE, **headers})]


def _login_of_another_site(target: Target) -> list[HostileRequest]:
    del target
    headers = {"origin": f"https://{STRANGER}", "content-type": "application/json"}
    body = b'{"email": "nobody@stranger.example", "password": "not a password of anybody"}'
    return [HostileRequest("POST", "/v1/auth/login", headers, body)]


_NOT_PROVED: Final = frozenset({403})
_NOT_SIGNED_IN: Final = frozenset({401})
_TOO_LARGE: Final = frozenset({413})

ATTACKS: Final[tuple[Attack, ...]] = (
    Attack("a call without a signature", lambda t: _at_door(t, _call(t), signature=""), _NOT_PROVED),
    Attack(
        "a call with a forged signature", lambda t: _at_door(t, _call(t), signature="forged"), _NOT_PROVED
    ),
    Attack(
        "a report signed with another token",
        lambda t: _at_door(t, _event(t), account_token=token_hex(16)),
        _NOT_PROVED,
    ),
    Attack(
        "a report signed with an empty token", lambda t: _at_door(t, _event(t), account_token=""), _NOT_PROVED
    ),
    Attack(
        "a report signed for another address",
        lambda t: _at_door(t, _event(t), signed_path=f"{_EVENT}{NOBODY}"),
        _NOT_PROVED,
    ),
    Attack(
        "a report signed for another host, which Host names",
        lambda t: _at_door(t, _event(t), signed_host=STRANGER),
        _NOT_PROVED,
    ),
    Attack(
        "a report changed after it was signed", lambda t: _at_door(t, _event(t), more=b"&More=1"), _NOT_PROVED
    ),
    Attack(
        "a report of an account that nobody has here",
        lambda t: _at_door(t, _event(t), account_sid="AC" + "f" * 32),
        _NOT_PROVED,
    ),
    Attack(
        "a report that names its call twice",
        lambda t: _at_door(t, f"{_event(t)}?CallSid=CA{'1' * 32}"),
        frozenset({400}),
    ),
    Attack(
        "finding out which assistants there are",
        lambda t: [
            *_at_door(t, _call(t), signature="forged"),
            *_at_door(t, f"{_CALL}{NOBODY}", signature="forged"),
        ],
        _NOT_PROVED,
    ),
    Attack(
        "a report on a call by its context, unsigned",
        lambda t: _at_door(t, f"{_CTX}{NO_CONTEXT}/event", signature=""),
        _NOT_PROVED,
    ),
    Attack("a media socket without a signature", lambda t: _socket(f"{_CTX}{NO_CONTEXT}"), _NOT_PROVED),
    Attack(
        "a media socket with a forged signature",
        lambda t: _socket(f"{_CTX}{NO_CONTEXT}", **{_SIGNATURE: "forged"}),
        _NOT_PROVED,
    ),
    Attack(
        "a carrier's request that is too large", lambda t: _large(f"{_CALL}1", MOST_BODY_BYTES), _TOO_LARGE
    ),
    Attack(
        "a request that is too large", lambda t: _large("/v1/assistants", MOST_MANAGEMENT_BYTES), _TOO_LARGE
    ),
    Attack("another host's name", lambda t: _managed(t, {"host": STRANGER}), frozenset({421})),
    Attack("management under the public host", _on_public_host, frozenset({404})),
    Attack("management without a key", lambda t: _managed(t, {}), _NOT_SIGNED_IN),
    Attack(
        "management with an invented key",
        lambda t: _managed(t, {"authorization": f"Bearer {token_hex(16)}"}),
        _NOT_SIGNED_IN,
    ),
    Attack(
        "management with an invented session",
        lambda t: _managed(t, {"cookie": f"{SESSION_COOKIE}={token_hex(16)}"}),
        _NOT_SIGNED_IN,
    ),
    Attack("signing in from a page of another site", _login_of_another_site, frozenset({403})),
    Attack(
        "metrics without a key",
        lambda t: [] if t.open_metrics else [HostileRequest("GET", "/metrics")],
        _NOT_SIGNED_IN,
    ),
    Attack(
        "our pages in a frame of another site",
        lambda t: [HostileRequest("GET", "/docs")],
        frozenset({200}),
        ("content-security-policy", "frame-ancestors 'none'"),
    ),
)

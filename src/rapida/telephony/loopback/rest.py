"""The loopback carrier's own interface: calls are placed, changed, looked up and listed by JSON requests.

`POST /calls` places one, `GET /calls?to=…&from=…` lists, `GET /calls/{call}` looks one up. `POST
/calls/{call}` with `{"end": true}` or `{"document": …}` changes it, and `GET /account` says who asks. Each
request is authenticated by account and token. Numbers are `numbers.py`'s.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Meta, Struct

from ...errors import ProviderRefused, ProviderUnavailable
from ...providers import outgoing
from ..account_numbers import AccountNumbers
from ..carrier import AccountCheck, Dial, NoSuchCall, PlacedCall
from ..documents import Documents
from . import documents
from .answers import NAME, read
from .numbers import LoopbackNumbers
from .request import STATES, LoopbackWebhooks
from .stream import LoopbackStream

PLACED: Final = "the call may have been placed: look before dialling again"


class LoopbackKnowsNoCall(NoSuchCall):
    """The account has no such call."""


class LoopbackOptions(Struct, frozen=True):
    """Where the carrier's other end listens."""

    api_url: Annotated[str, Meta(pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$")] = ""
    """Everything before `/calls`; empty = nobody can be called."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """The longest a request may take, connection and answer together."""
    guarded: bool = False
    """Whether a user named the host: then it must be public."""


class LoopbackCredential(Struct, frozen=True):
    """An account at the carrier's other end."""

    account: Annotated[str, Meta(min_length=1, max_length=64)]
    """Its name there."""
    token: Annotated[str, Meta(min_length=1)]
    """Proves webhooks, and requests to the interface."""


class _Call(Struct):
    """A call as the interface tells it."""

    call: str
    state: str
    to: str = ""
    from_: str = msgspec.field(default="", name="from")
    ours: bool = True
    """Whether it was placed through this interface."""
    seconds: int | None = None
    placed_at: datetime | None = None


def made_up() -> dict[str, str]:
    """A credential of no account."""
    return {"account": f"local-{secrets.token_hex(8)}", "token": secrets.token_hex(16)}


def _account_name(status: int, body: bytes, secret: Mapping[str, str]) -> str | None:
    if status == HTTPStatus.UNAUTHORIZED:
        raise ProviderRefused(NAME, "account and token do not fit: check the credential")
    try:
        told = msgspec.json.decode(body, type=dict[str, str])
    except msgspec.MsgspecError:
        return None
    return told["name"].replace(secret["token"], "…") if "name" in told else None


class Loopback:
    """A `Carrier`."""

    Options = LoopbackOptions
    Credential = LoopbackCredential
    account_field: ClassVar[str] = "account"
    webhooks: ClassVar[LoopbackWebhooks] = LoopbackWebhooks()
    documents: ClassVar[Documents] = documents.DOCUMENTS
    account_check: ClassVar[AccountCheck] = AccountCheck(
        lambda secret: "/account", lambda secret: (secret["account"], secret["token"]), _account_name
    )
    codec = staticmethod(LoopbackStream)
    made_up_credential = staticmethod(made_up)

    def __init__(self, options: LoopbackOptions, credential: LoopbackCredential) -> None:
        self._options = options
        self._auth = (credential.account, credential.token)
        self._client: httpx.AsyncClient | None = None
        self._numbers = LoopbackNumbers(self._ask)

    async def ready(self) -> None:
        """There is nothing to load."""

    async def dial(self, order: Dial) -> PlacedCall:
        """Place a call. What was sent and not answered may ring, so that one says `retryable` False."""
        wanted = {
            "to": order.to_number,
            "from": order.from_number,
            "shown": order.caller_id or order.from_number,
            "document": order.document,
            "report_to": order.status_url,
            "ring_s": order.ring_s,
            "detect_machine": order.detect_machine,
            "time_limit_s": order.time_limit_s,
            "keys": order.send_digits,
        }
        return _placed(await self._ask("POST", "/calls", wanted, once=PLACED))

    async def complete(self, call_id: str) -> None:
        """End a call, in whatever state it is."""
        await self._ask("POST", f"/calls/{quote(call_id)}", {"end": True})

    async def transfer(self, call_id: str, to: str, caller_id: str) -> None:
        """Give a call a document that dials `to`; its stream ends."""
        await self._ask("POST", f"/calls/{quote(call_id)}", {"document": documents.dial(to, caller_id)})

    async def say(self, call_id: str, sentence: str, language: str = "") -> None:
        """Give a call a document that says one sentence and hangs up; its stream ends."""
        told = documents.say(sentence, language)
        await self._ask("POST", f"/calls/{quote(call_id)}", {"document": told})

    async def fetch(self, call_id: str) -> PlacedCall:
        """Look a call up."""
        return _placed(await self._ask("GET", f"/calls/{quote(call_id)}"))

    async def placed_since(self, to_number: str, from_number: str, since: datetime) -> list[PlacedCall]:
        """Calls between two numbers that were placed through the interface since then, newest first."""
        path = f"/calls?to={quote(to_number)}&from={quote(from_number)}"
        told = read(await self._ask("GET", path), list[_Call])
        young = [each for each in told if each.ours and (each.placed_at is None or each.placed_at >= since)]
        return [_as_placed(each) for each in young]

    def numbers(self) -> AccountNumbers:
        """The numbers that the other end says it has."""
        return self._numbers

    async def aclose(self) -> None:
        """Close the connections. The object can be used again."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _ask(self, method: str, path: str, told: Any = None, *, once: str = "") -> bytes:
        """`once`: what a request that must not be repeated may have done when it is not answered."""
        if not self._options.api_url:
            raise ProviderRefused(NAME, "nobody is at its other end: set RAPIDA_LOOPBACK_API_URL")
        try:
            answer = await self._opened().request(method, self._options.api_url + path, json=told)
        except httpx.ConnectError:
            raise ProviderUnavailable(NAME, f"{self._options.api_url} cannot be reached") from None
        except httpx.HTTPError as broken:
            raise _unanswered(once) from broken
        if answer.is_success:
            return answer.content
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise LoopbackKnowsNoCall(NAME, "it knows no such call in this account")
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            busy = ProviderUnavailable(NAME, "too many requests: wait a little")
            busy.slow_down = True
            raise busy
        if answer.is_server_error:
            raise _unanswered(once)
        raise ProviderRefused(NAME, f"it refuses the request (HTTP {answer.status_code})")

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            guard = outgoing.transport(NAME) if self._options.guarded else None
            within = self._options.timeout_s
            self._client = httpx.AsyncClient(
                auth=self._auth, timeout=within, trust_env=False, transport=guard
            )
        return self._client


def _unanswered(once: str) -> ProviderUnavailable:
    unclear = f"; {once}" if once else ""
    failed = ProviderUnavailable(NAME, f"it gave no answer that counts{unclear}")
    failed.retryable = not once
    return failed


def _placed(body: bytes) -> PlacedCall:
    return _as_placed(read(body, _Call))


def _as_placed(call: _Call) -> PlacedCall:
    return PlacedCall(
        call_id=call.call,
        status=STATES.get(call.state, call.state),
        direction="outbound" if call.ours else "inbound",
        from_number=call.from_,
        to_number=call.to,
        duration_s=call.seconds,
        created_at=call.placed_at,
    )

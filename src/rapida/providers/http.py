"""What HTTP-speaking vendors have in common when they refuse: the reason, and what to do about it.

Everybody writes error bodies differently (OpenAI, vLLM, FastAPI, Google, ElevenLabs): the reason is looked
for where they put it. What comes of it is one of our two errors, never with the secret that was sent along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from msgspec import Struct

from ..errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from .line_streams import parse

RETRYABLE = frozenset({408, 409, 425, 429})
OVERLOADED = 429
OVERLOADED_WAIT_S = 1.0
"""Who is told "too many requests" and not how long to wait meets the same answer at once."""
TOLD_CHARS = 300
_DEEPEST = 4

_INSIDE = ("error", "detail", "errors", "details")
"""Where bodies keep the error, or the first of several."""
_REASON = ("message", "msg", "description", "reason", "title", "err_msg", "error_description")
_CODE = ("code", "err_code", "status", "type")


def problem_of_header(name: str, value: str) -> str:
    """What is wrong with a request header; empty = nothing. Follows RFC 9110 5.5 and 5.6.2."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        return f"{name!r} is no header: a name has letters, digits and -"
    if not (value.isascii() and value.isprintable()):
        return f"the header {name} can have no line breaks and no letters beyond ASCII"
    return ""


def sendable(vendor: str, secret: str) -> str:
    """A secret without the line's end that was pasted with it.

    Raises `ConfigurationError` for one that no request could carry.
    """
    bare = secret.strip()
    if problem_of_header("secret", bare):
        raise ConfigurationError(
            f"{vendor}: its credential holds line breaks or letters beyond ASCII: copy the key again"
        )
    return bare


class Problem(Struct, frozen=True):
    """What an error body says; empty = it says nothing."""

    codes: tuple[str, ...] = ()
    """Its codes as they are written, the closest to the reason first."""
    reason: str = ""


def problem(body: bytes | object) -> Problem:
    """The problem in an error's body, or in a value that was read already. Never raises."""
    if isinstance(body, bytes):
        try:
            return problem(parse(body))
        except ValueError:
            text = body[: TOLD_CHARS * 4].decode(errors="replace").strip()
            return Problem((), "" if text.startswith("<") else _one_line(text))
    return Problem(tuple(_codes(body)), _one_line(_reason(body)))


def _reason(value: object, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return next((told for each in cast("list[object]", value) if (told := _reason(each, depth + 1))), "")
    if not isinstance(value, dict):
        return ""
    fields = cast("dict[str, object]", value)
    told = next((text for name in _REASON if isinstance(text := fields.get(name), str) and text), "")
    place = fields.get("loc")
    if told and isinstance(place, list):  # FastAPI's: where in the request it was wrong
        return f"{'.'.join(str(step) for step in cast('list[object]', place))}: {told}"
    inside = (_reason(fields[name], depth + 1) for name in _INSIDE if name in fields)
    return told or next((each for each in inside if each), "")


def _codes(value: object, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _codes(each, depth + 1)
    elif isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        for name in _INSIDE:
            yield from _codes(fields.get(name), depth + 1)
        yield from (str(fields[name]) for name in _CODE if isinstance(fields.get(name), str | int))


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:TOLD_CHARS]


def refusal(
    vendor: str,
    status: int,
    told: Problem,
    advice: Mapping[int, str],
    *,
    secret: str,
    wait_s: float | None = None,
) -> ProviderError:
    """What a status other than 200 means. `advice` is what to do about those that a person can mend."""
    reason = told.reason.replace(secret, "…") if secret else told.reason
    if status >= 500 or status in RETRYABLE:
        more = f": {reason}" if reason else ""
        if wait_s is None and status == OVERLOADED:
            wait_s = OVERLOADED_WAIT_S
        failing = f"the server is overloaded or failing (HTTP {status}){more}"
        return ProviderUnavailable(vendor, failing, retry_after_s=wait_s)
    if (known := advice.get(status)) is not None:
        return ProviderRefused(vendor, known)
    if status < 400:
        moved = f"the address answers with a redirection (HTTP {status}): check `base_url`"
        return ProviderRefused(vendor, moved)
    return ProviderRefused(
        vendor, f"the request is refused (HTTP {status}): {reason or 'no reason given'}: check the options"
    )


def broken_off(
    vendor: str, told: Problem, advice: Mapping[int, str], *, secret: str, quota: Mapping[str, str]
) -> ProviderError:
    """What an error object means in a stream that began with status 200.

    `quota` is what to do about codes that say that the account may have no more.
    """
    for code in told.codes:
        if code in quota:
            return ProviderRefused(vendor, quota[code])
        if re.fullmatch(r"4\d\d", code) and int(code) not in RETRYABLE:
            return refusal(vendor, int(code), told, advice, secret=secret)
    reason = told.reason.replace(secret, "…") if secret else told.reason
    return ProviderUnavailable(vendor, f"the server broke off with an error: {reason or 'no reason given'}")


def wait_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """How long a refused client is asked to wait; None = it is not said.

    Follows RFC 9110 10.2.3 (seconds or a date), and OpenAI's `retry-after-ms`.
    """
    written = headers.get("retry-after-ms", "")
    if (seconds := _number(written)) is not None:
        return seconds / 1000
    written = headers.get("retry-after", "")
    if (seconds := _number(written)) is not None:
        return seconds
    try:
        until = parsedate_to_datetime(written)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _number(written: Any) -> float | None:
    found = re.fullmatch(r"\s*(\d{1,7}(?:\.\d+)?)\s*", written)
    return float(found[1]) if found else None

"""What a vendor's refusals and failures mean: one of our two errors, with what to do about it.

Everybody writes error bodies differently (OpenAI, vLLM, FastAPI, Google, ElevenLabs): the reason is looked
for where they put it. A server may repeat the secret that it was sent: no error made here holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

from msgspec import Struct

from ..errors import ProviderError, ProviderRefused, ProviderUnavailable
from .line_streams import parse

ADVICE: Final[Mapping[int, str]] = {
    401: "the API key is not accepted: put a valid one into the credential",
    402: "the account has no credit left: add some",
    403: "the API key may not do this: give it the right, or choose other options",
    404: "there is no such address: check `base_url`",
}
"""What a person can do about a status, unless a provider knows better."""
PASSING: Final = frozenset({408, 409, 425, 429})
"""Statuses below 500 that the same request may not meet again: RFC 9110 15.5.9 and 15.5.10, RFC 8470 5.2 and
RFC 6585 4."""
OVERLOADED: Final = 429
"""Too many requests (RFC 6585, 4)."""
OVERLOADED_WAIT_S = 1.0
"""Who is told "too many requests" and not how long to wait meets the same answer at once."""
TOLD_CHARS: Final = 300
"""How much of a reason is repeated: it stands in one line of a log and of the call's page."""
READ_BYTES: Final = 64 * 1024
"""How much of a body that is no JSON is looked at: its first line is what counts."""
_DEEPEST: Final = 4
"""How far inside a body a reason is looked for: the deepest known, a proxy's around a vendor's, has three."""

_INSIDE: Final = ("error", "detail", "errors", "details")
"""Where bodies keep the error, or the first of several."""
_REASON: Final = ("message", "msg", "description", "reason", "title", "err_msg", "error_description")
_CODE: Final = ("code", "err_code", "status", "type")


def may_pass(status: int) -> bool:
    """Whether the same request may be answered better later. Every provider's status is judged here."""
    return status >= 500 or status in PASSING


def redacted(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets. The longest is taken out first: one may begin with another."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


class Problem(Struct, frozen=True):
    """What an error body says; empty = it says nothing."""

    codes: tuple[str, ...] = ()
    """Its codes as they are written, the closest to the reason first."""
    reason: str = ""


NOTHING: Final = Problem()


def problem(body: bytes | object, secrets: Iterable[str] = ()) -> Problem:
    """The problem in an error's body, or in a value that was read already. Never raises.

    Secrets are taken out before the reason is cut to its length: half of one would not be found.
    """
    if isinstance(body, bytes):
        try:
            return problem(parse(body), secrets)
        except ValueError:
            text = body[:READ_BYTES].decode(errors="replace").strip()
            return Problem((), "" if text.startswith("<") else _one_line(redacted(text, secrets)))
    return Problem(tuple(_codes(body)), _one_line(redacted(_reason(body), secrets)))


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


@dataclass(frozen=True)
class Failures:
    """Makes one provider's failures our errors: by its name, with what to do, and without its secrets."""

    provider: str
    """The provider's catalogue name."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What no error may hold."""
    advice: Mapping[int, str] = field(default_factory=dict[int, str])
    """What it knows better than `ADVICE`."""
    used_up: Mapping[str, str] = field(default_factory=dict[str, str])
    """What to do about each code in an error's body that says that the account may have no more."""
    server: str = "the server"
    """What errors call the other side."""
    otherwise: str = "the request is refused (HTTP {status}): {reason}: check the options"
    """What any other refusal is called."""

    def refused(self, reason: str) -> ProviderRefused:
        """Asking again will not help."""
        return ProviderRefused(self.provider, redacted(reason, self.secrets))

    def unavailable(self, reason: str, *, retry_after_s: float | None = None) -> ProviderUnavailable:
        """Asking again may help."""
        told = redacted(reason, self.secrets)
        return ProviderUnavailable(self.provider, told, retry_after_s=retry_after_s)

    def no_answer(self) -> ProviderUnavailable:
        """A time-out has passed."""
        return self.unavailable(f"{self.server} does not answer")

    def no_connection(self, wrong: Exception) -> ProviderUnavailable:
        """A connection could not be opened, or broke.

        Of `wrong` only the kind is told: its text may repeat what was sent.
        """
        return self.unavailable(f"the connection to {self.server} failed ({type(wrong).__name__})")

    def nonsense(self, what: str) -> ProviderUnavailable:
        """An answer breaks its own protocol; `what` was sent."""
        return self.unavailable(f"{self.server} sent {what}")

    def told(self, body: bytes | object) -> Problem:
        """The problem in an error's body, or in a value that was read already."""
        return problem(body, self.secrets)

    def of_status(self, status: int, told: Problem = NOTHING, wait_s: float | None = None) -> ProviderError:
        """What a status other than 200 means. `wait_s` is how long the server asks to be left alone."""
        if may_pass(status):
            if wait_s is None and status == OVERLOADED:
                wait_s = OVERLOADED_WAIT_S
            more = f": {told.reason}" if told.reason else ""
            failing = f"{self.server} is overloaded or failing (HTTP {status}){more}"
            return self.unavailable(failing, retry_after_s=wait_s)
        if (known := self.advice.get(status) or ADVICE.get(status)) is not None:
            return self.refused(known)
        if 300 <= status < 400:
            return self.refused(f"{self.server} answers with a redirection (HTTP {status}): check `base_url`")
        return self.refused(self.otherwise.format(status=status, reason=told.reason or "no reason given"))

    def of_answer(self, status: int, headers: Mapping[str, str], body: bytes | object) -> ProviderError:
        """What an answer with a status other than 200 means."""
        told = self.told(body)
        return self._used_up(told) or self.of_status(status, told, wait_s(headers))

    def in_stream(self, told: Problem) -> ProviderError:
        """What an error object means in a stream that began with status 200."""
        if used_up := self._used_up(told):
            return used_up
        for code in told.codes:
            if re.fullmatch(r"4\d\d", code) and not may_pass(int(code)):
                return self.of_status(int(code), told)
        return self.unavailable(f"{self.server} broke off with an error: {told.reason or 'no reason given'}")

    def _used_up(self, told: Problem) -> ProviderError | None:
        known = (self.used_up[code] for code in told.codes if code in self.used_up)
        return next((self.refused(sentence) for sentence in known), None)


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

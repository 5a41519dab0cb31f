"""What Twilio sends over HTTP: the proof that it was Twilio, and its callbacks as one typed value.

It decides whether a signature proves a request and what a callback says; whose token to try and what a
callback changes is for the switchboard. Twilio's own validator is not used: it signs a `wss` URL on port
:80, loses the password of a URL with user and port, breaks IPv6 hosts, and answers a body without
`bodySHA256` with a TypeError. Rules: https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final, Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from ...errors import WireError
from ..webhooks import Answerer, Callback, CallbackKind

SIGNATURE_HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"

Algorithm = Literal["HMAC_SHA1", "HMAC_SHA256"]
Params = Mapping[str, str | Sequence[str]]

_DIGESTS: Final[dict[str, str]] = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_DEFAULT_PORTS: Final = {"https": "443", "wss": "443", "http": "80", "ws": "80"}


# Proof ------------------------------------------------------------------------------------------------------


def sign(url: str, params: Params | None, token: str, algorithm: Algorithm = "HMAC_SHA1") -> str:
    """A request's signature: `params` are a form POST's decoded fields; None for GET, JSON, WebSocket."""
    return _sign(url + _appended(params), token, algorithm)


def signed(
    url: str,
    params: Params | None,
    body: bytes | None,
    signature: str,
    tokens: Iterable[str],
    *,
    algorithm: Algorithm = "HMAC_SHA1",
) -> bool:
    """Whether any of `tokens` signed this HTTP request.

    `url` is built from the configured public host, with the query as it came. `params` are *all* fields of a
    form POST (None for GET); `body` is the raw body of a JSON POST, whose hash the URL must carry. As Twilio
    may or may not have written the port, the URL is tried as it is, with its default port and without any.
    """
    if body is not None and not _carries_hash(url, body):
        return False
    appended = _appended(params)
    return _first_proved([form + appended for form in _port_forms(url)], signature, tokens, algorithm) >= 0


def handshake_forms(url: str) -> tuple[str, ...]:
    """The at most four ways Twilio may have written a stream's `wss://` URL, the likeliest first."""
    parts = urlsplit(url)
    other = parts.path[:-1] if parts.path.endswith("/") else parts.path + "/"
    spelled = (url, urlunsplit(parts._replace(path=other)))
    return tuple(dict.fromkeys(form for one in spelled for form in _port_forms(one)[:2]))


def proved_form(
    forms: Sequence[str], signature: str, tokens: Iterable[str], algorithm: Algorithm = "HMAC_SHA1"
) -> str | None:
    """Which of a handshake's `forms` one of `tokens` signed; None = no proof."""
    found = _first_proved(forms, signature, tokens, algorithm)
    return forms[found] if found >= 0 else None


def algorithm_of(settings: str | None, pinned_key_id: str) -> Algorithm | None:
    """The algorithm a request's settings header (`key=<id>,algorithm=HMAC_SHA256`) asks for.

    No header means the Auth Token and SHA-1. A header counts only if it names the key the caller has pinned
    (the SharedKey's secret is then the only token to try); anything else is None: refuse.
    """
    if not settings:
        return "HMAC_SHA1"
    pairs = [part.strip().partition("=") for part in settings.split(",")]
    told = {name: value for name, _, value in pairs}
    same = hmac.compare_digest(_bytes(told.get("key", "")), _bytes(pinned_key_id))
    if not pinned_key_id or not same:
        return None
    return "HMAC_SHA256" if told.get("algorithm") == "HMAC_SHA256" else None


def algorithm_named(name: str) -> Algorithm:
    """The algorithm of `Keys`: SHA-1 unless it says otherwise."""
    return "HMAC_SHA256" if name == "HMAC_SHA256" else "HMAC_SHA1"


def form_fields(raw: bytes) -> dict[str, list[str]]:
    """Every field of a form body or a query, with empty values kept, for `signed` and `read_callback`.

    Raises `WireError` when the body is no form Twilio could have sent.
    """
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise WireError("a form body that is not URL-encoded UTF-8") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def json_fields(raw: bytes) -> dict[str, list[str]]:
    """The plain values of a JSON object, as text, each time a name comes.

    Raises `WireError` when the body is none, and when a deciding field is no plain value.
    """
    try:
        # The standard library's reader, because it tells of a name that comes twice.
        told = json.loads(raw or b"{}", object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, _Pairs):
        raise WireError("a body that is no JSON object")
    fields: dict[str, list[str]] = {}
    for name, value in told:
        if isinstance(value, str | int | float):
            fields.setdefault(name, []).append(value if isinstance(value, str) else json.dumps(value))
        elif value is not None and _meant(name) in _DECIDING:
            raise WireError(f"{name[:40]!r} must be one plain value")
    return fields


class _Pairs(list[tuple[str, object]]):
    """A JSON object as it was written."""


DECIDING: Final = (
    *("AccountSid", "CallSid", "From", "To", "Direction", "ParentCallSid"),
    *("CallStatus", "SequenceNumber", "StreamSid", "StreamEvent", "AnsweredBy"),
    *("RecordingSid", "RecordingStatus"),
)
"""The fields that decide who is meant, and what happened to them. Twilio writes each of them once."""
_DECIDING: Final = frozenset(name.casefold() for name in DECIDING)
_INDEX: Final = re.compile(r"\[[^\]]*\]$")


def refuse_doubles(*sources: Mapping[str, Sequence[str]]) -> None:
    """Raises `WireError` when a field that decides who is meant comes twice, in one place or in several.

    One reader takes the first, another the last, and the signature covers both. Spellings that a reader on
    the way may take for the same name (`callsid`, `CallSid[]`, with blanks around) count as it.
    """
    seen: set[str] = set()
    for source in sources:
        for name, values in source.items():
            meant = _meant(name)
            if meant in _DECIDING and (len(values) > 1 or meant in seen):
                raise WireError(f"{name[:40]!r} comes twice, so that nobody can tell who is meant")
            seen.add(meant)


def _meant(name: str) -> str:
    return _INDEX.sub("", name.strip()).strip().casefold()


def _sign(text: str, token: str, algorithm: Algorithm) -> str:
    digest = hmac.digest(token.encode(), text.encode("utf-8", "surrogatepass"), _DIGESTS[algorithm])
    return b64encode(digest).decode()


def _appended(params: Params | None) -> str:
    """Each distinct name in byte order, each with its distinct values, sorted, and no separators."""
    parts: list[str] = []
    for name in sorted(params or {}, key=_bytes):
        value = (params or {})[name]
        values = (value,) if isinstance(value, str) else value
        parts += [name + one for one in sorted(set(values), key=_bytes)]
    return "".join(parts)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _first_proved(strings: Sequence[str], signature: str, tokens: Iterable[str], algorithm: Algorithm) -> int:
    """The index of the string whose signature this is, or -1. Compares all of them, each in constant time."""
    claimed, found = _bytes(signature), -1
    for token in tokens:
        if not token:  # an empty secret is everyone's secret
            continue
        for index, text in enumerate(strings):
            same = hmac.compare_digest(_sign(text, token, algorithm).encode(), claimed)
            found = index if same and found < 0 else found
    return found


def _carries_hash(url: str, body: bytes) -> bool:
    claimed = parse_qs(urlsplit(url).query).get("bodySHA256", [])
    return len(claimed) == 1 and hmac.compare_digest(_bytes(claimed[0]), sha256(body).hexdigest().encode())


def _port_forms(url: str) -> list[str]:
    """The URL as it is, then with its scheme's default port if it has none, else without its port."""
    parts = urlsplit(url)
    who, at, host_port = parts.netloc.rpartition("@")
    bracket, sep, port = host_port.rpartition(":")
    has_port = bool(sep) and port.isdigit()  # "[::1]" ends in "]", so its last colon is no port's
    host = bracket if has_port else host_port
    default = _DEFAULT_PORTS.get(parts.scheme, "")
    forms = [url]
    if has_port:
        forms.append(urlunsplit(parts._replace(netloc=who + at + host)))
    elif default and host:
        forms.append(urlunsplit(parts._replace(netloc=f"{who}{at}{host}:{default}")))
    return forms


# Callbacks --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shape:
    """How one kind of callback is known and read: the field that marks it, and the fields of its key."""

    kind: CallbackKind
    marked_by: str
    key: tuple[str, ...]
    duration: str = ""


# In this order: a call's last callback may carry AnsweredBy and RecordingSid too.
_SHAPES: Final = (
    _Shape("stream", "StreamEvent", ("StreamSid", "StreamEvent")),
    _Shape("recording", "RecordingStatus", ("RecordingSid", "RecordingStatus"), "RecordingDuration"),
    _Shape("call", "CallStatus", ("CallSid", "SequenceNumber", "CallStatus"), "CallDuration"),
    _Shape("machine", "AnsweredBy", ("CallSid", "AnsweredBy")),
)


# https://www.twilio.com/docs/voice/answering-machine-detection: whatever else it says (machine_start,
# machine_end_beep, …) is a machine.
_ANSWERERS: Final[dict[str, Answerer]] = {"": "", "unknown": "", "human": "person", "fax": "fax"}


def read_callback(params: Params) -> Callback:
    """What a callback says; its fields tell its kind. Twilio's words for statuses are ours too.

    Raises `WireError` if Twilio has no such callback.
    """
    fields = {name: value if isinstance(value, str) else "".join(value[:1]) for name, value in params.items()}
    shape = next((shape for shape in _SHAPES if fields.get(shape.marked_by)), None)
    if shape is None or not fields.get("CallSid"):
        raise WireError("a callback without CallSid, or that reports no call, stream, machine or recording")
    status = fields[shape.marked_by]
    return Callback(
        kind=shape.kind,
        call_id=fields["CallSid"],
        account_id=fields.get("AccountSid", ""),
        status=status,
        reason=_reason(shape.kind, fields),
        dedup_key=":".join((shape.kind, *(fields.get(name, "") for name in shape.key))),
        sequence=_number(fields.get("SequenceNumber")) if shape.kind == "call" else None,
        at=instant(fields.get("Timestamp", "")),
        stream_id=fields.get("StreamSid", ""),
        recording_id=fields.get("RecordingSid", ""),
        recording_url=fields.get("RecordingUrl", ""),
        answered_by=fields.get("AnsweredBy", ""),
        answerer=_ANSWERERS.get(fields.get("AnsweredBy", ""), "machine"),
        duration_s=_number(fields.get(shape.duration)),
        sip_code=_number(fields.get("SipResponseCode")),
        error_code=_number(fields.get("ErrorCode")),
    )


def _reason(kind: CallbackKind, fields: Mapping[str, str]) -> str:
    if kind == "stream":
        return fields.get("StreamError", "")
    if message := fields.get("ErrorMessage") or fields.get("ErrorCode"):
        return message
    sip = fields.get("SipResponseCode", "")
    return f"SIP {sip}" if sip and kind == "call" else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None


# Nanoseconds do not fit a datetime; the digits after the sixth are dropped.
_ISO: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)")


def instant(text: str) -> datetime | None:
    """A Timestamp in UTC: RFC 2822 (calls) or ISO 8601 with nanoseconds (streams); None = neither."""
    try:
        if match := _ISO.fullmatch(text):
            whole, fraction, zone = match.groups()
            at = datetime.fromisoformat(whole + (fraction or "").ljust(7, "0") * bool(fraction) + zone)
        else:
            at = parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None

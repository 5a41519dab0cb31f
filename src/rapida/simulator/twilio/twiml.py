"""Reads the TwiML a webhook answers, as strictly as Twilio: a document becomes verbs, or a fault.

The phone performs Connect/Stream, Say, Play, Pause, Dial, Redirect, Reject and Hangup. Anything else ends the
call with the "application error" a caller would hear, so that nothing unsupported passes unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit
from xml.etree.ElementTree import XML, Element, ParseError

from .faults import LineFault

TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True)
class StreamTo:
    """`<Connect><Stream>`: where to, with what; `action` is asked when the stream has ended."""

    url: str
    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    status_callback: str = ""
    status_method: str = "POST"
    action: str = ""
    action_method: str = "POST"


@dataclass(frozen=True)
class Spoken:
    text: str


@dataclass(frozen=True)
class Played:
    """A sound's address, or digits sent out."""

    url: str = ""
    digits: str = ""


@dataclass(frozen=True)
class Paused:
    seconds: float


@dataclass(frozen=True)
class Dialled:
    """A transfer: the numbers and addresses dialled, the verb's attributes, and where to go on."""

    targets: tuple[str, ...]
    attributes: Mapping[str, str]
    action: str = ""
    action_method: str = "POST"


@dataclass(frozen=True)
class Redirected:
    url: str
    method: str = "POST"


@dataclass(frozen=True)
class Rejected:
    reason: str = "rejected"


@dataclass(frozen=True)
class HungUp:
    pass


Verb = StreamTo | Spoken | Played | Paused | Dialled | Redirected | Rejected | HungUp


@dataclass(frozen=True)
class Document:
    """The verbs in order, and what Twilio would warn of (12200: unknown attributes and the like)."""

    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...] = ()


_KNOWN = {
    "Connect": frozenset({"action", "method"}),
    "Stream": frozenset(
        {
            *("url", "name", "track", "statusCallback", "statusCallbackMethod", "connectorName"),
            # Twilio documents it for calls and not for streams, where it changes nothing. Our documents hold
            # it on purpose: a warning at every call would hide the ones that matter.
            "statusCallbackEvent",
        }
    ),
    "Parameter": frozenset({"name", "value"}),
}


def check_type(content_type: str | None) -> None:
    """Raises `LineFault` 12300 unless the answer's Content-Type is one for TwiML."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in TYPES:
        raise LineFault(12300, f"Content-Type {kind or 'absent'}: answer with text/xml")


def parse(body: bytes, base_url: str) -> Document:
    """Read a document that came from `base_url`. Raises `LineFault` 12100, 12200, 31922, 31923 or 31941."""
    root = _root(body)
    warnings: list[str] = []
    verbs = tuple(_verb(element, base_url, warnings) for element in root)
    return Document(verbs, tuple(warnings))


def _root(body: bytes) -> Element:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        # Refused before parsing: nothing in TwiML needs entities, and they are how XML bombs are built.
        raise LineFault(12100, "the document declares a DOCTYPE")
    try:
        root = XML(body)
    except ParseError as wrong:
        hint = ": there is something before <?xml" if body[:1].isspace() and b"<?xml" in body else ""
        raise LineFault(12100, f"{wrong}{hint}") from wrong
    if root.tag != "Response":
        raise LineFault(12100, "the document's root is not <Response>")
    return root


def _verb(element: Element, base_url: str, warnings: list[str]) -> Verb:
    read = _READERS.get(element.tag)
    if read is None:
        raise LineFault(12200, f"<{element.tag}> is no verb this phone performs")
    return read(element, base_url, warnings)


def _stream(connect: Element, base_url: str, warnings: list[str]) -> Verb:
    children = list(connect)
    if len(children) != 1 or children[0].tag != "Stream":
        raise LineFault(12200, "<Connect> must hold exactly one <Stream>")
    stream = children[0]
    _warn_of_unknown(connect, warnings)
    _warn_of_unknown(stream, warnings)
    track = stream.get("track", "inbound_track")
    if track != "inbound_track":
        raise LineFault(31941, f"track {track!r}")
    callback = stream.get("statusCallback", "")
    if callback and not urlsplit(callback).netloc:
        raise LineFault(12200, "<Stream statusCallback> must be an absolute URL")
    return StreamTo(
        url=stream_url(stream.get("url", ""), base_url, warnings),
        name=stream.get("name", ""),
        parameters=_parameters(stream, warnings),
        status_callback=callback,
        status_method=stream.get("statusCallbackMethod", "POST"),
        action=_absolute(connect.get("action"), base_url),
        action_method=connect.get("method", "POST"),
    )


def stream_url(url: str, base_url: str, warnings: list[str]) -> str:
    """The stream's address as Twilio will call it: absolute, wss, without its query (which never arrives)."""
    relative = not urlsplit(url).scheme
    parts: SplitResult = urlsplit(urljoin(base_url, url))
    if not url or not parts.hostname:
        raise LineFault(31923, f"url={url!r}")
    if relative:
        parts = parts._replace(scheme="wss")
    if parts.scheme != "wss":
        raise LineFault(31922, f"{parts.scheme}://… must be wss://…")
    if parts.query:
        warnings.append("the <Stream> URL has a query string, which Twilio drops: use <Parameter>")
    return urlunsplit(parts._replace(query="", fragment=""))


def _parameters(stream: Element, warnings: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in stream:
        name, value = child.get("name"), child.get("value")
        if child.tag != "Parameter" or name is None or value is None:
            raise LineFault(12200, "<Stream> may hold only <Parameter name value>")
        if len(name) + len(value) >= 500:
            raise LineFault(12200, f"<Parameter {name}> has 500 characters or more")
        _warn_of_unknown(child, warnings)
        found[name] = value
    return found


def _warn_of_unknown(element: Element, warnings: list[str]) -> None:
    for attribute in sorted(set(element.keys()) - _KNOWN[element.tag]):
        warnings.append(f"<{element.tag}> has no attribute {attribute}")


def _absolute(url: str | None, base_url: str) -> str:
    return urljoin(base_url, url) if url else ""


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _say(element: Element, base_url: str, warnings: list[str]) -> Verb:
    return Spoken(_text(element))


def _play(element: Element, base_url: str, warnings: list[str]) -> Verb:
    return Played(_absolute(_text(element), base_url), element.get("digits", ""))


def _pause(element: Element, base_url: str, warnings: list[str]) -> Verb:
    length = element.get("length", "1")
    if not length.isdecimal():
        raise LineFault(12200, f"<Pause length={length!r}>")
    return Paused(float(length))


def _dial(element: Element, base_url: str, warnings: list[str]) -> Verb:
    inner = tuple(text for child in element if (text := _text(child)))
    own = (element.text or "").strip()
    if not (inner or own):
        raise LineFault(13224, "<Dial> names nobody")
    return Dialled(
        targets=inner or (own,),
        attributes=dict(element.items()),
        action=_absolute(element.get("action"), base_url),
        action_method=element.get("method", "POST"),
    )


def _redirect(element: Element, base_url: str, warnings: list[str]) -> Verb:
    return Redirected(urljoin(base_url, _text(element)), element.get("method", "POST"))


def _reject(element: Element, base_url: str, warnings: list[str]) -> Verb:
    return Rejected(element.get("reason", "rejected"))


def _hangup(element: Element, base_url: str, warnings: list[str]) -> Verb:
    return HungUp()


_READERS = {
    "Connect": _stream,
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Dial": _dial,
    "Redirect": _redirect,
    "Reject": _reject,
    "Hangup": _hangup,
}

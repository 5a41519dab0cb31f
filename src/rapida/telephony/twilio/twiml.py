"""TwiML documents: connect a caller to a stream, refuse a caller in words, hand a caller over.

It writes XML and nothing else; which document a call gets is the switchboard's decision. Serve them as
`text/xml`: an absent or other type is Twilio error 12300, anything before the prolog 12100.
Verbs: https://www.twilio.com/docs/voice/twiml
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from ..documents import StreamAddress

CONTENT_TYPE: Final = "text/xml"
PARAMETER_LIMIT: Final = 500
"""Name and value of one `<Parameter>` must together stay under this many characters."""

_SAID_IN: Final = (
    *("en-US", "en-AU", "en-CA", "en-GB", "en-IN", "ca-ES", "da-DK", "de-DE", "es-ES", "es-MX", "fi-FI"),
    *("fr-FR", "fr-CA", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-PT", "pt-BR", "ru-RU"),
    *("sv-SE", "zh-CN", "zh-HK", "zh-TW"),
)
"""The values of `<Say language>`, of each language its own default first.
https://www.twilio.com/docs/voice/twiml/say"""
_ALSO: Final = {"no": "nb", "nn": "nb"}
"""Languages that Twilio names otherwise."""

# XML 1.0 §2.2: nothing else may stand in a document, not even escaped.
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


STATUS_EVENTS: Final = "initiated ringing answered completed"
"""What `<Stream statusCallbackEvent>` says.

Twilio documents no filter of a stream's events: it reports them all, and its debugger warns (12200)."""


def connect(stream: StreamAddress, parameters: Mapping[str, str]) -> str:
    """The document that opens a bidirectional stream. A value over Twilio's limit is cut to fit."""
    response = Element("Response")
    attributes = {
        "url": stream.url,
        "name": stream.name,
        "statusCallback": stream.status_url,
        **({"statusCallbackEvent": STATUS_EVENTS} if stream.names_events else {}),
    }
    opened = SubElement(SubElement(response, "Connect"), "Stream", _clean(attributes))
    for name, value in parameters.items():
        room = max(0, PARAMETER_LIMIT - 1 - len(name))
        SubElement(opened, "Parameter", _clean({"name": name, "value": value[:room]}))
    return _document(response)


def refuse(sentence: str, language: str = "") -> str:
    """The document that says one sentence and hangs up. `language` is a BCP 47 tag ("" = Twilio's own)."""
    response = Element("Response")
    known = said_in(language)
    said = SubElement(response, "Say", {"language": known} if known else {})
    said.text = _legal(sentence)
    SubElement(response, "Hangup")
    return _document(response)


def said_in(language: str) -> str:
    """The tag that `<Say>` knows for a BCP 47 tag: itself, else one of that language, else "".

    What Twilio does with any other it does not say.
    """
    primary, _, _ = (wanted := language.lower()).partition("-")
    primary = _ALSO.get(primary, primary)
    of_it = [each for each in _SAID_IN if each.partition("-")[0] == primary]
    return next((each for each in of_it if each.lower() == wanted), of_it[0] if of_it else "")


def transfer(to: str, caller_id: str, ring_s: int = 30) -> str:
    """The document that connects the caller with another number or `sip:` address, and then hangs up.

    The last verb matters: without one the caller would be left on an ended document.
    """
    response = Element("Response")
    attributes = {"callerId": caller_id, "timeout": str(ring_s), "answerOnBridge": "true"}
    dialled = SubElement(response, "Dial", _clean(attributes))
    party = SubElement(dialled, "Sip" if to.startswith(("sip:", "sips:")) else "Number")
    party.text = _legal(to)
    SubElement(response, "Hangup")
    return _document(response)


def _document(response: Element) -> str:
    return tostring(response, encoding="UTF-8", xml_declaration=True).decode()


def _clean(attributes: dict[str, str]) -> dict[str, str]:
    return {name: _legal(value) for name, value in attributes.items()}


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from rapida.telephony.documents import StreamAddress
from rapida.telephony.twilio import twiml

HOST = "voice.example.com"
CONTEXT = "3f0c2a4e-8a53-4c9f-9a66-0d1f5a0c7b11"


def the_documented_stream() -> StreamAddress:
    return StreamAddress(
        url=f"wss://{HOST}/v1/talk/twilio/ctx/{CONTEXT}",
        name="7__42",
        status_url=f"https://{HOST}/v1/talk/twilio/ctx/{CONTEXT}/event",
    )


DOCUMENTED = f"""
<Response>
  <Connect>
    <Stream url="wss://{HOST}/v1/talk/twilio/ctx/{CONTEXT}"
            name="7__42"
            statusCallback="https://{HOST}/v1/talk/twilio/ctx/{CONTEXT}/event"
            statusCallbackEvent="initiated ringing answered completed">
      <Parameter name="assistant_id" value="7"/>
      <Parameter name="client_number" value="+15550001"/>
    </Stream>
  </Connect>
</Response>
"""


def shape(element: ElementTree.Element) -> object:
    """Names, attributes in their order, text without indentation, children."""
    text = (element.text or "").strip()
    return (element.tag, list(element.attrib.items()), text, [shape(child) for child in element])


def test_the_answer_is_the_seeds_document() -> None:
    document = twiml.connect(the_documented_stream(), {"assistant_id": "7", "client_number": "+15550001"})
    assert shape(ElementTree.fromstring(document)) == shape(ElementTree.fromstring(DOCUMENTED))


def test_a_document_begins_with_its_prolog() -> None:
    for document in (
        twiml.connect(the_documented_stream(), {}),
        twiml.refuse("No."),
        twiml.transfer("+15550002", "+15550001"),
    ):
        assert document.startswith("<?xml")


def test_what_xml_gives_a_meaning_is_escaped_and_what_it_forbids_is_left_out() -> None:
    caller = 'sip:"a&b"<c>\x00\x0b\ud800@x'
    document = twiml.connect(the_documented_stream(), {"client_number": caller})
    (parameter,) = ElementTree.fromstring(document).iter("Parameter")
    assert parameter.get("value") == 'sip:"a&b"<c>@x'


def test_a_parameter_stays_under_twilios_limit() -> None:
    document = twiml.connect(the_documented_stream(), {"client_number": "x" * 900})
    (parameter,) = ElementTree.fromstring(document).iter("Parameter")
    assert len(parameter.get("name", "") + parameter.get("value", "")) == 499


def test_a_refusal_is_said_and_then_hung_up() -> None:
    assert shape(ElementTree.fromstring(twiml.refuse("Wir sind <voll>."))) == (
        "Response", [], "", [("Say", [], "Wir sind <voll>.", []), ("Hangup", [], "", [])],
    )  # fmt: skip
    (said,) = ElementTree.fromstring(twiml.refuse("Später.", "de-DE")).iter("Say")
    assert said.attrib == {"language": "de-DE"}


@pytest.mark.parametrize(("to", "noun"), [("+15550002", "Number"), ("sip:desk@example.com", "Sip")])
def test_a_transfer_dials_with_the_callers_id_and_ends_the_document(to: str, noun: str) -> None:
    dial = [("callerId", "+15550001"), ("timeout", "20"), ("answerOnBridge", "true")]
    assert shape(ElementTree.fromstring(twiml.transfer(to, "+15550001", ring_s=20))) == (
        "Response", [], "", [("Dial", dial, "", [(noun, [], to, [])]), ("Hangup", [], "", [])],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "known"),
    [
        *[("en-US", "en-US"), ("en-gb", "en-GB"), ("en", "en-US"), ("en-NZ", "en-US"), ("de-AT", "de-DE")],
        *[("es-419", "es-ES"), ("fr-CA", "fr-CA"), ("pt", "pt-PT"), ("pt-BR", "pt-BR"), ("no", "nb-NO")],
        *[("nn-NO", "nb-NO"), ("zh", "zh-CN"), ("zh-Hant", "zh-CN"), ("multi", ""), ("eo", ""), ("", "")],
    ],
)
def test_a_sentence_is_said_in_a_language_that_the_carrier_knows_or_in_its_own(
    language: str, known: str
) -> None:
    assert twiml.said_in(language) == known
    attributes = f' language="{known}"' if known else ""
    assert f"<Say{attributes}>Sorry.</Say>" in twiml.refuse("Sorry.", language)

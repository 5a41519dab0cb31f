"""Who answers a number is read off the address that it asks, of which no secret is shown."""

from __future__ import annotations

import pytest

from rapida.store.assistants import OwnedAssistant
from rapida.telephony.account_numbers import AccountNumber
from rapida.workspace import who_answers
from rapida.workspace.who_answers import ProjectLines

DESK = OwnedAssistant(7, 1, "Front desk", 1)
LINES = ProjectLines("twilio", "calls.example.org", {7: DESK}, {})


def asking(url: str, takes_calls: bool = True, instead: str = "") -> AccountNumber:
    return AccountNumber("PN1", "+14155550100", "", takes_calls, url, instead, "", {})


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://calls.example.org/v1/talk/twilio/call/7", "assistant"),
        ("https://Calls.example.org:443/v1/talk/twilio/call/7", "assistant"),
        ("https://old.example.org/v1/talk/twilio/call/7", "assistant"),
        ("https://calls.example.org/v1/talk/twilio/call/8", "elsewhere"),
        ("https://calls.example.org/v1/talk/twilio/call/7?x=1", "elsewhere"),
        ("https://calls.example.org/v1/talk/loopback/call/7", "elsewhere"),
        ("http://calls.example.org/v1/talk/twilio/call/7", "elsewhere"),
        ("", "nobody"),
    ],
)
def test_an_address_of_ours_is_told_from_others(url: str, kind: str) -> None:
    assert who_answers.answered(asking(url), LINES).answering.kind == kind


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:word@x.example/voice", "https://x.example/voice"),
        ("https://x.example/voice?token=word", "https://x.example/voice?…"),
        ("https://x.example/voice#rc=2&word", "https://x.example/voice"),
        ("https://[::1/word", "an address that is none"),
    ],
)
def test_what_may_be_secret_in_an_address_is_not_shown(url: str, shown: str) -> None:
    assert who_answers.shown(url) == shown
    assert who_answers.leads_to(asking(url)) == shown


def test_a_number_without_voice_says_so() -> None:
    (hint,) = who_answers.answered(asking("", takes_calls=False), LINES).hints
    assert "takes no calls by voice" in hint

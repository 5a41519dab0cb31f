"""Parties that are no telephone numbers, and characters in numbers that nobody sees."""

from __future__ import annotations

import pytest

from rapida.telephony.parties import MOST_CARRIED, MOST_CHARACTERS, carried, shown, stray

NOBODY = [
    *("", " ", "anonymous", "Anonymous", "ANONYMOUS", "restricted", "Unavailable", "unknown", "private"),
    *("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+7748283"),
    *("sip:anonymous@anonymous.invalid", "sips:Unavailable@10.0.0.1", "client:anonymous"),
]


@pytest.mark.parametrize("party", NOBODY)
def test_a_withheld_number_is_nothing_in_a_sentence(party: str) -> None:
    assert shown(party) == ""


@pytest.mark.parametrize(
    "party",
    ["sip:bob@example.org", "sip:+14155550123@pbx.example", "client:alice", "12345", "+15550001", "112"],
)
def test_a_number_an_address_or_a_short_code_is_itself(party: str) -> None:
    assert shown(f" {party} ") == party


def test_name_forwarding_number_and_sip_headers_are_variables_of_the_call() -> None:
    told = {
        "CallerName": "ADA  LOVELACE",
        "ForwardedFrom": "+14155550199",
        "SipHeader_X-Account": "7\u0000\n\u200bx",
        "SipHeader_X-Empty": "",
        "From": "+14155550123",
        "CallerCity": "LONDON",
    }
    assert carried(told) == {
        "CallerName": "ADA LOVELACE",
        "ForwardedFrom": "+14155550199",
        "SipHeader_X-Account": "7 x",
    }
    assert carried({"ForwardedFrom": "anonymous", "CallerName": " "}) == {}


def test_what_a_caller_can_write_is_bounded() -> None:
    found = carried({f"SipHeader_X-{number}": "x" * 5000 for number in range(200)})
    assert len(found) == MOST_CARRIED
    assert {len(value) for value in found.values()} == {MOST_CHARACTERS}


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("\u200b+14155550132", "before the number: U+200B (ZERO WIDTH SPACE)"),
        ("+14155550132\u202c", "after the number: U+202C (POP DIRECTIONAL FORMATTING)"),
        ("+1415\u00ad5550132", "within the number: U+00AD (SOFT HYPHEN)"),
        ("+1415\u00a05550132", "within the number: U+00A0 (NO-BREAK SPACE)"),
        ("\ufeff+14155550132", "before the number: U+FEFF"),
        (" +14155550132", "before the number: U+0020 (SPACE)"),
        ("+14155550132\n", "after the number: U+000A"),
        ("\t+14155550132", "before the number: U+0009"),
    ],
)
def test_a_character_that_nobody_sees_is_named(written: str, named: str) -> None:
    assert named in stray(written)


@pytest.mark.parametrize("written", ["+14155550132", "+1 (415) 555-0132", "", "sip:bob@example.org"])
def test_what_can_be_seen_is_nothing_to_take_out(written: str) -> None:
    assert stray(written) == ""

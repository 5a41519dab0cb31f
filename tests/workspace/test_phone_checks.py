"""What each fact about a line is taken for: one broken at a time, and the right station named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rapida.workspace.phone_checks import LINE, KeyCheck, PhoneFacts, examined_line
from rapida.workspace.public_name import RoundTrip

OURS = "https://calls.example.org/v1/talk/twilio/call/7"
REPORTS = "https://calls.example.org/v1/talk/twilio/event/7"
SOUND = PhoneFacts(
    assistant="Front desk",
    assistant_id=7,
    carrier="twilio",
    account=KeyCheck(name="Ours (twilio)"),
    number="+14155550100",
    leads="here",
    voice_url=OURS,
    reports_to=REPORTS,
    status_url=REPORTS,
    tried=RoundTrip(204, 403),
    vendors=[KeyCheck(name="Mind (openai)"), KeyCheck(name="Voice (elevenlabs)")],
)
REFUSED = KeyCheck(name="Ours (twilio)", error="the key is not accepted")
AWAY = KeyCheck(name="Mind (openai)", error="it cannot be reached", unreachable=True)


def test_a_sound_line_has_no_fault() -> None:
    found = examined_line(SOUND)
    assert [each.name for each in found] == [*LINE, "provider", "provider"]
    assert {each.state for each in found} == {"good"}
    assert [each.about for each in found] == [*["Front desk"] * 5, "Mind (openai)", "Voice (elevenlabs)"]


@pytest.mark.parametrize(
    ("station", "broken", "said", "fix"),
    [
        (
            "phone deployment",
            {"carrier": ""},
            "not on the phone",
            "rapida numbers connect NUMBER --assistant 7",
        ),
        ("phone deployment", {"demo": True}, "demo's line", "rapida numbers connect"),
        ("phone deployment", {"published": False}, "no version of it", "publish"),
        ("phone deployment", {"enabled": False}, "switched off", "`enabled: true`"),
        ("credential", {"account": None}, "names no credential of twilio", "name it in the phone deployment"),
        ("credential", {"account": REFUSED}, "the key is not accepted", "replace its secret"),
        ("credential", {"account": AWAY}, "cannot be asked", "DNS, firewall, proxy"),
        ("number", {"leads": "nobody"}, "leads nowhere", f"set {OURS} as its voice URL at twilio"),
        (
            "number",
            {"leads": "elsewhere", "where": "https://old.example.org/voice"},
            "leads to https://old.example.org/voice",
            "`rapida numbers connect +14155550100 --assistant 7`",
        ),
        ("number", {"leads": "absent"}, "no number of this account", "correct `phone_number`"),
        ("number", {"takes_calls": False}, "takes no calls by voice", "take a number"),
        ("status callback", {"reports_to": ""}, "are reported to nobody", f"set {REPORTS} as its status"),
        (
            "status callback",
            {"reports_to": "https://old.example.org/"},
            "reported to another address",
            "connect it again",
        ),
        ("signature", {"tried": RoundTrip(403, 403)}, "is refused: its address", "keep path, query and body"),
        ("signature", {"tried": RoundTrip(204, 204)}, "a forged request is answered 204", "somebody else"),
        ("signature", {"tried": RoundTrip(502, 502)}, "answered 502 in place of 204", "pass POST requests"),
        ("signature", {"tried": RoundTrip(None, None)}, "gets no answer", "passes POST requests"),
        ("provider", {"vendors": [AWAY]}, "cannot be asked: it cannot be reached", "DNS"),
        (
            "provider",
            {"vendors": [replace(REFUSED, name="Mind")]},
            "does not accept it",
            "replace its secret",
        ),
    ],
)
def test_one_thing_broken_is_one_station_named_with_what_mends_it(
    station: str, broken: dict[str, Any], said: str, fix: str
) -> None:
    [fault] = [each for each in examined_line(replace(SOUND, **broken)) if each.state == "fault"]
    assert fault.name == station
    assert said in fault.sentence
    assert fix in fault.fix


def test_what_cannot_be_known_is_skipped() -> None:
    def skipped(**broken: Any) -> list[str]:
        return [each.name for each in examined_line(replace(SOUND, **broken)) if each.state == "skipped"]

    assert skipped(carrier="") == ["credential", "number", "status callback", "signature"]
    assert skipped(account=AWAY) == ["number", "status callback"]
    assert skipped(tried=None) == ["signature"]
    assert skipped(leads="unknown") == ["number", "status callback"]


def test_a_line_may_name_no_number_and_a_carrier_may_show_none() -> None:
    for more, said in (
        ({"number": ""}, f"each that asks {OURS} is answered"),
        ({"leads": "unshown"}, f"see there that +14155550100 asks {OURS}"),
    ):
        number = examined_line(replace(SOUND, **more))[2]
        assert (number.state, said in number.sentence) == ("good", True)

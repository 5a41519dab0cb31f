"""What each fact about an installation is taken for: one broken at a time, and the right station named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rapida.workspace.checks import LEAST_FREE_BYTES, STATIONS, InstallationFacts, examined

SOUND = InstallationFacts(server="127.0.0.1:8080", public_host="calls.example.org")


def test_a_sound_installation_has_no_fault() -> None:
    assert [each.name for each in examined(SOUND) if each.state == "good"] == list(STATIONS)


@pytest.mark.parametrize(
    ("station", "broken", "said", "fix"),
    [
        ("settings", {"settings_error": "PUBLIC_ASSISTANT_HOST: leave out https://"}, "leave out", ".env"),
        ("data directory", {"data_dir_error": "others may read it"}, "others may", "0700"),
        ("disk", {"free_bytes": LEAST_FREE_BYTES - 1}, "0.2 GiB", "make room"),
        ("database", {"database_error": "it refuses the password"}, "password", "RAPIDA_DATABASE_URL"),
        ("database", {"schema_current": False}, "no server of this version", "rapida serve"),
        ("keys", {"vault_error": "the key does not open it"}, "does not open", "RAPIDA_MASTER_KEY"),
        ("server", {"ready_status": None}, "no server answers at 127.0.0.1:8080", "rapida serve"),
        ("server", {"ready_status": 503}, "not ready", "log"),
        ("public host", {"public_host": None}, "not set", "--tunnel"),
        ("DNS", {"resolve_error": "Name or service not known"}, "has no address", "spelling"),
        ("TLS", {"public_error": "certificate has expired"}, "expired", "certificate"),
        ("public path", {"public_status": 404}, "404 in place of 200", "keep path"),
        ("socket", {"upgrade_status": 404}, "answered 404", "WebSocket upgrades"),
        ("socket", {"upgrade_status": None}, "answered nothing", "WebSocket upgrades"),
        ("clock", {"skew_s": 75.0}, "75 s ahead", "NTP"),
        ("clock", {"skew_s": -75.0}, "75 s behind", "NTP"),
    ],
)
def test_one_thing_broken_is_one_station_named_with_what_mends_it(
    station: str, broken: dict[str, Any], said: str, fix: str
) -> None:
    [fault] = [each for each in examined(replace(SOUND, **broken)) if each.state == "fault"]
    assert fault.name == station
    assert said in fault.sentence
    assert fix in fault.fix


def test_what_a_fault_makes_unknowable_is_skipped_and_no_second_fault() -> None:
    unreadable = examined(replace(SOUND, settings_error="RAPIDA_PORT: not a number", skew_s=None))
    assert [each.state for each in unreadable] == ["fault", *["skipped"] * (len(STATIONS) - 1)]
    nameless = examined(replace(SOUND, public_host=None, skew_s=None))
    assert [each.name for each in nameless if each.state == "skipped"] == [
        "DNS",
        "TLS",
        "public path",
        "socket",
        "clock",
    ]

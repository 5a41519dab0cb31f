"""Outcomes that wait: on the disk, in memory within a bound while it is full, and what is told of a loss."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from rapida.call.commands import Entry
from rapida.store.conversations import StoredOutcome
from rapida.store.turns import TranscriptLine
from rapida.switchboard.unwritten import Unwritten

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def outcome(number: int, text: str = "Hello.") -> StoredOutcome:
    return StoredOutcome(
        number, "caller_hangup", NOON, NOON, (TranscriptLine(1, 1, Entry("agent", text, text)),)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "unwritten").mkdir()
    return tmp_path / "unwritten"


def fill(folder: Path, *numbers: int) -> None:
    """The next writing of each of these outcomes meets a device without room."""
    for number in numbers:
        (folder / f"{number}.part").symlink_to("/dev/full")


def test_what_meets_a_full_disk_is_held_and_lies_in_a_file_as_soon_as_there_is_room(folder: Path) -> None:
    unwritten = Unwritten(folder)
    fill(folder, 7)
    assert [unwritten.keep(outcome(7)), unwritten.keep(outcome(8))] == ["memory", "file"]
    assert [path.name for path in folder.iterdir()] == ["8.json"], "nothing half written is left lying"
    assert unwritten.load("7") == outcome(7)
    assert unwritten.names() == ["7", "8"]
    assert sorted(path.name for path in folder.iterdir()) == ["7.json", "8.json"]
    unwritten.drop("7")
    assert unwritten.names() == ["8"]


def test_beyond_the_bound_a_calls_end_is_held_without_what_was_said(folder: Path) -> None:
    room = len(msgspec.json.encode(outcome(1, "x" * 1000)))
    unwritten = Unwritten(folder, held_bytes=room)
    fill(folder, 1, 2)
    with capture_logs() as lines:
        for number in (1, 2):
            unwritten.keep(outcome(number, "x" * 1000))
    assert [(line["event"], line["conversation_id"]) for line in lines] == [("transcript_lost", 2)]
    whole, cut = unwritten.load("1"), unwritten.load("2")
    assert whole is not None
    assert cut is not None
    assert (len(whole.turns), cut.turns, cut.end_reason) == (1, (), "caller_hangup")
    unwritten.drop("1")
    unwritten.drop("2")
    fill(folder, 3)
    unwritten.keep(outcome(3, "x" * 1000))
    held = unwritten.load("3")
    assert held is not None
    assert held.turns, "what was written makes room for others"


def test_what_no_file_has_room_for_at_the_end_is_told(folder: Path) -> None:
    unwritten = Unwritten(folder)
    fill(folder, 4, 5)
    for number in (4, 5):
        unwritten.keep(outcome(number))
    fill(folder, 4)
    with capture_logs() as lines:
        unwritten.close()
    assert ("outcome_lost", 4) in [(line["event"], line["conversation_id"]) for line in lines]


def test_a_file_that_cannot_be_read_is_told_and_stays(folder: Path) -> None:
    (folder / "6.json").mkdir()
    with capture_logs() as lines:
        assert Unwritten(folder).load("6") is None
    assert [line["event"] for line in lines] == ["outcome_unread"]
    assert (folder / "6.json").exists()

"""The benchmarks still run: a handful of calls for a second, through the real server process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench import drive
from bench.rows import PEERS, ROWS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks read /proc")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parent.parent)


def test_the_echo_comes_back_frame_by_frame() -> None:
    figures = drive.once(ROWS["echo-500"], calls=3, seconds=1)
    # Fifty a second of each; on a busy machine the last are sent when nobody counts any more.
    assert 0 < figures["sent"] <= 150
    assert figures["received"] > 0
    assert figures["cpu_us"] > 0


def test_the_whole_engine_talks_and_holds_and_repeats_nothing() -> None:
    figures = drive.once(ROWS["cough"], calls=2, seconds=5)
    assert figures["talk_share"] > 0
    assert figures["hold_count"] > 0
    assert figures["unheld"] == 0
    assert figures["stt_messages"] > 0
    assert figures["repeated_ms"] == 0
    assert figures["skipped_ms"] == 0


@pytest.mark.parametrize("row", [*ROWS.values(), *PEERS.values()], ids=lambda row: row.name)
def test_a_row_says_what_it_measures(row: drive.Row) -> None:
    assert row.title
    assert row.calls > 0
    assert row.server[0] in {"echo", "cycle", "peer"}

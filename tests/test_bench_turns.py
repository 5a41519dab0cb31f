"""The row about turn-taking runs, with sounds of its own, and says what it lacks without recordings."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from bench.turns import row, situations, sounds

from rapida.audio import wav

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks read /proc")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parent.parent)
    monkeypatch.delenv(sounds.FOLDER, raising=False)


def sentence(ms: int) -> sounds.Samples:
    """Two loud stretches with a soft one between them, as detectors and ears know speech."""
    at = np.arange(ms * sounds.MS) / (ms * sounds.MS)
    tone = np.sin(np.arange(ms * sounds.MS) * 0.4) * 0.3
    return (tone * np.where(abs(at - 0.5) < 0.05, 0.02, 1.0)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, ms in enumerate((1600, 2400)):
        pcm = (sentence(ms) * 32767).astype("<i2").tobytes()
        header = wav.header(wav.Format(1, 8000, "pcm16"), len(pcm))
        (tmp_path / f"{number}.wav").write_bytes(header + pcm)
    return tmp_path


def test_without_recordings_it_says_what_is_needed(tmp_path: Path) -> None:
    for nowhere in (None, str(tmp_path)):
        with pytest.raises(sounds.NoRecordings, match=sounds.FOLDER):
            sounds.recordings(nowhere)


def test_recordings_are_trimmed_equally_loud_and_may_be_parted_where_they_are_quiet(folder: Path) -> None:
    clips = sounds.recordings(str(folder))
    assert [round(clip.ms, -2) for clip in clips] == [1600, 2400]
    before, after = sounds.pausing_places(clips[1])[0]
    assert before.words + " " + after.words == clips[1].words
    assert before.ms + after.ms < clips[1].ms


def test_babble_is_as_loud_as_asked_and_everywhere(folder: Path) -> None:
    mixed = sounds.babble(sounds.recordings(str(folder)), -30.0, seed=3)
    assert 20 * np.log10(np.sqrt((mixed**2).mean())) == pytest.approx(-30.0, abs=0.1)


def test_a_nod_and_an_interruption_are_told_apart_over_the_wire(folder: Path) -> None:
    clip = sounds.recordings(str(folder))[0]
    callers = [
        situations.Caller("nod", situations.over(sounds.Clip(clip.sound[: 600 * sounds.MS], "okay"), 700)),
        situations.Caller("interruption", situations.over(clip, 700), clips=[clip]),
    ]
    found = row.call(callers, "short", ("--vad", "energy"))
    assert found["nod_stopped_percent"] == 0
    assert found["interruption_missed"] == 0
    assert "✓" in row.verdict("finals", found)[0]

"""Recordings: both sides where the ear had them, what was not heard taken back, and a disk that fails."""

import asyncio
import errno
import io
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rapida.audio import wav
from rapida.audio.g711 import decode_block
from rapida.engine import recorder as recorder_module
from rapida.engine.clock import ManualClock
from rapida.engine.listener import Listener
from rapida.engine.pacer import Pacer
from rapida.engine.recorder import Recorder, RecordingWriter, mend, repair
from rapida.errors import StoreError

CALLER, AGENT, OTHER = 0x11, 0x22, 0x33
MS = 1000
LATENCY_US = 35_000
"""Between the carrier's timeline and our clock: position 0 arrives, whole frame, at 35 ms + 20 ms."""


@pytest.fixture
async def writer() -> AsyncIterator[RecordingWriter]:
    one = RecordingWriter()
    await one.start()
    yield one
    await one.aclose()


def value(code: int) -> int:
    return int(decode_block(bytes([code]))[0])


def caller_frames(recorder: Recorder, from_ms: int, until_ms: int, fill: int = CALLER) -> None:
    for at in range(from_ms, until_ms, 20):
        recorder.caller(at, bytes([fill]) * 160, LATENCY_US + (at + 20) * MS)


def agent_sound(recorder: Recorder, at_ms: int, ms: int, fill: int = AGENT) -> None:
    """Sound that the ear begins to hear at `at_ms` of the carrier's timeline."""
    recorder.agent(LATENCY_US + at_ms * MS, bytes([fill]) * (ms * 8))


async def recorded(recorder: Recorder) -> tuple[np.ndarray, np.ndarray]:
    """Close the recording and read both sides of its file."""
    recorder.close()
    duration_ms = await recorder.finished()
    sound = wav.read(recorder.path.read_bytes())
    assert sound.format == wav.Format(channels=2)
    assert sound.duration_ms == duration_ms
    sides = np.frombuffer(sound.data, "<i2").reshape(-1, 2)
    return sides[:, 0], sides[:, 1]


def stretches(side: np.ndarray) -> list[tuple[float, float, int]]:
    """(from ms, until ms, value) of what is not silence."""
    found, edges = [], np.flatnonzero(np.diff(side)) + 1
    for begin, end in zip([0, *edges], [*edges, len(side)], strict=True):
        if begin < end and side[begin] != 0:
            found.append((begin / 8, end / 8, int(side[begin])))
    return found


async def test_the_caller_is_on_the_left_at_the_carriers_positions(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 100, 6000)
    left, right = await recorded(recorder)
    assert stretches(left) == [(100, 6000, value(CALLER))]
    assert stretches(right) == []
    assert len(left) == 6000 * 8


async def test_the_agent_is_on_the_right_where_the_ear_heard_it(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    for second in range(8):
        caller_frames(recorder, second * 1000, (second + 1) * 1000)
        agent_sound(recorder, second * 1000 + 1200, 300)
    _, right = await recorded(recorder)
    expected = [(second * 1000 + 1200, second * 1000 + 1500, value(AGENT)) for second in range(7)]
    assert stretches(right) == expected


async def test_late_and_bursty_arrival_does_not_move_the_agent(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 1000)
    for at in range(1000, 1300, 20):
        recorder.caller(at, bytes([CALLER]) * 160, LATENCY_US + (at + 250) * MS)
    agent_sound(recorder, 1500, 100)
    caller_frames(recorder, 1300, 5000)
    _, right = await recorded(recorder)
    assert [(round(begin), round(end)) for begin, end, _ in stretches(right)] == [(1500, 1600)]


async def test_messages_of_one_utterance_are_joined_without_a_seam(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    for at in range(0, 5000, 100):
        # Each frame comes a little sooner than the one before: the mapping moves all the time.
        for frame in range(at, at + 100, 20):
            recorder.caller(frame, bytes([CALLER]) * 160, LATENCY_US + (frame + 20) * MS - frame // 10)
        agent_sound(recorder, at + 200, 100)
    _, right = await recorded(recorder)
    [(begin, end, _)] = stretches(right)
    assert begin == pytest.approx(200, abs=1)
    assert end == 5000


async def test_what_the_ear_did_not_hear_is_taken_back(writer: RecordingWriter, tmp_path: Path) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 3000)
    agent_sound(recorder, 2900, 100)
    agent_sound(recorder, 3000, 100)
    agent_sound(recorder, 3100, 100)
    recorder.take_back(LATENCY_US + 3050 * MS)
    agent_sound(recorder, 3400, 100, OTHER)
    caller_frames(recorder, 3000, 6000)
    _, right = await recorded(recorder)
    assert stretches(right) == [(2900, 3050, value(AGENT)), (3400, 3500, value(OTHER))]


async def test_a_greeting_before_the_first_caller_sound_finds_its_place(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    agent_sound(recorder, 40, 100)
    agent_sound(recorder, 140, 100)
    recorder.take_back(LATENCY_US + 190 * MS)
    caller_frames(recorder, 100, 1000)
    _, right = await recorded(recorder)
    assert stretches(right) == [(40, 190, value(AGENT))]


async def test_a_greeting_from_before_the_carriers_zero_loses_nothing(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    """The first caller sound came late, so that its zero seems to lie behind the agent's first words."""
    recorder = writer.recorder(tmp_path / "call.wav")
    agent_sound(recorder, -50, 40, OTHER)
    agent_sound(recorder, -10, 100)
    caller_frames(recorder, 100, 400)
    agent_sound(recorder, 90, 100, OTHER)
    caller_frames(recorder, 400, 3400)
    agent_sound(recorder, 3000, 100)
    _, right = await recorded(recorder)
    assert stretches(right) == [
        (0, 40, value(OTHER)),
        (40, 140, value(AGENT)),
        (140, 240, value(OTHER)),
        (3000, 3100, value(AGENT)),
    ]


async def test_a_call_whose_caller_never_sent_sound_keeps_what_the_agent_said(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    agent_sound(recorder, 500, 200)
    _, right = await recorded(recorder)
    assert stretches(right) == [(0, 200, value(AGENT))]


async def test_while_muted_a_side_is_silent(writer: RecordingWriter, tmp_path: Path) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 1000)
    agent_sound(recorder, 900, 100)
    recorder.mute(caller=True, agent=True)
    agent_sound(recorder, 1000, 500)
    caller_frames(recorder, 1000, 2000)
    recorder.mute(caller=True, agent=False)
    agent_sound(recorder, 2100, 100)
    caller_frames(recorder, 2000, 3000)
    recorder.mute(caller=False, agent=False)
    agent_sound(recorder, 3100, 100)
    caller_frames(recorder, 3000, 4000)
    left, right = await recorded(recorder)
    assert stretches(left) == [(0, 1000, value(CALLER)), (3000, 4000, value(CALLER))]
    assert stretches(right) == [
        (900, 1000, value(AGENT)),
        (2100, 2200, value(AGENT)),
        (3100, 3200, value(AGENT)),
    ]


async def test_a_jump_of_the_timeline_is_not_written_as_hours_of_silence(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 1000)
    hours = 7_200_000
    for at in range(hours, hours + 2000, 20):
        recorder.caller(at, bytes([OTHER]) * 160, LATENCY_US + (at + 20) * MS)
    agent_sound(recorder, hours + 1500, 100)
    caller_frames(recorder, hours + 2000, hours + 3000)
    left, right = await recorded(recorder)
    assert len(left) == 4000 * 8
    assert [(round(begin), round(end)) for begin, end, _ in stretches(right)] == [(2500, 2600)]


async def test_sound_is_on_the_disk_while_the_call_goes_on_and_a_crash_is_mended(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    recorder = writer.recorder(path)
    caller_frames(recorder, 0, 10_000)
    while not path.exists() or path.stat().st_size < 7500 * 32:
        await asyncio.sleep(0.005)
    crashed = tmp_path / "crashed.wav"
    crashed.write_bytes(path.read_bytes()[:-3])
    assert wav.read(crashed.read_bytes()).data == b""
    assert 7000 <= repair(crashed) <= 8000
    left = np.frombuffer(wav.read(crashed.read_bytes()).data, "<i2")[::2]
    assert set(left.tolist()) == {value(CALLER)}
    await recorded(recorder)


async def test_a_recording_that_is_being_written_is_mended_by_nobody(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    """Another server of the directory starts in the middle of a call: what it mends was left by the dead."""
    path = tmp_path / "call.wav"
    recorder = writer.recorder(path)
    caller_frames(recorder, 0, 10_000)
    while not path.exists() or path.stat().st_size < 7500 * 32:
        await asyncio.sleep(0.005)
    (tmp_path / "crashed.wav").write_bytes(path.read_bytes())
    before = path.read_bytes()
    assert mend(tmp_path) == 1
    assert wav.read((tmp_path / "crashed.wav").read_bytes()).data
    with pytest.raises(BlockingIOError):
        repair(path)
    assert path.read_bytes() == before
    await recorded(recorder)
    assert mend(tmp_path) == 0
    assert wav.read(path.read_bytes()).duration_ms == 10_000


async def test_where_the_file_system_has_no_locks_only_a_dead_servers_recording_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav.header(wav.Format(channels=2), 0) + bytes(32 * 1000))

    def refuses(file: object, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(recorder_module.fcntl, "flock", refuses)
    assert mend(tmp_path) == 0
    assert repair(path) == 1000


async def test_the_loop_never_writes(
    writer: RecordingWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers: set[str] = set()
    write = wav.WavWriter.write

    def watched(self: wav.WavWriter, data: bytes) -> None:
        writers.add(threading.current_thread().name)
        write(self, data)

    monkeypatch.setattr(wav.WavWriter, "write", watched)
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 5000)
    await recorded(recorder)
    assert writers == {"recordings"}


async def test_a_file_that_cannot_be_made_costs_this_recording_only(
    writer: RecordingWriter, tmp_path: Path
) -> None:
    lost = writer.recorder(tmp_path / "no such folder" / "call.wav")
    kept = writer.recorder(tmp_path / "call.wav")
    caller_frames(lost, 0, 5000)
    caller_frames(kept, 0, 5000)
    lost.close()
    with pytest.raises(StoreError, match=r"call\.wav.*No such file"):
        await lost.finished()
    left, _ = await recorded(kept)
    assert len(left) == 5000 * 8


@pytest.mark.parametrize("step", ["__init__", "write", "close"])
@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyError("a bug of ours")])
async def test_whatever_goes_wrong_with_one_file_costs_no_other(
    writer: RecordingWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, problem: Exception
) -> None:
    given = getattr(wav.WavWriter, step)

    def breaks_once(self: wav.WavWriter, *rest: Any) -> Any:
        monkeypatch.setattr(wav.WavWriter, step, given)
        raise problem

    monkeypatch.setattr(wav.WavWriter, step, breaks_once)
    lost, kept = writer.recorder(tmp_path / "lost.wav"), writer.recorder(tmp_path / "kept.wav")
    caller_frames(lost, 0, 5000)
    lost.close()
    with pytest.raises(StoreError, match=r"lost\.wav: the recording cannot be written"):
        await lost.finished()
    caller_frames(kept, 0, 5000)
    left, _ = await recorded(kept)
    assert len(left) == 5000 * 8


async def test_a_file_that_cannot_be_closed_costs_no_other(
    writer: RecordingWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unclosable(io.FileIO):
        def close(self) -> None:
            super().close()
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, *_, **__: Unclosable(self, "wb"))
        lost = writer.recorder(tmp_path / "lost.wav")
        lost.close()
        with pytest.raises(StoreError, match="Input/output error"):
            await lost.finished()
    left, _ = await recorded(writer.recorder(tmp_path / "kept.wav"))
    assert len(left) == 0


async def test_a_wait_that_is_given_up_leaves_the_file_and_the_thread_alone(
    writer: RecordingWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_is_back = threading.Event()
    close = wav.WavWriter.close

    def closes_late(self: wav.WavWriter) -> int:
        disk_is_back.wait()
        return close(self)

    monkeypatch.setattr(wav.WavWriter, "close", closes_late)
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 5000)
    recorder.close()
    waiting = asyncio.create_task(recorder.finished())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    disk_is_back.set()
    assert await recorder.finished() == 5000
    left, _ = await recorded(writer.recorder(tmp_path / "next.wav"))
    assert len(left) == 0


async def test_a_disk_that_hangs_does_not_hold_up_the_end_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "CLOSE_WITHIN_S", 0.01)
    disk_is_back = threading.Event()
    monkeypatch.setattr(wav.WavWriter, "write", lambda *_: disk_is_back.wait())
    writer = RecordingWriter()
    await writer.start()
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 5000)
    recorder.close()
    await writer.aclose()
    disk_is_back.set()
    await recorder.finished()


async def test_a_disk_that_falls_behind_costs_recordings_instead_of_memory(
    writer: RecordingWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "BACKLOG_BYTES", 20_000)
    disk_is_back = threading.Event()
    monkeypatch.setattr(wav.WavWriter, "write", lambda *_: disk_is_back.wait())
    recorder = writer.recorder(tmp_path / "call.wav")
    caller_frames(recorder, 0, 20_000)
    recorder.close()
    disk_is_back.set()
    with pytest.raises(StoreError, match="too slow"):
        await recorder.finished()


async def test_an_empty_call_leaves_an_empty_recording(writer: RecordingWriter, tmp_path: Path) -> None:
    recorder = writer.recorder(tmp_path / "call.wav")
    left, _ = await recorded(recorder)
    assert len(left) == 0
    recorder.close()
    caller_frames(recorder, 0, 100)


class Leg:
    """A phone that takes everything."""

    def play(self, ulaw: bytes, mark: str = "") -> None: ...

    def mark(self, name: str) -> None: ...

    def clear(self) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None: ...


class Deaf:
    """A detector that hears no voice."""

    def feed(self, position_ms: int, ulaw: bytes) -> None: ...

    def discount(self, start_ms: int, end_ms: int) -> None: ...

    def close(self) -> None: ...


async def test_a_whole_call_is_recorded_as_it_was_heard(writer: RecordingWriter, tmp_path: Path) -> None:
    """Listener, pacer and recorder on one clock: greeting, barge-in at 1,500 ms, second answer."""
    clock = ManualClock()
    recorder = writer.recorder(tmp_path / "call.wav")
    pacer = Pacer(Leg(), lambda _: None, clock, recorder)
    listener = Listener(Deaf(), None, recorder, lambda _: None, clock)

    def call_goes_on(from_ms: int, until_ms: int) -> None:
        for at in range(from_ms, until_ms, 20):
            clock.advance(20 * MS)
            listener.media(at, bytes([CALLER]) * 160)

    pacer.enqueue(1, 1, bytes([AGENT]) * 8 * 4000)
    call_goes_on(0, 1500)
    pacer.clear(1)
    call_goes_on(1500, 2000)
    pacer.enqueue(2, 2, bytes([OTHER]) * 8 * 1000)
    pacer.finish(2)
    call_goes_on(2000, 4000)
    pacer.close()
    listener.close()
    left, right = await recorded(recorder)
    assert stretches(left) == [(0, 4000, value(CALLER))]
    assert stretches(right) == [(0, 1500, value(AGENT)), (2000, 3000, value(OTHER))]

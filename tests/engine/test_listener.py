"""The listener: a whole timeline out of whatever arrives, and a word to the core when it asked for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.call.commands import FinishTranscription
from rapida.call.events import Event, Question, SoundReached, SoundStalled, SoundStarted
from rapida.engine.clock import ManualClock
from rapida.engine.listener import Listener

MS = 1000
FINISH = FinishTranscription(5, 100, 400, Question())


class Ear:
    """Detector and transcriber in one: keeps what it is fed."""

    def __init__(self) -> None:
        self.fed: list[tuple[int, bytes]] = []
        self.finished: list[tuple[FinishTranscription, int]] = []
        """(request, how many messages had been fed by then)"""
        self.closed = False

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        self.fed.append((position_ms, ulaw))

    def discount(self, start_ms: int, end_ms: int) -> None:
        raise AssertionError("nothing was echoed")

    def finish(self, request: FinishTranscription) -> None:
        self.finished.append((request, len(self.fed)))

    async def run(self) -> None:
        raise AssertionError("the listener runs no transcriber")

    def close(self) -> None:
        self.closed = True

    @property
    def sound(self) -> bytes:
        return b"".join(ulaw for _, ulaw in self.fed)

    def contiguous(self) -> bool:
        ends = [position * 8 + len(ulaw) for position, ulaw in self.fed]
        return all(
            abs(position * 8 - end) < 8 for end, (position, _) in zip(ends, self.fed[1:], strict=False)
        )


class Line:
    def __init__(self, *, attached: bool = True, keep_ms: int = 0) -> None:
        self.clock = ManualClock(50_000)
        self.detector, self.transcriber = Ear(), Ear()
        self.told: list[Event] = []
        self.listener = Listener(
            self.detector,
            self.transcriber if attached else None,
            None,
            self.told.append,
            self.clock,
            keep_ms=keep_ms,
        )

    def frame(self, position_ms: int, fill: int = 0x11, ms: int = 20) -> None:
        self.listener.media(position_ms, bytes([fill]) * (ms * 8))

    def frames(self, from_ms: int, until_ms: int, fill: int = 0x11) -> None:
        """Frames in real time."""
        for position_ms in range(from_ms, until_ms, 20):
            self.clock.advance(20 * MS)
            self.frame(position_ms, fill)


@pytest.fixture
def line() -> Line:
    return Line()


# The timeline


def test_sound_reaches_the_detector_frame_by_frame_and_the_transcriber_in_100_ms(line: Line) -> None:
    line.frames(100, 600)
    assert [position for position, _ in line.detector.fed] == list(range(100, 600, 20))
    assert [(position, len(ulaw)) for position, ulaw in line.transcriber.fed] == [
        (at, 800) for at in range(100, 600, 100)
    ]


def test_the_first_frame_is_told_once_with_where_it_ends(line: Line) -> None:
    line.frames(140, 300)
    assert line.told == [SoundStarted(160)]


def test_a_burst_after_a_pause_in_arrival_leaves_no_gap(line: Line) -> None:
    line.frames(100, 200)
    line.clock.advance(230 * MS)
    for position_ms in range(200, 440, 20):
        line.frame(position_ms)
    assert b"\xff" not in line.detector.sound
    assert line.detector.contiguous()


def test_a_gap_of_the_timeline_is_filled_with_silence(line: Line) -> None:
    line.frames(100, 200, fill=0x11)
    line.frames(1230, 1300, fill=0x22)
    for ear in (line.detector, line.transcriber):
        assert ear.contiguous()
    assert line.detector.sound == b"\x11" * 800 + b"\xff" * (1030 * 8) + b"\x22" * (80 * 8)
    assert max(len(ulaw) for _, ulaw in line.detector.fed) == 160


def test_of_a_long_gap_five_seconds_are_filled_and_then_the_timeline_jumps(line: Line) -> None:
    line.frames(0, 100)
    line.frames(60_000, 60_200)
    line.listener.finish(FINISH)
    for ear in (line.detector, line.transcriber):
        before = [one for one in ear.fed if one[0] < 60_000]
        after = [one for one in ear.fed if one[0] >= 60_000]
        assert sum(len(ulaw) for _, ulaw in before) == 5100 * 8
        assert after[0][0] == 60_000
        assert b"\xff" not in b"".join(ulaw for _, ulaw in after)


def test_a_repeated_or_late_frame_is_dropped_and_an_overlap_trimmed(line: Line) -> None:
    line.frames(100, 200, fill=0x11)
    line.frame(100, fill=0x33)
    line.frame(180, fill=0x33)
    assert line.detector.sound == b"\x11" * 800
    line.frame(190, fill=0x22)
    assert line.detector.fed[-1] == (200, b"\x22" * 80)
    assert line.listener.heard_ms == 110


def test_frames_of_odd_length_are_not_taken_for_gaps(line: Line) -> None:
    position, sizes = 0, [164, 157, 1, 240, 163, 83] * 20
    for size in sizes:
        line.listener.media(position // 8, b"\x11" * size)
        position += size
    assert line.detector.sound == b"\x11" * sum(sizes)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60)), max_size=40))
def test_whatever_arrives_the_detector_hears_an_unbroken_line(arrivals: list[tuple[int, int]]) -> None:
    line = Line()
    for frame, ms in arrivals:
        line.frame(frame * 10, ms=ms)
    assert line.detector.contiguous()
    if line.detector.fed:
        first = arrivals[0][0] * 10
        assert line.detector.fed[0][0] == first
        assert len(line.detector.sound) == (max(f * 10 + ms for f, ms in arrivals) - first) * 8


# What the core is told


def test_reaching_the_deadline_is_told_once(line: Line) -> None:
    line.frames(100, 300)
    line.listener.sound_deadline_ms = 350
    line.frames(300, 500)
    assert line.told == [SoundStarted(120), SoundReached(360)]
    assert line.listener.sound_deadline_ms is None


def test_a_deadline_already_passed_is_told_at_once_but_not_again_for_the_same_sound(line: Line) -> None:
    line.frames(100, 500)
    line.listener.sound_deadline_ms = 300
    assert line.told[1:] == [SoundReached(500)]
    line.listener.sound_deadline_ms = 300
    assert line.told[1:] == [SoundReached(500)]
    line.frames(500, 520)
    assert line.told[1:] == [SoundReached(500), SoundReached(520)]


def test_a_deadline_taken_back_is_not_told(line: Line) -> None:
    line.frames(100, 200)
    line.listener.sound_deadline_ms = 300
    line.listener.sound_deadline_ms = None
    line.frames(200, 500)
    assert line.told == [SoundStarted(120)]


def test_a_second_without_a_frame_is_told_once_per_stall(line: Line) -> None:
    line.frames(100, 200)
    line.clock.advance(990 * MS)
    assert line.told[1:] == []
    line.clock.advance(30 * MS)
    assert line.told[1:] == [SoundStalled(200)]
    line.clock.advance(10_000 * MS)
    assert line.told[1:] == [SoundStalled(200)]
    line.frames(200, 240)
    line.clock.advance(1_020 * MS)
    assert line.told[1:] == [SoundStalled(200), SoundStalled(240)]


def test_a_process_that_stood_still_reads_what_came_before_it_speaks_of_a_stall(line: Line) -> None:
    line.frames(100, 200)
    line.clock.stall(1_500 * MS)
    line.frames(200, 300)
    line.clock.advance(500 * MS)
    assert line.told == [SoundStarted(120)]
    line.clock.stall(1_500 * MS)
    line.clock.advance(110 * MS)
    assert line.told[1:] == [SoundStalled(300)], "nothing had come"


def test_sound_that_flows_keeps_one_timer(line: Line) -> None:
    line.frames(0, 10_000)
    assert line.clock.waiting == 1
    assert line.told == [SoundStarted(20)]


def test_frames_that_bring_nothing_new_do_not_hide_a_stall(line: Line) -> None:
    line.frames(100, 200)
    for _ in range(60):
        line.clock.advance(20 * MS)
        line.frame(100)
    assert line.told[1:] == [SoundStalled(200)]


# The transcriber


def test_sound_waits_for_a_transcriber_that_is_not_there_yet() -> None:
    line = Line(attached=False)
    line.frames(100, 1000)
    line.listener.finish(FINISH)
    line.frames(1000, 1200)
    assert line.transcriber.fed == []
    line.listener.attach(line.transcriber)
    assert line.transcriber.sound == b"\x11" * (1100 * 8)
    assert line.transcriber.contiguous()
    assert line.transcriber.finished == [(FINISH, 9)]


def test_what_waits_for_a_transcriber_is_bounded_and_its_newest_part_is_kept() -> None:
    line = Line(attached=False)
    line.frames(0, 60_000)
    line.listener.attach(line.transcriber)
    assert line.transcriber.fed[0][0] == 40_000
    assert len(line.transcriber.sound) == 20_000 * 8


def test_finish_gives_the_transcriber_what_is_pending_first(line: Line) -> None:
    line.frames(100, 360)
    line.listener.finish(FINISH)
    assert line.transcriber.finished == [(FINISH, 3)]
    assert line.transcriber.fed[-1] == (300, b"\x11" * 480)
    line.frames(360, 460)
    assert line.transcriber.fed[-1] == (360, b"\x11" * 800)


def test_while_muted_the_transcriber_hears_silence_and_the_detector_everything(line: Line) -> None:
    line.frames(0, 100, fill=0x11)
    line.listener.mute(on=True)
    line.frames(100, 200, fill=0x22)
    line.listener.mute(on=False)
    line.frames(200, 300, fill=0x33)
    assert line.transcriber.sound == b"\x11" * 800 + b"\xff" * 800 + b"\x33" * 800
    assert line.detector.sound == b"\x11" * 800 + b"\x22" * 800 + b"\x33" * 800


# The rest


def test_recent_sound_is_cut_where_speech_ended() -> None:
    line = Line(keep_ms=1000)
    for at in range(0, 5000, 20):
        line.frame(at, fill=at // 20)
    sound = line.listener.recent(4900, 400)
    assert sound == b"".join(bytes([at // 20]) * 160 for at in range(4500, 4900, 20))
    assert len(line.listener.recent(5000, 1000)) == 8000
    assert line.listener.recent(5000, 1000)[-1] == 249


def test_nothing_is_kept_unless_asked_for(line: Line) -> None:
    line.frames(0, 1000)
    assert line.listener.recent(1000, 500) == b""


def test_a_closed_listener_takes_and_tells_nothing(line: Line) -> None:
    line.frames(100, 200)
    line.listener.sound_deadline_ms = 300
    line.listener.close()
    line.frames(200, 600)
    line.clock.advance(5_000 * MS)
    assert line.told == [SoundStarted(120)]
    assert line.detector.closed
    assert line.detector.sound == b"\x11" * 800
    assert line.clock.waiting == 0

from __future__ import annotations

import asyncio

import pytest

from rapida.engine.clock import LoopClock, ManualClock
from rapida.telephony.loopback.phone import BUFFER_MS, SILENCE, LoopbackPhone
from rapida.telephony.stream import Leg, LegListener, StreamStart
from tests.telephony.listening import Heard

MS = 1000


class Line:
    """A phone on a clock turned by hand, and whoever answers it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.heard = Heard()
        self.phone = LoopbackPhone(self.clock)
        self.leg: Leg = self.phone

    def rings(self) -> Line:
        self.phone.rings(self._answer)
        return self

    def _answer(self, leg: Leg) -> LegListener:
        assert leg is self.phone
        return self.heard

    def after(self, ms: int) -> None:
        self.clock.advance(ms * MS)


@pytest.fixture
def line() -> Line:
    return Line().rings()


def sound(ms: int, value: int = 1) -> bytes:
    return bytes([value]) * (8 * ms)


def test_a_phone_that_rings_is_answered_and_sends_a_frame_every_20_ms(line: Line) -> None:
    assert isinstance(line.heard.told[0][1], StreamStart)
    line.after(19)
    assert len(line.heard.told) == 1
    line.after(41)
    assert line.heard.of("media") == [(position, SILENCE * 160) for position in (100, 120, 140)]


def test_what_the_caller_says_fills_the_next_frames(line: Line) -> None:
    line.phone.says(sound(20, 2))
    line.phone.says(sound(10, 3))
    line.after(60)
    assert line.heard.of("media") == [
        (100, sound(20, 2)),
        (120, sound(10, 3) + SILENCE * 80),
        (140, SILENCE * 160),
    ]


def test_sound_is_heard_as_it_is_played_and_pauses_are_silence(line: Line) -> None:
    line.after(50)
    line.leg.play(sound(100))
    line.leg.play(sound(50, 2))
    assert line.phone.buffered_ms == 150
    line.after(120)
    assert line.phone.heard == sound(100) + sound(20, 2)
    assert line.phone.buffered_ms == 30
    line.after(80)
    assert line.phone.heard == sound(100) + sound(50, 2)
    assert line.phone.timeline == SILENCE * 400 + sound(100) + sound(50, 2) + SILENCE * 400


def test_a_mark_returns_when_what_was_before_it_has_been_played(line: Line) -> None:
    line.leg.play(sound(100))
    line.leg.mark("first")
    line.leg.play(sound(100))
    line.leg.mark("second")
    line.after(99)
    assert line.heard.of("mark") == []
    line.after(1)
    assert line.heard.of("mark") == [("first",)]
    line.after(100)
    assert line.heard.of("mark") == [("first",), ("second",)]


def test_a_mark_with_nothing_before_it_returns_at_once_but_not_from_within(line: Line) -> None:
    line.leg.mark("now")
    assert line.heard.of("mark") == []
    line.after(0)
    assert line.heard.of("mark") == [("now",)]


def test_clear_cuts_the_sound_where_it_is_and_returns_every_mark(line: Line) -> None:
    line.leg.play(sound(100))
    line.leg.mark("one")
    line.leg.play(sound(100, 2))
    line.leg.mark("two")
    line.after(30)
    line.leg.clear()
    line.leg.play(sound(10, 3))
    line.leg.mark("three")
    line.after(0)
    assert line.heard.of("mark") == [("one",), ("two",)]
    line.after(200)
    assert line.heard.of("mark") == [("one",), ("two",), ("three",)]
    assert line.phone.heard == sound(30) + sound(10, 3)


def test_no_more_than_ten_minutes_are_buffered(line: Line) -> None:
    line.leg.play(sound(BUFFER_MS))
    line.leg.play(sound(1))
    assert line.phone.overflows == 1
    assert line.phone.buffered_ms == BUFFER_MS


def test_the_caller_hangs_up(line: Line) -> None:
    line.phone.presses("1#")
    line.leg.play(sound(100))
    line.leg.mark("never")
    line.after(10)
    line.phone.hangs_up()
    line.after(500)
    assert [one[0] for one in line.heard.told] == ["start", "digit", "digit", "stop", "closed"]
    assert line.heard.of("closed") == [(1000,)]
    assert line.phone.heard == sound(10)


def test_the_agent_closes_and_nothing_more_happens(line: Line) -> None:
    line.leg.close(1008, "reason")
    for order in (line.leg.clear, line.leg.close, line.phone.hangs_up, line.phone.drops):
        order()
    line.leg.play(sound(10))
    line.leg.mark("x")
    line.phone.presses("1")
    line.after(100)
    assert [one[0] for one in line.heard.told] == ["start", "closed"]
    assert line.heard.of("closed") == [(1008,)]
    assert line.phone.heard == b""


def test_a_dropped_line_says_no_word(line: Line) -> None:
    line.phone.drops()
    line.after(20)
    assert line.heard.told[1:] == [("closed", 1006)]


async def test_the_carrier_ends_and_hands_over_the_call(line: Line) -> None:
    await line.phone.transfer("+15550003")
    line.after(0)
    assert line.phone.transferred_to == "+15550003"
    assert line.heard.told[1:] == [("stop",), ("closed", 1000)]
    other = Line().rings()
    await other.phone.complete()
    other.after(0)
    assert other.heard.told[1:] == [("stop",), ("closed", 1000)]


async def test_it_runs_on_the_real_clock_too() -> None:
    phone, heard = LoopbackPhone(LoopClock()), Heard()
    phone.rings(lambda _: heard)
    phone.play(sound(30))
    phone.mark("played")
    async with asyncio.timeout(120):
        while not heard.of("mark") or not heard.of("media"):
            await asyncio.sleep(0.001)
    phone.hangs_up()
    async with asyncio.timeout(120):
        while not heard.of("closed"):
            await asyncio.sleep(0.001)
    assert phone.heard == sound(30)
    assert [one[0] for one in heard.told][-2:] == ["stop", "closed"]

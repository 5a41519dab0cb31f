"""Two clocks: timers about speech count received sound, all others the wall."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call.events import SoundStalled, SoundStarted
from rapida.call.timers import SoundClock, Timer, Timers

from .driven_call import DrivenCall, an_assistant, answered


def timers(position_ms: int = 0, now: int = 0) -> Timers:
    clock = SoundClock()
    clock.arrived(position_ms, now)
    return Timers(clock)


def test_a_wall_timer_is_due_at_its_instant_and_then_gone() -> None:
    these = timers()
    these.set(Timer.IDLE, 5_000)
    assert these.deadline_us(0) == 5_000
    assert these.take_due(4_999) is None
    assert these.take_due(5_000) == (Timer.IDLE, 0)
    assert these.take_due(9_000) is None
    assert these.deadline_us(9_000) is None


def test_timers_of_one_kind_are_told_apart_by_what_they_are_of() -> None:
    these = timers()
    these.set(Timer.TOOL, 2_000, of=7)
    these.set(Timer.TOOL, 1_000, of=8)
    these.cancel(Timer.TOOL, of=8)
    assert not these.is_set(Timer.TOOL, of=8)
    assert these.take_due(3_000) == (Timer.TOOL, 7)


def test_a_sound_timer_waits_for_sound_however_late_it_is() -> None:
    these = timers(position_ms=100)
    these.set_sound(Timer.SILENCE, 500)
    assert these.deadline_us(0) is None
    assert these.sound_deadline_ms == 500
    assert these.take_due(10_000_000) is None
    these.sound_clock.arrived(500, 10_000_000)
    assert these.take_due(10_000_000) == (Timer.SILENCE, 0)


def test_while_sound_is_stalled_sound_timers_run_by_the_wall_clock() -> None:
    these = timers(position_ms=100, now=0)
    these.set_sound(Timer.SILENCE, 1_500)
    these.sound_clock.stalled = True
    assert these.deadline_us(1_000_000) == 1_400_000
    assert these.take_due(1_399_999) is None
    assert these.take_due(1_400_000) == (Timer.SILENCE, 0)


def test_while_sound_is_stalled_any_new_sound_is_to_be_told() -> None:
    these = timers(position_ms=100)
    these.sound_clock.stalled = True
    assert these.sound_deadline_ms == 101
    these.sound_clock.arrived(120, 2_000_000)
    assert not these.sound_clock.stalled


def test_the_earliest_arrival_says_when_a_position_sounded() -> None:
    clock = SoundClock()
    clock.arrived(100, 60_000)
    clock.arrived(200, 390_000)
    clock.arrived(400, 395_000)
    assert clock.wall_us(400, 0) == 360_000
    clock.arrived(500, 440_000)
    assert clock.wall_us(400, 0) == 340_000


def test_a_burst_after_230_ms_of_nothing_changes_nothing() -> None:
    def speak(stall: bool) -> list[tuple[str, int]]:
        driven = answered()
        driven.caller_says("book a table", for_ms=800, at=driven.now_ms + 100)
        if stall:
            driven.run(150).stall_sound(230)
        driven.until(c.StartReply)
        return [(type(order).__name__, at) for at, order in driven.orders]

    assert speak(stall=True) == speak(stall=False)


def test_silence_is_not_over_before_its_sound_has_arrived() -> None:
    driven = answered(stt_final_ms=50)
    driven.caller_says("book a table", for_ms=800)
    driven.run(1200).stall_sound(900)
    driven.run(890)
    assert not driven.asked
    driven.run(50)
    assert len(driven.asked) == 1


def test_after_a_second_without_sound_silence_runs_by_the_wall_clock() -> None:
    driven = answered(assistant=an_assistant(turn={"silence_ms": 2500}), stt_final_ms=50)
    begins = driven.now_ms
    driven.caller_says("book a table", for_ms=800)
    driven.run(1000).stall_sound(20_000)
    driven.until(c.StartReply)
    assert driven.now_ms - begins == 800 + 2500


def test_sound_that_returns_is_counted_as_sound_again() -> None:
    driven = answered()
    driven.stall_sound(1500)
    driven.run(1600)
    begins = driven.now_ms
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.StartReply)
    assert 0 <= driven.now_ms - begins - 1500 <= 20


def test_thirty_seconds_without_any_sound_end_the_call_as_lost() -> None:
    driven = answered(assistant=an_assistant(idle={"timeout_s": 1000.0}))
    driven.stall_sound(1_000_000)
    began = driven.now_ms
    driven.run()
    assert driven.end == "stream_lost"
    assert driven.now_ms - began == 31_000


def test_a_stream_that_never_carries_any_sound_is_given_up_as_well() -> None:
    driven = DrivenCall(assistant=an_assistant(idle={"timeout_s": 1000.0})).run(500)
    began = driven.now_ms
    driven.connect(sends_sound=False).run()
    assert driven.end == "stream_lost"
    assert driven.now_ms - began == 30_000


def test_sound_that_comes_late_is_in_time() -> None:
    driven = DrivenCall(assistant=an_assistant(idle={"timeout_s": 1000.0})).run(500)
    driven.connect(sends_sound=False).run(29_000)
    driven.tell(SoundStarted(120))
    driven.run(60_000)
    assert driven.end is None


def test_a_stall_told_twice_is_still_one_stall() -> None:
    driven = answered(assistant=an_assistant(idle={"timeout_s": 1000.0}))
    driven.stall_sound(1_000_000)
    began = driven.now_ms
    driven.at(began + 20_000, lambda: driven.tell(SoundStalled(driven.position_at(began))))
    driven.run()
    assert driven.now_ms - began == 31_000


def test_no_deadline_is_needed_while_nothing_can_become_due() -> None:
    assert DrivenCall(assistant=an_assistant(greeting="Hi.")).run(10_000).call.deadline_us is None

"""Whose words these are: a transcript belongs to the turn in whose sound it lies."""

from __future__ import annotations

from rapida.assistant import Assistant
from rapida.call.abilities import Abilities
from rapida.call.events import Question, TranscriptFinal
from rapida.call.shared import Shared
from rapida.call.transcript import Transcript
from rapida.call.turn import Turn
from rapida.call.turns import REMEMBERED_TURNS, Turns

from .driven_call import PLAIN


def turns(assistant: Assistant = PLAIN) -> tuple[Turns, Shared]:
    shared = Shared(assistant, Abilities())
    return Turns(shared, Transcript(shared)), shared


def spoken(these: Turns, shared: Shared, start_ms: int, end_ms: int, closed_ms: int) -> Turn:
    these.current = turn = these.new(start_ms, Question())
    turn.fell_ms = end_ms
    shared.sound.arrived(closed_ms, closed_ms * 1000)
    these.close(turn)
    return turn


def test_a_late_final_belongs_to_the_turn_that_spoke_it() -> None:
    these, shared = turns()
    first = spoken(these, shared, 1000, 2000, 2700)
    these.current = these.new(3000, Question())
    assert these.owner(TranscriptFinal("late", 1500, 1900)) is first
    assert these.owner(TranscriptFinal("now", 3100, 3400)) is these.current


def test_even_when_the_present_turn_began_right_behind_it() -> None:
    these, shared = turns()
    first = spoken(these, shared, 1000, 2000, 2250)
    these.current = these.new(2300, Question())
    assert these.owner(TranscriptFinal("late", 1900, 2000)) is first


def test_between_two_turns_the_present_one_may_have_begun_a_little_earlier() -> None:
    these, shared = turns()
    first = spoken(these, shared, 1000, 2000, 2900)
    these.current = these.new(3000, Question())
    assert these.owner(TranscriptFinal("and", 2700, 2900)) is these.current
    assert these.owner(TranscriptFinal("well", 2100, 2300)) is first


def test_what_lies_in_no_turn_is_nobodys() -> None:
    these, shared = turns()
    spoken(these, shared, 1000, 2000, 2700)
    assert these.owner(TranscriptFinal("hello", 5000, 5400)) is None


def test_what_comes_too_late_to_be_a_turn_belongs_to_the_one_before_it() -> None:
    these, shared = turns()
    first = spoken(these, shared, 1000, 2000, 2700)
    spoken(these, shared, 5000, 6000, 6700)
    gap, before_all, since = (TranscriptFinal("x", at, at + 400) for at in (3500, 100, 7000))
    assert these.owner(gap) is these.owner(before_all) is first
    assert these.owner(since) is None
    these.current = these.new(9000, Question())
    assert these.owner(gap) is first
    assert these.owner(since) is these.current, "its first words, which the detector took for silence"


def test_only_the_latest_turns_are_remembered() -> None:
    these, shared = turns()
    all_of_them = [
        spoken(these, shared, 10_000 * n, 10_000 * n + 1000, 10_000 * n + 1700)
        for n in range(REMEMBERED_TURNS + 2)
    ]
    for n, turn in enumerate(all_of_them):
        final = TranscriptFinal("old", 10_000 * n + 100, 10_000 * n + 900)
        assert these.owner(final) is (turn if n >= 2 else all_of_them[2])


def test_a_turn_closed_twice_is_remembered_once() -> None:
    these, shared = turns()
    first = spoken(these, shared, 1000, 2000, 2700)
    second = spoken(these, shared, 4000, 5000, 5700)
    these.current = second
    these.close(second)
    third = spoken(these, shared, 7000, 8000, 8700)
    assert these.owner(TranscriptFinal("old", 1500, 1900)) is first
    assert these.is_last(third)
    assert not these.is_last(second)

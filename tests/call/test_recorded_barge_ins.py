"""The core says which silences of the agent were barge-ins, and which sounds only seemed to be one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.call.call import Call

from .driven_call import LONG, DrivenCall, Says, an_assistant, answered, never, speaking

INTERIMS = Abilities(interims=True)
CONNECTED_MS = 500
"""When the calls of `speaking` are answered."""


def recorded(driven: DrivenCall) -> list[str]:
    return [order.by for order in driven.ordered(c.RecordBargeIn)]


def test_one_by_key_is_said_before_the_phone_is_emptied_for_it() -> None:
    driven = speaking()
    driven.caller_presses("1")
    driven.run(100)
    assert recorded(driven) == ["key"]
    after = [type(order) for _, order in driven.orders if isinstance(order, c.RecordBargeIn | c.ClearPlayout)]
    assert after == [c.RecordBargeIn, c.ClearPlayout]


@pytest.mark.parametrize("abilities", [Abilities(), INTERIMS], ids=["finals", "interims"])
def test_one_by_words_is_said_once(abilities: Abilities) -> None:
    driven = speaking(abilities=abilities, replies=[Says("Of course.")])
    driven.caller_says("wait a moment", for_ms=900)
    driven.until_heard("Of course.")
    assert recorded(driven) == ["words"]
    assert not driven.ordered(c.RecordFalseBargeIn)


def test_a_caller_who_goes_on_over_an_answers_first_words_interrupts_it_by_speech() -> None:
    driven = answered(replies=[Says(LONG), Says("Of course.")])
    driven.caller_says("hello there", for_ms=600)
    driven.until_playing("We are open", 100)
    driven.caller_says("and good morning", for_ms=900)
    driven.until_heard("Of course.")
    assert recorded(driven) == ["speech"]


def test_a_false_one_is_said_once_for_a_cough_that_held_the_agent_and_once_for_an_okay_that_stopped_it() -> (
    None
):
    driven = speaking()
    before = len(driven.ordered(c.ResumePlayout))
    driven.caller_says("", for_ms=400)
    driven.run(1000)
    assert len(driven.ordered(c.RecordFalseBargeIn)) == 1
    driven.caller_says("okay", for_ms=700)
    driven.until_heard("We are open")
    assert len(driven.ordered(c.RecordFalseBargeIn)) == len(driven.ordered(c.ResumePlayout)) - before == 2
    assert recorded(driven) == []


ITS_OWN: dict[str, Callable[[DrivenCall], object]] = {
    "an apology": lambda driven: driven.tell(e.TranscriptionFailed("gone")),
    "the operator": lambda driven: driven.tell(e.HangUpRequested("operator")),
    "a bug": lambda driven: driven.tell(e.ShellFailed("here")),
    "the caller's hang-up": lambda driven: driven.tell(e.CarrierStopped()),
    "the time limit": lambda driven: driven.run(1000),
}


def test_an_agent_of_whose_sound_a_mark_tells_first_is_interrupted_as_any_other() -> None:
    call = Call(an_assistant(), Abilities())
    (segment,) = [order for order in call.open(0) if isinstance(order, c.StartSynthesis)]
    call.handle(e.Connected(), 0)
    call.handle(e.SynthesisBegan(segment.segment_id), 0)
    call.handle(e.MarkReturned(0, segment.utterance_id, 40, 140, 300_000), 200_000)
    assert call.floor == "agent"
    call.handle(e.SoundSent(segment.utterance_id, 40, 200_000), 200_000)
    assert c.RecordBargeIn("key") in call.handle(e.KeyPressed("1"), 210_000)


@pytest.mark.parametrize("why", ITS_OWN)
def test_what_the_agent_stops_for_itself_is_none(why: str) -> None:
    soon_s = (speaking().now_ms - CONNECTED_MS) / 1000 + 0.5
    driven = speaking(assistant=an_assistant(max_duration_s=soon_s))
    ITS_OWN[why](driven)
    assert len(driven.ordered(c.ClearPlayout)) == 1
    assert recorded(driven) == []


def test_an_answer_withdrawn_before_it_was_heard_is_none() -> None:
    driven = answered(replies=[Says("Well.", after_ms=1500), Says("Of course.")])
    driven.caller_says("hello there", for_ms=600)
    driven.until(c.StartReply)
    driven.caller_says("and good morning", for_ms=900)
    driven.until_heard("Of course.")
    assert recorded(driven) == []


def test_a_key_that_waits_for_what_must_be_heard_is_none() -> None:
    driven = never()
    driven.caller_presses("1")
    driven.until_heard("We are open")
    assert recorded(driven) == []

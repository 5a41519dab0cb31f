"""What the agent does when its voice, its model or its ear fails."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import commands as c
from rapida.call import events as e

from .stage import GREETING, LONG, Says, Stage, Voices, an_assistant, answered, playing


def once(text: str, first: Voices) -> Any:
    """A voice that treats the first try at `text` in its own way."""
    tries: list[str] = []

    def voice(given: str) -> Voices:
        if given != text or given in tries:
            return Voices()
        tries.append(given)
        return first

    return voice


def test_a_voice_that_fails_is_tried_once_more() -> None:
    stage = Stage(voice=once(GREETING, Voices(fails=True))).run(500).connect().until_heard("Welcome")
    assert stage.said == [GREETING, GREETING]
    assert stage.agent_line("Welcome").heard == GREETING


def test_a_second_try_keeps_the_order_of_the_sentences() -> None:
    failing = once("First this.", Voices(fails=True, first_ms=500))
    stage = answered(voice=failing, replies=[Says("First this. Second that.")])
    stage.caller_says("hello there", for_ms=600)
    stage.until_heard("First this.")
    assert stage.said[1:] == ["First this.", "Second that.", "First this.", "Second that."]
    ids = [order.segment_id for order in stage.ordered(c.StartSynthesis)[1:]]
    assert [order.segment_id for order in stage.ordered(c.CancelSynthesis)] == ids[:2]
    assert len(set(ids)) == 4
    orders = [order for _, order in stage.orders]
    assert isinstance(orders[orders.index(stage.ordered(c.StartSynthesis)[-1]) + 1], c.FinishUtterance)
    assert stage.agent_line("First").heard == "First this. Second that."


def test_a_voice_that_stalls_before_its_first_sound_is_tried_once_more() -> None:
    stage = answered(voice=once("All right.", Voices(stalls=True)))
    stage.caller_says("hello there", for_ms=600)
    stage.until_heard("All right.")
    first, second = (
        at for at, order in stage.orders if isinstance(order, c.StartSynthesis) and "All" in order.text
    )
    assert second - first == 5_000_000


def test_after_two_waits_for_a_voice_the_carrier_apologises_at_once() -> None:
    stage = answered(voice=lambda text: Voices(stalls=not text.startswith("Welcome")))
    stage.caller_says("hello there", for_ms=600)
    stage.until(c.LetCarrierSay)
    asked = next(at for at, o in stage.orders if isinstance(o, c.StartSynthesis) and "All" in o.text)
    left, order = stage.orders[-1]
    assert left - asked == 10_000_000
    assert order == c.LetCarrierSay(stage.assistant.error_message)
    stage.run()
    assert stage.end == "provider_failure"
    assert stage.agent_line(stage.assistant.error_message).heard == ""


def test_further_sentences_do_not_put_the_voices_deadline_off() -> None:
    text = "One is said. Two is said. Three is said. Four is said."
    stage = answered(voice=once("One is said.", Voices(stalls=True)), replies=[Says(text, per_word_ms=300)])
    stage.caller_says("hello there", for_ms=600)
    stage.until_heard("One is")
    tries = [at for at, order in stage.orders if isinstance(order, c.StartSynthesis) and "One" in order.text]
    assert tries[1] - tries[0] == 5_000_000


def test_a_voice_that_stops_amid_its_sound_is_given_up() -> None:
    stage = answered(voice=lambda text: Voices(drips_ms=6000 if text.startswith("All") else 0), replies=[])
    stage.caller_says("hello there", for_ms=600)
    stage.until_heard("All right.")  # slow, but alive
    stage = answered()
    stage.caller_says("hello there", for_ms=600)
    stage.until(c.StartSynthesis, 2)
    order = stage.ordered(c.StartSynthesis)[-1]
    stage.call.handle(e.SynthesisBegan(order.segment_id), stage.now_us)
    late = stage.call.handle(e.TimerDue(), stage.now_us + 5_000_000)
    assert c.CancelSynthesis(order.segment_id) in late
    assert stage.assistant.error_message in [o.text for o in late if isinstance(o, c.StartSynthesis)]


def test_a_voice_that_fails_for_good_is_apologised_for() -> None:
    stage = answered(voice=lambda text: Voices(fails=False if text == "All right." else None))
    stage.caller_says("hello there", for_ms=600)
    stage.run()
    assert stage.said[-1] == stage.assistant.error_message
    assert stage.end == "provider_failure"


@pytest.mark.parametrize("carrier_speaks", [True, False])
def test_a_voice_that_cannot_even_apologise_leaves_that_to_the_carrier(carrier_speaks: bool) -> None:
    hoarse = answered(
        voice=lambda text: Voices(fails=None if text == GREETING else False), carrier_speaks=carrier_speaks
    )
    hoarse.caller_says("hello there", for_ms=600)
    hoarse.run()
    assert hoarse.ordered(c.LetCarrierSay) == [c.LetCarrierSay(hoarse.assistant.error_message)]
    assert len(hoarse.ordered(c.CloseStream)) == (0 if carrier_speaks else 1)
    assert hoarse.end == "provider_failure"
    assert hoarse.agent_line(hoarse.assistant.error_message).heard == ""


def test_a_goodbye_that_broke_off_is_not_begun_anew_by_the_carrier() -> None:
    stage = playing(LONG)
    stage.tell(e.TranscriptionFailed("gone"))
    stage.until_playing("I am sorry", 500)
    segment = stage.ordered(c.StartSynthesis)[-1].segment_id
    stage.tell(e.SynthesisFailed(segment, "gone", False))
    stage.run()
    assert not stage.ordered(c.LetCarrierSay)
    assert stage.end == "provider_failure"


def test_a_transcriber_that_is_gone_is_apologised_for() -> None:
    stage = playing(LONG)
    stage.tell(e.TranscriptionFailed("gone"))
    assert stage.agent_line("We are open").cut
    stage.run()
    assert stage.said[-1] == stage.assistant.error_message
    assert stage.end == "provider_failure"


def test_an_apology_cannot_be_interrupted_and_puts_nothing_off() -> None:
    stage = playing(LONG)
    stage.tell(e.TranscriptionFailed("gone"))
    stage.until_playing("I am sorry", 500)
    stage.caller_says("what do you mean by that", for_ms=8000)
    stage.run()
    assert stage.agent_line("I am sorry").heard == stage.assistant.error_message
    assert len(stage.asked) == 1
    assert stage.end == "provider_failure"


def test_a_contest_is_over_when_the_agent_apologises() -> None:
    stage = playing(LONG, for_ms=1000)
    stage.caller_says("", for_ms=3000)
    stage.until(c.HoldPlayout, 2)
    stage.tell(e.TranscriptionFailed("gone"))
    assert stage.call.floor == "caller"
    stage.until_heard("I am sorry")
    assert stage.agent_line("I am sorry").heard == stage.assistant.error_message


def test_an_apology_made_while_the_phone_rings_is_heard_when_it_is_answered() -> None:
    stage = Stage(assistant=an_assistant(greeting=""), replies=[Says(fails=False)])
    stage.run(20_000)
    assert stage.said == [stage.assistant.error_message]
    stage.connect().until_heard("I am sorry")
    stage.run()
    assert stage.end == "provider_failure"


def test_nothing_may_be_sent_while_the_phone_rings_whatever_is_thrown_away() -> None:
    stage = Stage(voice=lambda text: Voices(fails=False if text == GREETING else None)).run(5000)
    assert isinstance(stage.orders[0][1], c.HoldPlayout)
    held = [
        type(o) for _, o in stage.orders if isinstance(o, c.HoldPlayout | c.ClearPlayout | c.ResumePlayout)
    ]
    assert held == [c.HoldPlayout, c.ClearPlayout, c.HoldPlayout]
    stage.connect().until_heard("I am sorry")

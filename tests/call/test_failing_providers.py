"""What the agent does when its voice, its model or its ear fails."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import commands as c
from rapida.call import events as e

from .driven_call import GREETING, LONG, DrivenCall, Says, Voices, an_assistant, answered, playing


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
    driven = DrivenCall(voice=once(GREETING, Voices(fails=True))).run(500).connect().until_heard("Welcome")
    assert driven.said == [GREETING, GREETING]
    assert driven.agent_line("Welcome").heard == GREETING


def test_a_second_try_keeps_the_order_of_the_sentences() -> None:
    failing = once("First this.", Voices(fails=True, first_ms=500))
    driven = answered(voice=failing, replies=[Says("First this. Second that.")])
    driven.caller_says("hello there", for_ms=600)
    driven.until_heard("First this.")
    assert driven.said[1:] == ["First this.", "Second that.", "First this.", "Second that."]
    ids = [order.segment_id for order in driven.ordered(c.StartSynthesis)[1:]]
    assert [order.segment_id for order in driven.ordered(c.CancelSynthesis)] == ids[:2]
    assert len(set(ids)) == 4
    orders = [order for _, order in driven.orders]
    assert isinstance(orders[orders.index(driven.ordered(c.StartSynthesis)[-1]) + 1], c.FinishUtterance)
    assert driven.agent_line("First").heard == "First this. Second that."


def test_a_voice_that_stalls_before_its_first_sound_is_tried_once_more() -> None:
    driven = answered(voice=once("All right.", Voices(stalls=True)))
    driven.caller_says("hello there", for_ms=600)
    driven.until_heard("All right.")
    first, second = (
        at for at, order in driven.orders if isinstance(order, c.StartSynthesis) and "All" in order.text
    )
    assert second - first == 5_000_000


def test_after_two_waits_for_a_voice_the_carrier_apologises_at_once() -> None:
    driven = answered(voice=lambda text: Voices(stalls=not text.startswith("Welcome")))
    driven.caller_says("hello there", for_ms=600)
    driven.until(c.LetCarrierSay)
    asked = next(at for at, o in driven.orders if isinstance(o, c.StartSynthesis) and "All" in o.text)
    left, order = driven.orders[-1]
    assert left - asked == 10_000_000
    assert order == c.LetCarrierSay(driven.assistant.error_message)
    driven.run()
    assert driven.end == "provider_failure"
    assert driven.agent_line(driven.assistant.error_message).heard == ""


def test_further_sentences_do_not_put_the_voices_deadline_off() -> None:
    text = "One is said. Two is said. Three is said. Four is said."
    driven = answered(voice=once("One is said.", Voices(stalls=True)), replies=[Says(text, per_word_ms=300)])
    driven.caller_says("hello there", for_ms=600)
    driven.until_heard("One is")
    tries = [at for at, order in driven.orders if isinstance(order, c.StartSynthesis) and "One" in order.text]
    assert tries[1] - tries[0] == 5_000_000


def test_a_voice_that_stops_amid_its_sound_is_given_up() -> None:
    driven = answered(voice=lambda text: Voices(drips_ms=6000 if text.startswith("All") else 0), replies=[])
    driven.caller_says("hello there", for_ms=600)
    driven.until_heard("All right.")  # slow, but alive
    driven = answered()
    driven.caller_says("hello there", for_ms=600)
    driven.until(c.StartSynthesis, 2)
    order = driven.ordered(c.StartSynthesis)[-1]
    driven.call.handle(e.SynthesisBegan(order.segment_id), driven.now_us)
    late = driven.call.handle(e.TimerDue(), driven.now_us + 5_000_000)
    assert c.CancelSynthesis(order.segment_id) in late
    assert driven.assistant.error_message in [o.text for o in late if isinstance(o, c.StartSynthesis)]


def test_a_voice_that_fails_for_good_is_apologised_for() -> None:
    driven = answered(voice=lambda text: Voices(fails=False if text == "All right." else None))
    driven.caller_says("hello there", for_ms=600)
    driven.run()
    assert driven.said[-1] == driven.assistant.error_message
    assert driven.end == "provider_failure"


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
    driven = playing(LONG)
    driven.tell(e.TranscriptionFailed("gone"))
    driven.until_playing("I am sorry", 500)
    segment = driven.ordered(c.StartSynthesis)[-1].segment_id
    driven.tell(e.SynthesisFailed(segment, "gone", False))
    driven.run()
    assert not driven.ordered(c.LetCarrierSay)
    assert driven.end == "provider_failure"


def test_a_transcriber_that_is_gone_is_apologised_for() -> None:
    driven = playing(LONG)
    driven.tell(e.TranscriptionFailed("gone"))
    assert driven.agent_line("We are open").cut
    driven.run()
    assert driven.said[-1] == driven.assistant.error_message
    assert driven.end == "provider_failure"


def test_an_apology_cannot_be_interrupted_and_puts_nothing_off() -> None:
    driven = playing(LONG)
    driven.tell(e.TranscriptionFailed("gone"))
    driven.until_playing("I am sorry", 500)
    driven.caller_says("what do you mean by that", for_ms=8000)
    driven.run()
    assert driven.agent_line("I am sorry").heard == driven.assistant.error_message
    assert len(driven.asked) == 1
    assert driven.end == "provider_failure"


def test_a_contest_is_over_when_the_agent_apologises() -> None:
    driven = playing(LONG, for_ms=1000)
    driven.caller_says("", for_ms=3000)
    driven.until(c.HoldPlayout, 2)
    driven.tell(e.TranscriptionFailed("gone"))
    assert driven.call.floor == "caller"
    driven.until_heard("I am sorry")
    assert driven.agent_line("I am sorry").heard == driven.assistant.error_message


def test_an_apology_made_while_the_phone_rings_is_heard_when_it_is_answered() -> None:
    driven = DrivenCall(assistant=an_assistant(greeting=""), replies=[Says(fails=False)])
    driven.run(20_000)
    assert driven.said == [driven.assistant.error_message]
    driven.connect().until_heard("I am sorry")
    driven.run()
    assert driven.end == "provider_failure"


def test_nothing_may_be_sent_while_the_phone_rings_whatever_is_thrown_away() -> None:
    driven = DrivenCall(voice=lambda text: Voices(fails=False if text == GREETING else None)).run(5000)
    assert isinstance(driven.orders[0][1], c.HoldPlayout)
    held = [
        type(o) for _, o in driven.orders if isinstance(o, c.HoldPlayout | c.ClearPlayout | c.ResumePlayout)
    ]
    assert held == [c.HoldPlayout, c.ClearPlayout, c.HoldPlayout]
    driven.connect().until_heard("I am sorry")

"""What only sounds like a barge-in: the agent's own echo, and the tone of a key."""

from __future__ import annotations

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities

from .driven_call import LONG, DrivenCall, Says, an_assistant, answered, never, playing, speaking

WITH_INTERIMS = Abilities(interims=True)


# Echo


def test_words_the_agent_has_just_played_never_confirm() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    driven.caller_says("from nine to five", for_ms=450)
    driven.until_heard("We are open").run(3000)
    assert not driven.ordered(c.ClearPlayout)
    assert len(driven.asked) == 1
    assert driven.caller_lines == [("said", "hello there")]


ECHO = "from nine to five on weekdays"


def test_an_echo_longer_than_a_second_does_not_confirm_either() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    driven.caller_says(ECHO, for_ms=1500)
    driven.until_heard("We are open").run(3000)
    assert not driven.ordered(c.ClearPlayout)
    assert len(driven.asked) == 1
    assert driven.caller_lines == [("said", "hello there")]


def test_an_echo_longer_than_the_window_of_echoes_does_not_confirm_either() -> None:
    driven = playing(LONG + " " + LONG, for_ms=1000, abilities=WITH_INTERIMS)
    driven.caller_says("are open " + ECHO + " and from ten to four at weekends", for_ms=4200)
    driven.until_heard(LONG + " We").run(3000)
    assert not driven.ordered(c.ClearPlayout)
    assert len(driven.asked) == 1


def test_its_level_is_learned_nevertheless() -> None:
    driven = playing(LONG + " " + LONG, for_ms=2000, abilities=WITH_INTERIMS)
    driven.caller_says(ECHO, for_ms=1500, level_db=-40.0)
    driven.run(2700)
    holds = len(driven.ordered(c.HoldPlayout))
    driven.caller_says("", for_ms=400, level_db=-38.0)
    driven.run(800)
    assert len(driven.ordered(c.HoldPlayout)) == holds
    assert not driven.ordered(c.ClearPlayout)


@pytest.mark.parametrize("text", ["from nine to when exactly", "yeah nine to five"])
def test_a_callers_own_words_as_long_as_that_still_interrupt(text: str) -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    onset = driven.now_ms
    driven.caller_says(text, for_ms=1500)
    driven.run(until=lambda: bool(driven.ordered(c.TakeBackPlayout) or driven.ordered(c.ClearPlayout)))
    assert driven.now_ms < onset + 1500
    driven.until(c.StartReply, 2)
    assert driven.memory[-1] == ("user", text)
    assert driven.agent_line("We are open").cut


def test_an_echo_that_has_stopped_the_agent_before_its_words_were_known_is_not_answered() -> None:
    """Without interims half a second silences it; then it goes on, and the echo's level is known."""
    driven = playing(LONG, for_ms=2000, replies=[Says("Once more, then. " + LONG)])
    driven.caller_says(ECHO, for_ms=1500, level_db=-40.0)
    driven.until_heard("We are open")
    assert driven.ordered(c.TakeBackPlayout)
    assert len(driven.asked) == 1
    assert driven.caller_lines == [("said", "hello there")]
    driven.caller_says("once more please", for_ms=900)
    driven.until_playing("Once more", 500)
    holds = len(driven.ordered(c.HoldPlayout))
    driven.caller_says("", for_ms=400, level_db=-38.0)
    driven.run(800)
    assert len(driven.ordered(c.HoldPlayout)) == holds


def test_words_the_agent_has_not_come_to_yet_are_no_echo() -> None:
    driven = playing(LONG, for_ms=500, abilities=WITH_INTERIMS)
    driven.caller_says("weekends", for_ms=450)
    driven.until(c.ClearPlayout)


def test_the_same_words_confirm_when_they_were_played_long_ago() -> None:
    driven = playing(
        LONG + " " + "Parking is free for all our guests behind the house, next to the river.", for_ms=6500
    )
    driven.caller_says("nine to five", for_ms=400)
    driven.until(c.ClearPlayout)


def test_an_onset_no_louder_than_the_learned_echo_is_ignored() -> None:
    driven = playing(LONG + " " + LONG, for_ms=2000, abilities=WITH_INTERIMS)
    driven.caller_says("from nine to five", for_ms=450, level_db=-40.0)
    driven.run(1500)
    # The caller's own voice has been heard at -25 dBFS.
    holds = len(driven.ordered(c.HoldPlayout))
    driven.caller_says("", for_ms=400, level_db=-38.0)
    driven.run(800)
    assert len(driven.ordered(c.HoldPlayout)) == holds
    driven.caller_says("", for_ms=400, level_db=-30.0)
    driven.run(400)
    assert len(driven.ordered(c.HoldPlayout)) == holds + 1


def test_a_caller_who_repeats_the_agents_words_is_not_taken_for_its_echo() -> None:
    driven = playing(LONG + " " + LONG, for_ms=2000, abilities=WITH_INTERIMS)
    driven.caller_says("from nine to five", for_ms=450)
    driven.run(1500)
    driven.caller_says("stop it please", for_ms=900)
    driven.until(c.ClearPlayout)


def test_nobody_is_taken_for_an_echo_before_the_caller_has_been_heard() -> None:
    driven = DrivenCall(abilities=WITH_INTERIMS, assistant=an_assistant(greeting=LONG)).run(500).connect()
    driven.until_playing("We are open", 1800)
    driven.caller_says("from nine to five", for_ms=450)
    driven.run(1200)
    driven.caller_says("", for_ms=300)
    driven.until(c.HoldPlayout, 3)


@pytest.mark.parametrize("start_ms", [0, 200])
def test_a_voice_that_outlasts_the_agent_was_no_echo(start_ms: int) -> None:
    driven = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"start_ms": start_ms}))
    driven.caller_says("from nine to five", for_ms=450, level_db=-40.0)
    driven.run(1500)
    begins = driven.position_at(driven.now_ms)
    driven.caller_says("", for_ms=2500, level_db=-40.0, interims="")
    driven.until(c.FinishTranscription, 3)
    assert driven.ordered(c.FinishTranscription)[-1].start_ms == begins
    assert driven.ordered(c.FinishTranscription)[-1].end_ms == begins + 2500


def test_echo_is_no_bar_when_the_agent_is_silent() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    driven.caller_says("from nine to five", for_ms=450, level_db=-40.0)
    driven.until_heard("We are open").run(200)
    driven.caller_says("book a table", for_ms=800, level_db=-40.0)
    driven.until(c.StartReply, 2)


@pytest.mark.parametrize(("abilities", "holds"), [(WITH_INTERIMS, 2), (Abilities(), 3)])
def test_two_false_holds_switch_the_call_to_words_where_the_stt_allows_it(
    abilities: Abilities, holds: int
) -> None:
    driven = playing(LONG + " " + LONG, for_ms=500, abilities=abilities)
    for _ in range(3):
        driven.caller_says("", for_ms=300)
        driven.run(1500)
    assert len(driven.ordered(c.HoldPlayout)) - 1 == holds


# Digits


@pytest.mark.parametrize("offset_ms", [-250, 0, 280])
def test_a_voice_onset_near_a_digit_is_the_digits_own_tone(offset_ms: int) -> None:
    driven = never()
    at = driven.now_ms + 500
    driven.caller_presses("5", at=at)
    driven.caller_says("", for_ms=280, at=at + offset_ms)
    driven.run(2000)
    assert not driven.ordered(c.FinishTranscription)[1:]


def test_a_voice_onset_after_that_is_the_callers() -> None:
    driven = never()
    driven.caller_presses("5")
    driven.caller_says("hello again", for_ms=600, at=driven.now_ms + 320)
    driven.until(c.FinishTranscription, 2)


def test_a_choice_in_the_very_words_the_agent_has_named_is_an_answer() -> None:
    says = "You can say talk to somebody, or you can leave us a message and we will call you back."
    choice = e.Question(kind="choice", phrases=("talk to somebody", "leave a message"))
    driven = answered(replies=[Says(says, question=choice), Says("One moment.")])
    driven.caller_says("go on then", for_ms=600)
    driven.until_playing("You can say", for_ms=2500)
    driven.caller_says("talk to somebody", for_ms=1200)
    driven.until_heard("One moment.")
    assert ("said", "talk to somebody") in driven.caller_lines

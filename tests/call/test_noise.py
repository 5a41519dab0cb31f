"""Sounds that are not for the agent: nods, a television, other people. Nothing stops for good for them."""

from __future__ import annotations

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.call.events import Question
from rapida.call.noise import Noise
from rapida.call.turn import Turn

from .driven_call import LONG, DrivenCall, Says, an_assistant, answered, playing, speaking

WITH_INTERIMS = Abilities(interims=True)
EARS = pytest.mark.parametrize("abilities", [Abilities(), WITH_INTERIMS], ids=["finals", "interims"])


# Nods


@EARS
@pytest.mark.parametrize("said", ["okay", "mhm", "Right.", "yeah, okay"])
@pytest.mark.parametrize("for_ms", [400, 600, 750, 1600])
def test_a_nod_however_long_is_no_interruption(abilities: Abilities, said: str, for_ms: int) -> None:
    driven = speaking(abilities=abilities)
    driven.caller_says(said, for_ms=for_ms)
    driven.until_heard("We are open")
    assert not driven.agent_line("We are open").cut
    assert not driven.ordered(c.ClearPlayout)


def test_a_nod_that_silenced_the_agent_is_shown_and_neither_answered_nor_remembered() -> None:
    driven = speaking(replies=[Says("All right.")])
    driven.caller_says("okay", for_ms=700)
    driven.until_heard("We are open").run(1500)
    assert len(driven.asked) == 1
    assert driven.caller_lines[-1] == ("backchannel", "okay")
    driven.caller_says("what about sundays", for_ms=900)
    driven.until(c.StartReply, 2)
    assert [text for role, text in driven.memory if role == "user"] == ["hello there", "what about sundays"]


def test_it_goes_on_from_the_last_word_heard_as_soon_as_the_words_are_known() -> None:
    driven = speaking()
    begins = driven.now_ms
    driven.caller_says("okay", for_ms=700)
    driven.until(c.ResumePlayout, 2)
    assert driven.now_ms - begins == pytest.approx(700 + 200 + 200, abs=40)  # stop, and the final
    again = driven.ordered(c.ResumePlayout)[-1].from_ms
    assert again is not None
    assert 1500 < again < 2600  # it had been speaking for two seconds, and half a second more
    assert not driven.ordered(c.CancelSynthesis)


def test_words_of_one_who_was_taken_for_silent_still_take_the_floor() -> None:
    driven = speaking(replies=[Says("Of course.")])
    driven.caller_says("wait a moment", for_ms=900)
    driven.until(c.ClearPlayout)
    assert driven.call.floor == "caller"
    driven.until_heard("Of course.")
    assert driven.agent_line("We are open").cut


def test_after_two_sounds_for_nothing_only_words_interrupt() -> None:
    driven = playing(" ".join([LONG] * 3), for_ms=1000)
    for _ in range(3):
        driven.caller_says("", for_ms=900)
        driven.run(2500)
    assert len(driven.ordered(c.TakeBackPlayout)) == 2
    driven.caller_says("stop it please", for_ms=900)
    driven.until(c.ClearPlayout)


def test_words_that_come_after_it_has_gone_on_are_answered_at_its_end() -> None:
    driven = speaking(replies=[Says("Of course.")])
    driven.stt_final_ms = 3000
    driven.caller_says("wait a moment", for_ms=900)
    driven.until_heard("We are open").until_heard("Of course.")
    assert driven.memory[-1] == ("user", "wait a moment")


def test_a_callee_who_speaks_on_into_the_greeting_without_a_word_does_not_keep_it_back() -> None:
    """What began as the "hello" of a called party, and would be answered by the greeting alone."""
    driven = DrivenCall(abilities=Abilities(direction="outbound")).run(500).connect()
    begins = driven.now_ms
    driven.caller_says("", for_ms=1400, at=begins + 600)  # still speaking when the agent begins
    driven.caller_says("", for_ms=900, at=begins + 2700)
    driven.until_heard("Welcome")
    assert not driven.agent_line("Welcome").cut


# Small gaps


def test_syllables_with_gaps_between_them_are_speech() -> None:
    """150 ms of voice, 96 ms of silence, and so on: no piece is as long as `start_ms`."""
    driven = speaking()
    begins = driven.now_ms
    for nth in range(8):
        driven.caller_says("", for_ms=150, at=begins + nth * 246)
    driven.until(c.TakeBackPlayout)
    assert driven.now_ms - begins < 900


def test_clicks_far_apart_are_none() -> None:
    driven = speaking()
    begins = driven.now_ms
    for nth in range(8):
        driven.caller_says("", for_ms=60, at=begins + nth * 300)
    driven.run(3000)
    assert len(driven.ordered(c.HoldPlayout)) == 1  # the one of the ringing phone


# Voices that do not end


def babble(driven: DrivenCall, for_ms: int = 600_000) -> None:
    driven.caller_says("", for_ms=for_ms)


@EARS
def test_babble_over_the_agent_silences_it_for_some_seconds_and_no_longer(abilities: Abilities) -> None:
    driven = speaking(abilities=abilities)
    babble(driven)
    driven.until_heard("We are open")
    assert not driven.agent_line("We are open").cut
    (order,) = driven.ordered(c.DiscountVoice)
    assert order.end_ms - order.start_ms == pytest.approx(4000, abs=40)
    assert driven.assistant.unclear_message not in driven.said


@EARS
def test_a_room_is_told_so_once_and_no_call_ends_for_it(abilities: Abilities) -> None:
    driven = answered(abilities=abilities)
    for nth in range(8):
        driven.caller_says("", for_ms=4500, at=driven.now_ms + 200 + nth * 5000)
    driven.run(45_000)
    assert driven.said.count(driven.assistant.unclear_message) == 1
    assert driven.end != "unclear"


def test_babble_does_not_keep_a_silent_caller_from_being_asked_and_seen_off() -> None:
    driven = answered()
    babble(driven)
    driven.run()
    assert driven.end == "idle"


def test_of_a_voice_at_which_the_sound_stopped_nothing_is_asked_and_nothing_discounted() -> None:
    driven = DrivenCall(assistant=an_assistant(greeting="", turn={"start_ms": 0})).connect(sends_sound=False)
    driven.tell(e.VoiceRose(100))
    driven.tell(e.SoundStalled(100))
    driven.run(29_000)
    assert driven.ordered(c.FinishTranscription) == driven.ordered(c.DiscountVoice) == []
    driven.tell(e.SoundReached(600))
    driven.tell(e.VoiceFell(600))
    driven.tell(e.SoundReached(900))
    assert [(order.start_ms, order.end_ms) for order in driven.ordered(c.FinishTranscription)] == [(100, 600)]


def test_a_long_story_is_heard_to_its_end_though_no_word_is_shown_meanwhile() -> None:
    story = "so what happened was that my neighbour called me at night and said that the water was running"
    driven = answered(replies=[Says("I see.")])
    driven.caller_says(story, for_ms=11_000)
    driven.until_heard("I see.")
    assert driven.caller_lines == [("said", story)]
    assert len(driven.asked) == 1
    assert not driven.ordered(c.DiscountVoice)


def test_what_was_said_into_babble_is_answered_though_the_babble_goes_on() -> None:
    driven = answered(replies=[Says("A table, then.")])
    position = driven.position_at(driven.now_ms)
    babble(driven)
    driven.run(1000)
    driven._speech[0] = (position, position + 1500, "book a table")  # the STT will know what was said first
    driven.until_heard("A table, then.")
    assert driven.caller_lines == [("said", "book a table")]


# Who tried to speak


def turn(level_db: float | None) -> Turn:
    made = Turn(1, 0, Question())
    made.level_db = level_db
    return made


def test_before_anything_is_known_every_voice_is_an_attempt() -> None:
    noise = Noise()
    assert not noise.covers(turn(-40.0))
    noise.over_agent(turn(-38.0))
    assert not noise.covers(turn(-40.0))


def test_what_is_no_louder_than_the_room_is_none() -> None:
    noise = Noise()
    noise.over_agent(turn(-42.0))
    noise.over_agent(turn(-38.0))
    assert noise.covers(turn(-36.0))
    assert not noise.covers(turn(-30.0))


def test_as_loud_as_the_caller_always_is_one_and_by_far_fainter_never() -> None:
    noise = Noise()
    noise.over_agent(turn(-25.0))
    noise.over_agent(turn(-25.0))
    noise.was_caller(turn(-26.0))
    assert not noise.covers(turn(-25.5))
    assert noise.covers(turn(-40.0))


def test_what_did_not_end_is_none_however_loud() -> None:
    endless = turn(-10.0)
    endless.noise = True
    assert Noise().covers(endless)


def test_a_caller_who_is_not_understood_is_asked_and_counted() -> None:
    driven = answered()
    for count in range(1, 5):
        driven.caller_says("", for_ms=700)
        driven.until(c.RecordEntry, 1 + 2 * count)
    driven.run()
    assert driven.end == "unclear"


def test_the_faint_voices_of_a_room_are_neither() -> None:
    driven = playing(LONG + " " + LONG, for_ms=500)
    for _ in range(2):
        driven.caller_says("", for_ms=300, level_db=-41.0)
        driven.run(1500)
    driven.until_heard(LONG).run(300)
    for _ in range(5):
        driven.caller_says("", for_ms=900, level_db=-41.0)
        driven.run(2500)
    assert driven.assistant.unclear_message not in driven.said
    assert driven.end is None


def test_voice_discounted_without_any_speech_is_never_ordered() -> None:
    driven = speaking()
    driven.tell(e.SoundReached(driven.position_at(driven.now_ms) + 60_000))
    assert not driven.ordered(c.DiscountVoice)

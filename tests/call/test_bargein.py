"""Hold, confirm, resume: what takes the floor from the agent and what does not."""

from __future__ import annotations

import pytest

from rapida.assistant import BargeIn
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities

from .stage import LONG, Says, Stage, an_assistant, answered, never, playing, speaking

WITH_INTERIMS = Abilities(interims=True)
FRAME_MS = 20


def kinds(stage: Stage, *which: type[c.Command]) -> list[str]:
    return [type(order).__name__ for _, order in stage.orders if isinstance(order, which)]


def held_for(stage: Stage) -> int:
    return stage.when(c.ResumePlayout, -1) - stage.when(c.HoldPlayout, -1)


# Hold


def test_an_onset_holds_and_clears_nothing() -> None:
    stage = speaking()
    begins = stage.now_ms
    stage.caller_says("", for_ms=400)
    stage.run(300)
    assert stage.when(c.HoldPlayout, -1) - begins == pytest.approx(200, abs=FRAME_MS)
    assert stage.call.floor == "contested"
    assert not stage.ordered(c.ClearPlayout)
    assert not stage.ordered(c.CancelSynthesis)


def test_the_lead_plays_out_during_a_hold_and_its_marks_count() -> None:
    stage = speaking()
    stage.caller_says("", for_ms=450)
    stage.run(210)
    at_hold = stage.mouth.heard_ms
    stage.run(300)
    assert 150 <= stage.mouth.heard_ms - at_hold <= 300


def test_nothing_is_held_before_the_phone_plays_nor_after_the_last_mark() -> None:
    stage = speaking()
    stage.until_heard("We are open").run(100)
    stage.caller_says("one more question", for_ms=900)
    stage.run(600)
    assert stage.call.floor == "caller"
    assert len(stage.ordered(c.HoldPlayout)) == 1  # the one of the ringing phone


def test_the_agent_is_interrupted_on_playout_when_generation_is_long_over() -> None:
    stage = speaking()
    assert stage.ordered(c.FinishUtterance)
    stage.caller_says("stop it now please", for_ms=900)
    stage.until(c.ClearPlayout)
    line = stage.agent_line("We are open")
    assert line.cut
    assert LONG.startswith(line.heard)
    assert line.heard


# Confirmed


@pytest.mark.parametrize(("abilities", "after_ms"), [(Abilities(), 500), (WITH_INTERIMS, 1000)])
def test_speech_without_words_silences_the_phone_in_time_and_forgets_nothing(
    abilities: Abilities, after_ms: int
) -> None:
    stage = speaking(abilities=abilities)
    begins = stage.now_ms
    stage.caller_says("", for_ms=3000)
    stage.until(c.TakeBackPlayout)
    assert stage.now_ms - begins == pytest.approx(after_ms, abs=FRAME_MS)
    assert stage.call.floor == "yielded"
    assert not stage.ordered(c.ClearPlayout)
    assert not stage.ordered(c.CancelSynthesis)


@pytest.mark.parametrize(("lasts_ms", "cleared"), [(440, 0), (540, 1)])
def test_500_ms_are_500_ms_of_speech_and_not_of_the_pause_after_it(lasts_ms: int, cleared: int) -> None:
    stage = speaking()
    stage.caller_says("", for_ms=lasts_ms)
    stage.run(900)
    assert len(stage.ordered(c.TakeBackPlayout)) == cleared


def test_a_breath_inside_the_speech_is_counted_as_speech() -> None:
    stage = speaking()
    begins = stage.now_ms
    stage.caller_says("", for_ms=420)
    stage.caller_says("", for_ms=800, at=begins + 500)
    stage.until(c.TakeBackPlayout)
    assert stage.now_ms - begins == pytest.approx(500, abs=FRAME_MS)


def test_a_word_confirms_before_the_time_is_up() -> None:
    stage = speaking(abilities=WITH_INTERIMS)
    begins = stage.now_ms
    stage.caller_says("wait I have a question", for_ms=2000)
    stage.until(c.ClearPlayout)
    assert stage.now_ms - begins < 600


@pytest.mark.parametrize("said", ["uh", "um", "mm-hm", "yeah", "okay"])
def test_a_backchannel_does_not_confirm(said: str) -> None:
    stage = speaking(abilities=WITH_INTERIMS)
    stage.caller_says(said, for_ms=400)
    stage.until_heard("We are open")
    assert not stage.ordered(c.ClearPlayout)
    assert not stage.agent_line("We are open").cut


def test_backchannels_only_are_given_a_second() -> None:
    stage = speaking(abilities=WITH_INTERIMS)
    begins = stage.now_ms
    stage.caller_says("yeah", for_ms=2500)
    stage.until(c.TakeBackPlayout)
    assert stage.now_ms - begins == pytest.approx(1000, abs=FRAME_MS)


def test_a_word_spoken_before_playout_began_confirms_nothing() -> None:
    stage = speaking(abilities=WITH_INTERIMS)
    position = stage.position_at(stage.now_ms)
    stage.tell(e.VoiceRose(position))
    stage.run(300)
    stage.tell(e.TranscriptChanged("hello there", position - 2600, position - 2300))
    assert not stage.ordered(c.ClearPlayout)
    stage.tell(e.TranscriptChanged("stop", position, position + 250))
    assert stage.ordered(c.ClearPlayout)


def test_a_digit_confirms_at_once() -> None:
    stage = speaking()
    begins = stage.now_ms
    stage.caller_presses("1")
    stage.until(c.ClearPlayout)
    assert stage.now_ms == begins
    assert stage.agent_line("We are open").cut


def test_a_confirmed_barge_in_cancels_reply_and_synthesis() -> None:
    stage = playing(LONG, replies=[Says(LONG + " " + LONG + " " + LONG, per_word_ms=300)], for_ms=500)
    stage.until_heard(LONG)
    stage.caller_says("and at christmas", for_ms=900)
    stage.until_playing("We are open", 0).until(c.StartReply, 2).run(6500)
    stage.caller_says("stop it now please", for_ms=1500)
    stage.until(c.ClearPlayout)
    assert stage.ordered(c.CancelReply)[-1].reply_id == stage.asked[1].reply_id


# False


def test_a_cough_resumes_at_the_first_unsent_byte_and_repeats_nothing() -> None:
    stage = speaking()
    begins = stage.now_ms
    stage.caller_says("", for_ms=250)
    stage.until(c.ResumePlayout, 2)
    assert stage.now_ms - begins == pytest.approx(250 + 120, abs=FRAME_MS)
    assert stage.ordered(c.ResumePlayout)[-1].from_ms is None
    stage.until_heard("We are open")
    assert stage.mouth.heard_ms == sum(s.available_ms for s in stage.mouth.utterances.values())
    assert not stage.agent_line("We are open").cut
    assert len(stage.asked) == 1


def test_after_a_long_silence_of_the_ear_the_last_word_is_repeated() -> None:
    stage = speaking(abilities=WITH_INTERIMS)
    stage.caller_says("", for_ms=900)
    stage.until(c.ResumePlayout, 2)
    again = stage.ordered(c.ResumePlayout)[-1]
    sent = stage.mouth.utterances[again.utterance_id]
    messages = [s for _, s in stage.events if isinstance(s, e.SoundSent)]
    position = max(s.sent_ms for s in messages if s.utterance_id == again.utterance_id)
    words = LONG.split()
    starts = [50 * len(LONG) * len(" ".join([*words[:n], ""])) // (len(LONG) + 1) for n in range(len(words))]
    assert again.from_ms == max(start for start in starts if start < position)
    assert sent.sent_ms == again.from_ms
    stage.until_heard("We are open")
    assert not stage.agent_line("We are open").cut


@pytest.mark.parametrize(("rewind_ms", "rewound"), [(400, False), (100, True)])
def test_rewinding_counts_the_silence_of_the_ear_and_not_of_the_pacer(rewind_ms: int, rewound: bool) -> None:
    """A hold of 560 ms of which the lead covers some 250 leaves about 300 ms of silence."""
    stage = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"rewind_ms": rewind_ms}))
    stage.caller_says("", for_ms=640)
    stage.until(c.ResumePlayout, 2)
    assert held_for(stage) == pytest.approx(560, abs=2 * FRAME_MS)
    assert (stage.ordered(c.ResumePlayout)[-1].from_ms is not None) == rewound


def test_nothing_is_repeated_when_all_of_it_has_been_sent() -> None:
    stage = playing("Fine, what else?", for_ms=500, abilities=WITH_INTERIMS)
    stage.mouth.marks_return = False
    stage.caller_says("", for_ms=900)
    stage.until(c.ResumePlayout, 2)
    assert stage.ordered(c.ResumePlayout)[-1].from_ms is None


def test_a_late_word_still_confirms_after_the_agent_has_resumed() -> None:
    stage = speaking(stt_final_ms=300)
    stage.caller_says("stop", for_ms=300)
    stage.until(c.ClearPlayout)
    assert kinds(stage, c.HoldPlayout, c.ResumePlayout, c.ClearPlayout)[-3:] == [
        "HoldPlayout", "ResumePlayout", "ClearPlayout",
    ]  # fmt: skip
    stage.until(c.StartReply, 2)
    assert stage.memory[-1] == ("user", "stop")


def test_a_second_sound_right_after_a_false_alarm_holds_again() -> None:
    stage = speaking()
    begins = stage.now_ms
    stage.caller_says("", for_ms=300)
    # After 160 ms: a false alarm (120 ms) but no stop of speech (200 ms).
    stage.caller_says("", for_ms=900, at=begins + 460)
    stage.until(c.TakeBackPlayout)
    assert stage.now_ms - begins == pytest.approx(460 + 500, abs=FRAME_MS)
    assert len(stage.ordered(c.HoldPlayout)) == 3


def test_a_hold_when_everything_is_sent_ends_with_the_last_mark() -> None:
    stage = playing("Fine, what else?", for_ms=500, replies=[Says("Bring two, then.")])
    stage.caller_says("a loaf of bread", for_ms=1200)
    stage.until_heard("Fine, what else?")
    assert stage.call.floor == "caller"
    assert stage.when(c.ResumePlayout, -1) == stage.now_ms
    stage.until_heard("Bring two")
    assert not stage.agent_line("Bring two").cut


# Who may interrupt


def test_never_holds_for_nothing_and_answers_the_words_afterwards() -> None:
    stage = never(Says("Noted."))
    stage.caller_says("please stop that", for_ms=800)
    stage.until_heard("We are open")
    assert len(stage.ordered(c.HoldPlayout)) == 1
    assert not stage.agent_line("We are open").cut
    assert stage.now_ms == stage.when(c.StartReply, 1)
    assert stage.memory[-1] == ("user", "please stop that")


def test_yeah_during_never_is_an_answer() -> None:
    stage = never()
    stage.caller_says("yeah", for_ms=300)
    stage.until(c.StartReply, 2)
    assert not stage.agent_line("We are open").cut
    assert stage.memory[-1] == ("user", "yeah")


def test_a_cough_during_never_asks_for_nothing() -> None:
    stage = never()
    stage.caller_says("", for_ms=700)
    stage.until_heard("We are open").run(2000)
    assert len(stage.asked) == 1
    assert stage.said[-1] == LONG


def test_an_assistant_that_is_never_interrupted() -> None:
    stage = speaking(assistant=an_assistant(turn={"barge_in": "never"}))
    stage.caller_says("please stop that", for_ms=800)
    stage.until_heard("We are open")
    assert not stage.agent_line("We are open").cut
    assert len(stage.asked) == 2


def test_words_does_not_hold_for_a_sound() -> None:
    stage = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"barge_in": "words"}))
    stage.caller_says("", for_ms=2000)
    stage.until_heard("We are open")
    assert len(stage.ordered(c.HoldPlayout)) == 1
    assert not stage.agent_line("We are open").cut


def test_words_are_interrupted_by_a_word() -> None:
    stage = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"barge_in": "words"}))
    stage.caller_says("stop please", for_ms=800)
    stage.until(c.ClearPlayout)
    assert len(stage.ordered(c.HoldPlayout)) == 1
    assert stage.agent_line("We are open").cut


def test_a_backchannel_in_words_mode_is_shown_and_not_answered() -> None:
    stage = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"barge_in": "words"}))
    stage.caller_says("yeah", for_ms=300)
    stage.until_heard("We are open").run(3000)
    assert stage.caller_lines[-1] == ("backchannel", "yeah")
    assert len(stage.asked) == 1


@pytest.mark.parametrize(("barge_in", "holds"), [("always", 2), ("never", 1)])
def test_a_question_overrides_the_assistant(barge_in: BargeIn, holds: int) -> None:
    other: BargeIn = "never" if barge_in == "always" else "always"
    stage = answered(
        replies=[Says(LONG, question=e.Question(barge_in=barge_in))],
        assistant=an_assistant(turn={"barge_in": other}),
    )
    stage.caller_says("hello there", for_ms=600)
    stage.until_playing("We are open", 2000)
    stage.caller_says("", for_ms=300)
    stage.run(400)
    assert len(stage.ordered(c.HoldPlayout)) == holds


def test_the_greeting_has_its_own_rule() -> None:
    stage = Stage(assistant=an_assistant(greeting_barge_in="never")).run(500).connect()
    stage.run(500).caller_says("hello hello hello", for_ms=900)
    stage.until_heard("Welcome")
    assert not stage.agent_line("Welcome").cut
    stage.until(c.StartReply)
    assert stage.memory[-1] == ("user", "hello hello hello")


# Kept and answered when the utterance ends


def test_yeah_in_a_false_hold_is_kept_as_an_answer() -> None:
    stage = speaking(abilities=WITH_INTERIMS)
    stage.caller_says("yeah", for_ms=300)
    stage.until_heard("We are open")
    assert stage.memory[-1] == ("user", "yeah")
    assert stage.when(c.StartReply, 1) == stage.now_ms


def test_a_turn_that_is_over_ends_the_hold_even_before_the_pause_has_proved_it_false() -> None:
    patient = an_assistant(turn={"false_ms": 5000})
    stage = speaking(abilities=WITH_INTERIMS, assistant=patient)
    begins = stage.now_ms
    stage.caller_says("mm-hm", for_ms=300)
    stage.until(c.ResumePlayout, 2)
    assert stage.now_ms - begins < 300 + 5000
    stage.until_heard("We are open")
    assert stage.caller_lines[-1] == ("backchannel", "mm-hm")
    assert len(stage.asked) == 1


def test_a_mere_hum_in_a_false_hold_is_only_shown() -> None:
    stage = speaking(abilities=WITH_INTERIMS)
    stage.caller_says("mm-hm", for_ms=300)
    stage.until_heard("We are open").run(3000)
    assert stage.caller_lines[-1] == ("backchannel", "mm-hm")
    assert len(stage.asked) == 1


@pytest.mark.parametrize("mode", ["always", "words"])
def test_yeah_in_the_last_second_is_an_answer(mode: BargeIn) -> None:
    text = "We would book a table for two at eight tonight, is that right?"
    stage = playing(
        text,
        for_ms=len(text) * 50 - 700,
        abilities=WITH_INTERIMS,
        assistant=an_assistant(turn={"barge_in": mode}),
    )
    stage.caller_says("yeah", for_ms=300)
    stage.until_heard("We would").until(c.StartReply, 2)
    assert not stage.agent_line("We would").cut
    assert stage.memory[-1] == ("user", "yeah")


def test_the_last_second_is_that_of_everything_there_is_to_say() -> None:
    assistant = an_assistant(turn={"barge_in": "words"}, max_duration_s=60.0, warning_before_s=54.0)
    stage = playing(LONG, for_ms=0, abilities=WITH_INTERIMS, assistant=assistant)
    stage.run(until=lambda: assistant.warning_message in stage.said)
    stage.run(until=lambda: stage.mouth.heard_ms >= 2550 + 3800 - 700)
    stage.caller_says("yeah", for_ms=300)
    stage.until_heard("half a minute").run(2000)
    assert stage.caller_lines[-1] == ("backchannel", "yeah")
    assert len(stage.asked) == 1


def test_what_began_before_the_agent_spoke_is_an_answer_even_if_it_is_yeah() -> None:
    assistant = an_assistant(max_duration_s=60.0, warning_before_s=50.0)
    stage = playing("Shall I?", for_ms=0, assistant=assistant)
    stage.until_heard("Shall I?")
    warning_at = stage.when(c.ResumePlayout) + 10_000
    stage.caller_says("yeah", for_ms=500, at=warning_at - 250)
    stage.until_heard("half a minute").until(c.StartReply, 2)
    assert stage.memory[-1] == ("user", "yeah")

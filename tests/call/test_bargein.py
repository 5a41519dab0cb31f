"""Hold, confirm, resume: what takes the floor from the agent and what does not."""

from __future__ import annotations

import pytest

from rapida.assistant import BargeIn
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities

from .driven_call import LONG, DrivenCall, Says, an_assistant, answered, never, playing, speaking

WITH_INTERIMS = Abilities(interims=True)
FRAME_MS = 20


def kinds(driven: DrivenCall, *which: type[c.Command]) -> list[str]:
    return [type(order).__name__ for _, order in driven.orders if isinstance(order, which)]


def held_for(driven: DrivenCall) -> int:
    return driven.when(c.ResumePlayout, -1) - driven.when(c.HoldPlayout, -1)


# Hold


def test_an_onset_holds_and_clears_nothing() -> None:
    driven = speaking()
    begins = driven.now_ms
    driven.caller_says("", for_ms=400)
    driven.run(300)
    assert driven.when(c.HoldPlayout, -1) - begins == pytest.approx(200, abs=FRAME_MS)
    assert driven.call.floor == "contested"
    assert not driven.ordered(c.ClearPlayout)
    assert not driven.ordered(c.CancelSynthesis)


def test_the_lead_plays_out_during_a_hold_and_its_marks_count() -> None:
    driven = speaking()
    driven.caller_says("", for_ms=450)
    driven.run(210)
    at_hold = driven.phone.heard_ms
    driven.run(300)
    assert 150 <= driven.phone.heard_ms - at_hold <= 300


def test_nothing_is_held_before_the_phone_plays_nor_after_the_last_mark() -> None:
    driven = speaking()
    driven.until_heard("We are open").run(100)
    driven.caller_says("one more question", for_ms=900)
    driven.run(600)
    assert driven.call.floor == "caller"
    assert len(driven.ordered(c.HoldPlayout)) == 1  # the one of the ringing phone


def test_the_agent_is_interrupted_on_playout_when_generation_is_long_over() -> None:
    driven = speaking()
    assert driven.ordered(c.FinishUtterance)
    driven.caller_says("stop it now please", for_ms=900)
    driven.until(c.ClearPlayout)
    line = driven.agent_line("We are open")
    assert line.cut
    assert LONG.startswith(line.heard)
    assert line.heard


# Confirmed


@pytest.mark.parametrize(("abilities", "after_ms"), [(Abilities(), 500), (WITH_INTERIMS, 1000)])
def test_speech_without_words_silences_the_phone_in_time_and_forgets_nothing(
    abilities: Abilities, after_ms: int
) -> None:
    driven = speaking(abilities=abilities)
    begins = driven.now_ms
    driven.caller_says("", for_ms=3000)
    driven.until(c.TakeBackPlayout)
    assert driven.now_ms - begins == pytest.approx(after_ms, abs=FRAME_MS)
    assert driven.call.floor == "yielded"
    assert not driven.ordered(c.ClearPlayout)
    assert not driven.ordered(c.CancelSynthesis)


@pytest.mark.parametrize(("lasts_ms", "cleared"), [(440, 0), (540, 1)])
def test_500_ms_are_500_ms_of_speech_and_not_of_the_pause_after_it(lasts_ms: int, cleared: int) -> None:
    driven = speaking()
    driven.caller_says("", for_ms=lasts_ms)
    driven.run(900)
    assert len(driven.ordered(c.TakeBackPlayout)) == cleared


def test_a_breath_inside_the_speech_is_counted_as_speech() -> None:
    driven = speaking()
    begins = driven.now_ms
    driven.caller_says("", for_ms=420)
    driven.caller_says("", for_ms=800, at=begins + 500)
    driven.until(c.TakeBackPlayout)
    assert driven.now_ms - begins == pytest.approx(500, abs=FRAME_MS)


def test_a_word_confirms_before_the_time_is_up() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    begins = driven.now_ms
    driven.caller_says("wait I have a question", for_ms=2000)
    driven.until(c.ClearPlayout)
    assert driven.now_ms - begins < 600


@pytest.mark.parametrize("said", ["uh", "um", "mm-hm", "yeah", "okay"])
def test_a_backchannel_does_not_confirm(said: str) -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    driven.caller_says(said, for_ms=400)
    driven.until_heard("We are open")
    assert not driven.ordered(c.ClearPlayout)
    assert not driven.agent_line("We are open").cut


def test_backchannels_only_are_given_a_second() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    begins = driven.now_ms
    driven.caller_says("yeah", for_ms=2500)
    driven.until(c.TakeBackPlayout)
    assert driven.now_ms - begins == pytest.approx(1000, abs=FRAME_MS)


def test_a_word_spoken_before_playout_began_confirms_nothing() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    position = driven.position_at(driven.now_ms)
    driven.tell(e.VoiceRose(position))
    driven.run(300)
    driven.tell(e.TranscriptChanged("hello there", position - 2600, position - 2300))
    assert not driven.ordered(c.ClearPlayout)
    driven.tell(e.TranscriptChanged("stop", position, position + 250))
    assert driven.ordered(c.ClearPlayout)


def test_a_digit_confirms_at_once() -> None:
    driven = speaking()
    begins = driven.now_ms
    driven.caller_presses("1")
    driven.until(c.ClearPlayout)
    assert driven.now_ms == begins
    assert driven.agent_line("We are open").cut


def test_a_confirmed_barge_in_cancels_reply_and_synthesis() -> None:
    driven = playing(LONG, replies=[Says(LONG + " " + LONG + " " + LONG, per_word_ms=300)], for_ms=500)
    driven.until_heard(LONG)
    driven.caller_says("and at christmas", for_ms=900)
    driven.until_playing("We are open", 0).until(c.StartReply, 2).run(6500)
    driven.caller_says("stop it now please", for_ms=1500)
    driven.until(c.ClearPlayout)
    assert driven.ordered(c.CancelReply)[-1].reply_id == driven.asked[1].reply_id


# False


def test_a_cough_resumes_at_the_first_unsent_byte_and_repeats_nothing() -> None:
    driven = speaking()
    begins = driven.now_ms
    driven.caller_says("", for_ms=250)
    driven.until(c.ResumePlayout, 2)
    assert driven.now_ms - begins == pytest.approx(250 + 120, abs=FRAME_MS)
    assert driven.ordered(c.ResumePlayout)[-1].from_ms is None
    driven.until_heard("We are open")
    assert driven.phone.heard_ms == sum(s.available_ms for s in driven.phone.utterances.values())
    assert not driven.agent_line("We are open").cut
    assert len(driven.asked) == 1


def test_after_a_long_silence_of_the_ear_the_last_word_is_repeated() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    driven.caller_says("", for_ms=900)
    driven.until(c.ResumePlayout, 2)
    again = driven.ordered(c.ResumePlayout)[-1]
    sent = driven.phone.utterances[again.utterance_id]
    messages = [s for _, s in driven.events if isinstance(s, e.SoundSent)]
    position = max(s.sent_ms for s in messages if s.utterance_id == again.utterance_id)
    words = LONG.split()
    starts = [50 * len(LONG) * len(" ".join([*words[:n], ""])) // (len(LONG) + 1) for n in range(len(words))]
    assert again.from_ms == max(start for start in starts if start < position)
    assert sent.sent_ms == again.from_ms
    driven.until_heard("We are open")
    assert not driven.agent_line("We are open").cut


@pytest.mark.parametrize(("rewind_ms", "rewound"), [(400, False), (100, True)])
def test_rewinding_counts_the_silence_of_the_ear_and_not_of_the_pacer(rewind_ms: int, rewound: bool) -> None:
    """A hold of 560 ms of which the lead covers some 250 leaves about 300 ms of silence."""
    driven = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"rewind_ms": rewind_ms}))
    driven.caller_says("", for_ms=640)
    driven.until(c.ResumePlayout, 2)
    assert held_for(driven) == pytest.approx(560, abs=2 * FRAME_MS)
    assert (driven.ordered(c.ResumePlayout)[-1].from_ms is not None) == rewound


def test_nothing_is_repeated_when_all_of_it_has_been_sent() -> None:
    driven = playing("Fine, what else?", for_ms=500, abilities=WITH_INTERIMS)
    driven.phone.marks_return = False
    driven.caller_says("", for_ms=900)
    driven.until(c.ResumePlayout, 2)
    assert driven.ordered(c.ResumePlayout)[-1].from_ms is None


def test_a_late_word_still_confirms_after_the_agent_has_resumed() -> None:
    driven = speaking(stt_final_ms=300)
    driven.caller_says("stop", for_ms=300)
    driven.until(c.ClearPlayout)
    assert kinds(driven, c.HoldPlayout, c.ResumePlayout, c.ClearPlayout)[-3:] == [
        "HoldPlayout", "ResumePlayout", "ClearPlayout",
    ]  # fmt: skip
    driven.until(c.StartReply, 2)
    assert driven.memory[-1] == ("user", "stop")


def test_a_second_sound_right_after_a_false_alarm_holds_again() -> None:
    driven = speaking()
    begins = driven.now_ms
    driven.caller_says("", for_ms=300)
    # After 160 ms: a false alarm (120 ms) but no stop of speech (200 ms).
    driven.caller_says("", for_ms=900, at=begins + 460)
    driven.until(c.TakeBackPlayout)
    assert driven.now_ms - begins == pytest.approx(460 + 500, abs=FRAME_MS)
    assert len(driven.ordered(c.HoldPlayout)) == 3


def test_a_hold_when_everything_is_sent_ends_with_the_last_mark() -> None:
    driven = playing("Fine, what else?", for_ms=500, replies=[Says("Bring two, then.")])
    driven.caller_says("a loaf of bread", for_ms=1200)
    driven.until_heard("Fine, what else?")
    assert driven.call.floor == "caller"
    assert driven.when(c.ResumePlayout, -1) == driven.now_ms
    driven.until_heard("Bring two")
    assert not driven.agent_line("Bring two").cut


# Who may interrupt


def test_never_holds_for_nothing_and_answers_the_words_afterwards() -> None:
    driven = never(Says("Noted."))
    driven.caller_says("please stop that", for_ms=800)
    driven.until_heard("We are open")
    assert len(driven.ordered(c.HoldPlayout)) == 1
    assert not driven.agent_line("We are open").cut
    assert driven.now_ms == driven.when(c.StartReply, 1)
    assert driven.memory[-1] == ("user", "please stop that")


def test_yeah_during_never_is_an_answer() -> None:
    driven = never()
    driven.caller_says("yeah", for_ms=300)
    driven.until(c.StartReply, 2)
    assert not driven.agent_line("We are open").cut
    assert driven.memory[-1] == ("user", "yeah")


def test_a_cough_during_never_asks_for_nothing() -> None:
    driven = never()
    driven.caller_says("", for_ms=700)
    driven.until_heard("We are open").run(2000)
    assert len(driven.asked) == 1
    assert driven.said[-1] == LONG


def test_an_assistant_that_is_never_interrupted() -> None:
    driven = speaking(assistant=an_assistant(turn={"barge_in": "never"}))
    driven.caller_says("please stop that", for_ms=800)
    driven.until_heard("We are open")
    assert not driven.agent_line("We are open").cut
    assert len(driven.asked) == 2


def test_words_does_not_hold_for_a_sound() -> None:
    driven = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"barge_in": "words"}))
    driven.caller_says("", for_ms=2000)
    driven.until_heard("We are open")
    assert len(driven.ordered(c.HoldPlayout)) == 1
    assert not driven.agent_line("We are open").cut


def test_words_are_interrupted_by_a_word() -> None:
    driven = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"barge_in": "words"}))
    driven.caller_says("stop please", for_ms=800)
    driven.until(c.ClearPlayout)
    assert len(driven.ordered(c.HoldPlayout)) == 1
    assert driven.agent_line("We are open").cut


def test_a_backchannel_in_words_mode_is_shown_and_not_answered() -> None:
    driven = speaking(abilities=WITH_INTERIMS, assistant=an_assistant(turn={"barge_in": "words"}))
    driven.caller_says("yeah", for_ms=300)
    driven.until_heard("We are open").run(3000)
    assert driven.caller_lines[-1] == ("backchannel", "yeah")
    assert len(driven.asked) == 1


@pytest.mark.parametrize(("barge_in", "holds"), [("always", 2), ("never", 1)])
def test_a_question_overrides_the_assistant(barge_in: BargeIn, holds: int) -> None:
    other: BargeIn = "never" if barge_in == "always" else "always"
    driven = answered(
        replies=[Says(LONG, question=e.Question(barge_in=barge_in))],
        assistant=an_assistant(turn={"barge_in": other}),
    )
    driven.caller_says("hello there", for_ms=600)
    driven.until_playing("We are open", 2000)
    driven.caller_says("", for_ms=300)
    driven.run(400)
    assert len(driven.ordered(c.HoldPlayout)) == holds


def test_the_greeting_has_its_own_rule() -> None:
    driven = DrivenCall(assistant=an_assistant(greeting_barge_in="never")).run(500).connect()
    driven.run(500).caller_says("hello hello hello", for_ms=900)
    driven.until_heard("Welcome")
    assert not driven.agent_line("Welcome").cut
    driven.until(c.StartReply)
    assert driven.memory[-1] == ("user", "hello hello hello")


# Kept and answered when the utterance ends


def test_yeah_in_a_false_hold_is_kept_as_an_answer() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    driven.caller_says("yeah", for_ms=300)
    driven.until_heard("We are open")
    assert driven.memory[-1] == ("user", "yeah")
    assert driven.when(c.StartReply, 1) == driven.now_ms


def test_a_turn_that_is_over_ends_the_hold_even_before_the_pause_has_proved_it_false() -> None:
    patient = an_assistant(turn={"false_ms": 5000})
    driven = speaking(abilities=WITH_INTERIMS, assistant=patient)
    begins = driven.now_ms
    driven.caller_says("mm-hm", for_ms=300)
    driven.until(c.ResumePlayout, 2)
    assert driven.now_ms - begins < 300 + 5000
    driven.until_heard("We are open")
    assert driven.caller_lines[-1] == ("backchannel", "mm-hm")
    assert len(driven.asked) == 1


def test_a_mere_hum_in_a_false_hold_is_only_shown() -> None:
    driven = speaking(abilities=WITH_INTERIMS)
    driven.caller_says("mm-hm", for_ms=300)
    driven.until_heard("We are open").run(3000)
    assert driven.caller_lines[-1] == ("backchannel", "mm-hm")
    assert len(driven.asked) == 1


@pytest.mark.parametrize("mode", ["always", "words"])
def test_yeah_in_the_last_second_is_an_answer(mode: BargeIn) -> None:
    text = "We would book a table for two at eight tonight, is that right?"
    driven = playing(
        text,
        for_ms=len(text) * 50 - 700,
        abilities=WITH_INTERIMS,
        assistant=an_assistant(turn={"barge_in": mode}),
    )
    driven.caller_says("yeah", for_ms=300)
    driven.until_heard("We would").until(c.StartReply, 2)
    assert not driven.agent_line("We would").cut
    assert driven.memory[-1] == ("user", "yeah")


def test_the_last_second_is_that_of_everything_there_is_to_say() -> None:
    assistant = an_assistant(turn={"barge_in": "words"}, max_duration_s=60.0, warning_before_s=54.0)
    driven = playing(LONG, for_ms=0, abilities=WITH_INTERIMS, assistant=assistant)
    driven.run(until=lambda: assistant.warning_message in driven.said)
    driven.run(until=lambda: driven.phone.heard_ms >= 2550 + 3800 - 700)
    driven.caller_says("yeah", for_ms=300)
    driven.until_heard("half a minute").run(2000)
    assert driven.caller_lines[-1] == ("backchannel", "yeah")
    assert len(driven.asked) == 1


def test_what_began_before_the_agent_spoke_is_an_answer_even_if_it_is_yeah() -> None:
    assistant = an_assistant(max_duration_s=60.0, warning_before_s=50.0)
    driven = playing("Shall I?", for_ms=0, assistant=assistant)
    driven.until_heard("Shall I?")
    warning_at = driven.when(c.ResumePlayout) + 10_000
    driven.caller_says("yeah", for_ms=500, at=warning_at - 250)
    driven.until_heard("half a minute").until(c.StartReply, 2)
    assert driven.memory[-1] == ("user", "yeah")


def test_words_later_than_the_stt_may_be_take_the_floor_from_an_agent_that_had_stopped_for_them() -> None:
    driven = speaking(replies=[Says("At ten.")])
    driven.stt, began_ms = "is silent", driven.now_ms
    driven.caller_says("when on Saturday", for_ms=1500)
    driven.until(c.RecordFalseBargeIn)
    start_ms = driven.position_at(began_ms)
    driven.run(150).tell(e.TranscriptFinal("when on Saturday", start_ms, start_ms + 1500))
    driven.until_heard("At ten.")
    assert driven.caller_lines[-1] == ("said", "when on Saturday")
    assert driven.agent_line("We are open").cut
    assert driven.when(c.StartReply, 1) - driven.when(c.RecordFalseBargeIn) < 1000

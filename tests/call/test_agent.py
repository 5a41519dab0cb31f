"""What the agent says, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.assistant import BargeIn
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts
from rapida.call.turns import REMEMBERED_TURNS

from .driven_call import GREETING, LONG, DrivenCall, Says, Voices, an_assistant, answered, playing

# Greeting


def test_the_greeting_is_made_while_the_phone_rings_and_sent_on_start() -> None:
    driven = DrivenCall()
    assert driven.said == [GREETING]
    assert [type(order) for _, order in driven.orders] == [c.HoldPlayout, c.StartSynthesis, c.FinishUtterance]
    driven.run(3000).connect()
    assert driven.when(c.ResumePlayout) == 3000
    first = next(at for at, event in driven.events if isinstance(event, e.SoundSent))
    assert first == 3_000_000  # not on the first media, which comes 20 ms later


def test_without_a_greeting_the_model_opens_the_conversation() -> None:
    driven = DrivenCall(assistant=an_assistant(greeting=""), replies=[Says("This is the garage.")])
    driven.run(1000)
    assert driven.said == ["This is the garage."]
    driven.connect().until_heard("This is the garage.")


def opens(**abilities: Any) -> DrivenCall:
    """A call whose mind begins by itself, as a flow does, behind a greeting."""
    first = Says("Repairs, or opening hours?", question=e.Question(kind="choice", phrases=("repairs",)))
    return DrivenCall(abilities=Abilities(opens=True, **abilities), replies=[first]).run(500).connect()


def test_a_flow_asks_its_first_question_behind_the_greeting_and_listens_for_its_answers() -> None:
    driven = opens()
    assert driven.said == [GREETING, "Repairs, or opening hours?"]
    driven.until_heard(GREETING).until_heard("Repairs, or opening hours?")
    driven.caller_says("repairs", for_ms=600)
    (listened,) = driven.until(c.FinishTranscription).ordered(c.FinishTranscription)
    assert listened.question.phrases == ("repairs",)
    driven.until(c.StartReply, 2)
    assert driven.memory == [
        ("assistant", GREETING),
        ("user", ""),
        ("assistant", "Repairs, or opening hours?"),
        ("user", "repairs"),
    ]


def test_a_greeting_that_is_interrupted_leaves_the_flow_its_answer() -> None:
    driven = opens().until_playing(GREETING, 600)
    driven.caller_says("repairs please", for_ms=900)
    driven.until(c.StartReply, 2)
    assert driven.agent_line(GREETING).cut
    assert driven.memory[-1] == ("user", "repairs please")


def test_a_callee_who_says_hello_hears_greeting_and_question_and_nothing_else() -> None:
    driven = opens(direction="outbound")
    driven.caller_says("hello", for_ms=500)
    driven.until_heard(GREETING).until_heard("Repairs, or opening hours?").run(1000)
    assert driven.said == [GREETING, "Repairs, or opening hours?"]
    assert len(driven.asked) == 1


def test_a_caller_who_speaks_before_the_model_has_opened_is_answered_instead() -> None:
    driven = DrivenCall(
        assistant=an_assistant(greeting=""), replies=[Says("This is the garage.", after_ms=3000)]
    )
    driven.run(100).connect()
    driven.run(200).caller_says("hello is this the garage", for_ms=900)
    driven.until_heard("All right.")
    assert [(m.role, m.kind, m.text) for m in driven.asked[-1].memory] == [
        ("user", "said", "hello is this the garage")
    ]
    assert "This is the garage." not in driven.said


def outbound(**script: Any) -> DrivenCall:
    return DrivenCall(abilities=Abilities(direction="outbound"), **script).run(500).connect()


def test_outbound_waits_for_the_callees_first_utterance_to_end() -> None:
    driven = outbound()
    begins = driven.now_ms + 300
    driven.caller_says("hello", for_ms=500, at=begins)
    driven.until(c.ResumePlayout)
    assert driven.now_ms - (begins + 500) == pytest.approx(200, abs=20)
    driven.until_heard("Welcome").run(100)
    assert not driven.asked
    assert driven.caller_lines == [("opening", "hello")]


def test_outbound_waits_for_one_and_a_half_seconds_at_most() -> None:
    driven = outbound()
    connected = driven.now_ms
    driven.until(c.ResumePlayout)
    assert driven.now_ms - connected == 1500


@pytest.mark.parametrize("wait_ms", [0, 400, 3000])
def test_how_long_outbound_waits_is_the_assistants_to_say(wait_ms: int) -> None:
    driven = outbound(assistant=an_assistant(hello_wait_ms=wait_ms))
    connected = driven.now_ms
    if wait_ms:
        driven.until(c.ResumePlayout)
    assert driven.when(c.ResumePlayout) - connected == wait_ms


def test_what_a_callee_who_was_silent_says_later_is_an_answer() -> None:
    driven = outbound()
    driven.until_heard("Welcome")
    driven.caller_says("yes this is Ann", for_ms=900)
    driven.until(c.StartReply)
    assert driven.memory[-1] == ("user", "yes this is Ann")


def test_a_silent_callee_is_prompted_like_any_caller() -> None:
    outbound().until_heard("Welcome").until_heard("Are you still there?")


@pytest.mark.parametrize("barge_in", ["always", "never"])
def test_a_callee_who_answers_the_greeting_in_the_same_breath_is_answered(barge_in: BargeIn) -> None:
    driven = outbound(assistant=an_assistant(greeting_barge_in=barge_in, turn={"silence_ms": 1500}))
    driven.caller_says("hello", for_ms=400)
    driven.until_playing("Welcome", 400)
    driven.caller_says("no thank you not today", for_ms=1200)
    driven.until(c.StartReply)
    assert driven.agent_line("Welcome").cut == (barge_in == "always")
    assert driven.memory[-1] == ("user", "hello no thank you not today")


def test_a_callee_who_talks_on_is_greeted_all_the_same() -> None:
    driven = outbound()
    connected = driven.now_ms
    driven.caller_says("hello this is Ann speaking who is this please", for_ms=3500, at=connected + 500)
    driven.until_playing("Welcome")
    assert driven.now_ms - connected == 1500
    driven.until_heard("Welcome").until_playing("Are you still there?")
    assert not driven.asked


# Speech before the first frame


def replying(*replies: Says, **script: Any) -> DrivenCall:
    """The caller's turn is confirmed and the model is at work."""
    driven = answered(replies=list(replies), **script)
    driven.caller_says("book a table", for_ms=800)
    return driven.until(c.StartReply)


@pytest.mark.parametrize("when_ms", [10, 990, 1060])
def test_speech_before_the_first_frame_extends_the_same_turn(when_ms: int) -> None:
    """The reply is asked for at 0, its first token comes at 1,000 ms, its sound 50 ms after its sentence."""
    slow = Says("For how many? And when?", after_ms=1000)
    driven = replying(slow, Says("For two, fine."), voice=lambda text: Voices(first_ms=150))
    driven.caller_says("for two please", for_ms=900, at=driven.now_ms + when_ms - 190)
    driven.until_heard("For two, fine.")
    first, second = driven.asked
    assert first.turn_id == second.turn_id
    assert driven.memory[-1] == ("user", "book a table for two please")
    assert driven.caller_lines == [("said", "book a table for two please")]
    assert not driven.agent_line("For two").cut
    assert all(line.heard == "" for line in driven.transcript if "For how many?" in line.text)


def test_speech_before_the_first_token_of_a_slow_reply_extends_the_turn_too() -> None:
    driven = replying(Says("For how many?", after_ms=6000), Says("For two, fine."))
    driven.caller_says("for two please", for_ms=900, at=driven.now_ms + 100)
    driven.until_heard("For two, fine.")
    assert driven.memory[-1] == ("user", "book a table for two please")
    assert driven.ordered(c.CancelReply)[0].reply_id == driven.asked[0].reply_id


def test_the_old_reply_and_its_synthesis_are_cancelled() -> None:
    driven = replying(Says("For how many?", after_ms=1000), voice=lambda text: Voices(first_ms=400))
    driven.caller_says("for two please", for_ms=900, at=driven.now_ms + 900)
    driven.until(c.StartReply, 2)
    cancelled = {order.segment_id for order in driven.ordered(c.CancelSynthesis)}
    started = [order.segment_id for order in driven.ordered(c.StartSynthesis)][1:]
    assert len(started) == 1
    assert cancelled <= set(started)
    assert driven.ordered(c.ClearPlayout)


def test_the_reply_is_held_while_the_caller_may_go_on_and_resumed_when_nothing_was_said() -> None:
    driven = replying(Says("For how many?", after_ms=600))
    begins = driven.now_ms + 100
    driven.caller_says("", for_ms=700, at=begins)
    driven.until(c.HoldPlayout, 2)
    assert driven.now_ms - begins == pytest.approx(200, abs=20)
    driven.until_heard("For how many?")
    assert len(driven.asked) == 1
    assert not driven.agent_line("For how many?").cut
    # It goes on as soon as the STT has said that there was nothing: no need to wait for the silence.
    assert driven.when(c.ResumePlayout, -1) - (begins + 700) == pytest.approx(400, abs=20)


def test_no_frame_goes_out_while_the_reply_is_held() -> None:
    driven = replying(Says("For how many?", after_ms=300))
    driven.caller_says("for two please", for_ms=2000, at=driven.now_ms + 50)
    driven.run(2000)
    assert "For how many?" in driven.said
    utterance = driven.ordered(c.StartSynthesis)[-1].utterance_id
    assert driven.phone.utterances[utterance].sent_ms == 0


def test_a_frame_that_slips_out_with_the_hold_does_not_lose_the_turn() -> None:
    driven = replying(Says("For how many?", after_ms=100))
    driven.until(c.StartSynthesis, 2)
    utterance = driven.ordered(c.StartSynthesis)[-1].utterance_id
    driven.caller_says("for two please", for_ms=1500, at=driven.now_ms - 230)
    driven.run(until=lambda: len(driven.ordered(c.HoldPlayout)) > 1)
    driven.tell(e.SoundSent(utterance, 40, driven.now_us + 40_000))
    driven.until(c.StartReply, 2)
    assert driven.memory[-1] == ("user", "book a table for two please")
    driven.until_heard("All right.")


def test_speech_after_keys_is_a_turn_of_its_own() -> None:
    driven = answered(replies=[Says("One it is.", after_ms=1000), Says("As you like.")])
    driven.caller_presses("1#", every_ms=50)
    driven.until(c.StartReply)
    driven.caller_says("no two please", for_ms=800, at=driven.now_ms + 400)
    driven.until_heard("As you like.")
    assert driven.memory[-2:] == [("user", "1"), ("user", "no two please")]
    assert "One it is." not in [line.heard for line in driven.transcript]


def test_a_tool_that_finishes_while_the_caller_goes_on_does_not_swallow_the_words() -> None:
    driven = replying(
        Says(tools=[("look", "{}")]),
        Says("For how many?"),
        Says("For two, fine."),
        abilities=Abilities(interims=True, tools={"look": ToolFacts()}),
        tool_ms={"look": 900},
    )
    driven.caller_says("for two please", for_ms=1200, at=driven.now_ms + 200)
    driven.until_heard("For two, fine.")
    assert ("user", "book a table for two please") in driven.memory


def slipped_after_keys(**script: Any) -> DrivenCall:
    """Speech holds the answer to keys, but its first frame was on its way already."""
    text = "One it is, and thank you very much for that."
    driven = answered(replies=[Says(text, after_ms=700)], **script)
    driven.caller_presses("1#", every_ms=50)
    driven.until(c.StartReply)
    driven.caller_says("uh-huh", for_ms=500, at=driven.now_ms + 400)
    driven.until(c.HoldPlayout, 2).until(c.StartSynthesis, 2).run(30)
    utterance = driven.ordered(c.StartSynthesis)[-1].utterance_id
    driven.phone.utterances[utterance].sent_ms = 40
    driven.tell(e.SoundSent(utterance, 40, driven.now_us + 40_000))
    return driven


def test_words_kept_behind_a_frame_that_slipped_out_let_the_agent_go_on() -> None:
    driven = slipped_after_keys()
    driven.until_heard("One it is")
    assert not driven.agent_line("One it is").cut
    assert driven.memory[-1] == ("user", "uh-huh")


def test_and_so_does_a_backchannel() -> None:
    words = an_assistant(turn={"barge_in": "words"})
    driven = slipped_after_keys(abilities=Abilities(interims=True), assistant=words)
    driven.caller_says("mm-hm", for_ms=300, at=driven.now_ms + 500)
    driven.until_heard("One it is").run(3000)
    assert not driven.agent_line("One it is").cut
    assert driven.caller_lines[-1][0] == "backchannel"


def test_a_cough_after_keys_only_holds_their_answer() -> None:
    driven = answered(replies=[Says("One it is.", after_ms=800)])
    driven.caller_presses("1#", every_ms=50)
    driven.until(c.StartReply)
    driven.caller_says("", for_ms=300, at=driven.now_ms + 400)
    driven.until_heard("One it is.")
    assert len(driven.asked) == 1


def test_speech_during_a_tool_after_something_was_heard_is_a_new_turn() -> None:
    driven = replying(
        Says("Let me look.", tools=[("look", "{}")]),
        abilities=Abilities(tools={"look": ToolFacts()}),
        tool_ms={"look": 9000},
    )
    driven.until_heard("Let me look.").run(100)
    driven.caller_says("never mind that", for_ms=800)
    driven.until_heard("All right.")
    assert driven.asked[0].turn_id != driven.asked[1].turn_id


# Late words


def test_a_late_final_before_the_first_frame_restarts_the_reply() -> None:
    driven = replying(Says("For how many?", after_ms=1000), Says("For two, fine."))
    position = driven.position_at(driven.now_ms) - 1500
    driven.run(300)
    driven.tell(e.TranscriptFinal("for two", position + 600, position + 790))
    driven.until_heard("For two, fine.")
    (order,) = driven.ordered(c.RecordStages)
    assert order.stages.token_us == 100_000
    assert driven.memory[-1] == ("user", "book a table for two")
    assert "For how many?" not in driven.said


def test_a_late_final_that_says_the_same_changes_nothing() -> None:
    driven = replying(Says("For how many?", after_ms=1000))
    position = driven.position_at(driven.now_ms) - 1500
    driven.tell(e.TranscriptFinal("", position + 600, position + 790))
    driven.until_heard("For how many?")
    assert len(driven.asked) == 1


def test_a_late_final_neither_starts_a_turn_nor_barges_in() -> None:
    driven = playing(LONG, for_ms=600)
    position = driven.position_at(driven.when(c.StartReply)) - 1300
    driven.tell(e.TranscriptFinal("stop everything", position + 560, position + 600))
    driven.until_heard("We are open").run(1000)
    assert len(driven.asked) == 1
    assert not driven.ordered(c.ClearPlayout)
    assert driven.caller_lines == [("said", "hello there stop everything")]


def between_two_turns() -> tuple[DrivenCall, int]:
    """Two turns answered, and a place in the caller's sound between them."""
    driven = answered(replies=[Says("Fine one."), Says("Fine two."), Says("Wrong.")])
    driven.caller_says("first", for_ms=500)
    driven.until_heard("Fine one.").run(1500)
    between = driven.position_at(driven.now_ms) - 1000
    driven.caller_says("second", for_ms=500)
    driven.until_heard("Fine two.").run(500)
    return driven, between


def test_a_final_from_between_two_turns_is_added_to_the_one_before_and_starts_none() -> None:
    driven, between = between_two_turns()
    driven.tell(e.TranscriptFinal("and stop", between, between + 200))
    driven.run(3000)
    assert len(driven.asked) == 2
    assert driven.caller_lines == [("said", "first and stop"), ("said", "second")]
    assert "Wrong." not in driven.said


def test_a_final_from_between_two_turns_does_not_become_words_of_the_one_being_spoken() -> None:
    driven, between = between_two_turns()
    driven.caller_says("third", for_ms=900)
    driven.run(600)
    driven.tell(e.TranscriptFinal("and stop", between, between + 200))
    driven.until(c.StartReply, 3)
    assert driven.caller_lines == [("said", "first and stop"), ("said", "second"), ("said", "third")]


def test_a_final_from_before_all_remembered_turns_starts_none_either() -> None:
    driven = answered(replies=[Says(f"Fine {count}.") for count in range(12)])
    began = driven.position_at(driven.now_ms)
    for count in range(REMEMBERED_TURNS + 1):
        driven.caller_says("word", for_ms=500)
        driven.until_heard(f"Fine {count}.").run(300)
    asked = len(driven.asked)
    driven.tell(e.TranscriptFinal("stop", began + 100, began + 300))
    driven.run(3000)
    assert len(driven.asked) == asked
    assert " ".join(text for _, text in driven.caller_lines).count("stop") == 1


def test_a_final_so_late_that_the_agent_was_about_to_ask_again_is_answered() -> None:
    slow = {"transcript_final_ms": 1500}
    driven = answered(
        stt_final_ms=1450, assistant=an_assistant(deadlines=slow), voice=lambda text: Voices(first_ms=300)
    )
    driven.caller_says("book a table", for_ms=800)
    driven.until_heard("All right.")
    assert driven.caller_lines == [("said", "book a table")]
    assert driven.agent_line(driven.assistant.unclear_message).heard == ""


def test_words_that_the_detector_took_for_silence_are_a_turn_too() -> None:
    driven = answered()
    position = driven.position_at(driven.now_ms)
    driven.run(1000)
    driven.tell(e.TranscriptFinal("book a table", position, position + 700))
    driven.until(c.StartReply)
    assert driven.memory[-1] == ("user", "book a table")

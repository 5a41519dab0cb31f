"""What the agent says, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.assistant import BargeIn
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts
from rapida.call.turns import REMEMBERED_TURNS

from .stage import GREETING, LONG, Says, Stage, Voices, an_assistant, answered, playing

# Greeting


def test_the_greeting_is_made_while_the_phone_rings_and_sent_on_start() -> None:
    stage = Stage()
    assert stage.said == [GREETING]
    assert [type(order) for _, order in stage.orders] == [c.HoldPlayout, c.StartSynthesis, c.FinishUtterance]
    stage.run(3000).connect()
    assert stage.when(c.ResumePlayout) == 3000
    first = next(at for at, event in stage.events if isinstance(event, e.SoundSent))
    assert first == 3_000_000  # not on the first media, which comes 20 ms later


def test_without_a_greeting_the_model_opens_the_conversation() -> None:
    stage = Stage(assistant=an_assistant(greeting=""), replies=[Says("This is the shared.")])
    stage.run(1000)
    assert stage.said == ["This is the shared."]
    stage.connect().until_heard("This is the shared.")


def opens(**abilities: Any) -> Stage:
    """A call whose mind begins by itself, as a flow does, behind a greeting."""
    first = Says("Repairs, or opening hours?", question=e.Question(kind="choice", phrases=("repairs",)))
    return Stage(abilities=Abilities(opens=True, **abilities), replies=[first]).run(500).connect()


def test_a_flow_asks_its_first_question_behind_the_greeting_and_listens_for_its_answers() -> None:
    stage = opens()
    assert stage.said == [GREETING, "Repairs, or opening hours?"]
    stage.until_heard(GREETING).until_heard("Repairs, or opening hours?")
    stage.caller_says("repairs", for_ms=600)
    (listened,) = stage.until(c.FinishTranscription).ordered(c.FinishTranscription)
    assert listened.question.phrases == ("repairs",)
    stage.until(c.StartReply, 2)
    assert stage.memory == [
        ("assistant", GREETING),
        ("user", ""),
        ("assistant", "Repairs, or opening hours?"),
        ("user", "repairs"),
    ]


def test_a_greeting_that_is_interrupted_leaves_the_flow_its_answer() -> None:
    stage = opens().until_playing(GREETING, 600)
    stage.caller_says("repairs please", for_ms=900)
    stage.until(c.StartReply, 2)
    assert stage.agent_line(GREETING).cut
    assert stage.memory[-1] == ("user", "repairs please")


def test_a_callee_who_says_hello_hears_greeting_and_question_and_nothing_else() -> None:
    stage = opens(direction="outbound")
    stage.caller_says("hello", for_ms=500)
    stage.until_heard(GREETING).until_heard("Repairs, or opening hours?").run(1000)
    assert stage.said == [GREETING, "Repairs, or opening hours?"]
    assert len(stage.asked) == 1


def test_a_caller_who_speaks_before_the_model_has_opened_is_answered_instead() -> None:
    stage = Stage(assistant=an_assistant(greeting=""), replies=[Says("This is the shared.", after_ms=3000)])
    stage.run(100).connect()
    stage.run(200).caller_says("hello is this the shared", for_ms=900)
    stage.until_heard("All right.")
    assert [(m.role, m.kind, m.text) for m in stage.asked[-1].memory] == [
        ("user", "said", "hello is this the shared")
    ]
    assert "This is the shared." not in stage.said


def outbound(**script: Any) -> Stage:
    return Stage(abilities=Abilities(direction="outbound"), **script).run(500).connect()


def test_outbound_waits_for_the_callees_first_utterance_to_end() -> None:
    stage = outbound()
    begins = stage.now_ms + 300
    stage.caller_says("hello", for_ms=500, at=begins)
    stage.until(c.ResumePlayout)
    assert stage.now_ms - (begins + 500) == pytest.approx(200, abs=20)
    stage.until_heard("Welcome").run(100)
    assert not stage.asked
    assert stage.caller_lines == [("opening", "hello")]


def test_outbound_waits_for_one_and_a_half_seconds_at_most() -> None:
    stage = outbound()
    connected = stage.now_ms
    stage.until(c.ResumePlayout)
    assert stage.now_ms - connected == 1500


@pytest.mark.parametrize("wait_ms", [0, 400, 3000])
def test_how_long_outbound_waits_is_the_assistants_to_say(wait_ms: int) -> None:
    stage = outbound(assistant=an_assistant(hello_wait_ms=wait_ms))
    connected = stage.now_ms
    if wait_ms:
        stage.until(c.ResumePlayout)
    assert stage.when(c.ResumePlayout) - connected == wait_ms


def test_what_a_callee_who_was_silent_says_later_is_an_answer() -> None:
    stage = outbound()
    stage.until_heard("Welcome")
    stage.caller_says("yes this is Ann", for_ms=900)
    stage.until(c.StartReply)
    assert stage.memory[-1] == ("user", "yes this is Ann")


def test_a_silent_callee_is_prompted_like_any_caller() -> None:
    outbound().until_heard("Welcome").until_heard("Are you still there?")


@pytest.mark.parametrize("barge_in", ["always", "never"])
def test_a_callee_who_answers_the_greeting_in_the_same_breath_is_answered(barge_in: BargeIn) -> None:
    stage = outbound(assistant=an_assistant(greeting_barge_in=barge_in, turn={"silence_ms": 1500}))
    stage.caller_says("hello", for_ms=400)
    stage.until_playing("Welcome", 400)
    stage.caller_says("no thank you not today", for_ms=1200)
    stage.until(c.StartReply)
    assert stage.agent_line("Welcome").cut == (barge_in == "always")
    assert stage.memory[-1] == ("user", "hello no thank you not today")


def test_a_callee_who_talks_on_is_greeted_all_the_same() -> None:
    stage = outbound()
    connected = stage.now_ms
    stage.caller_says("hello this is Ann speaking who is this please", for_ms=3500, at=connected + 500)
    stage.until_playing("Welcome")
    assert stage.now_ms - connected == 1500
    stage.until_heard("Welcome").until_playing("Are you still there?")
    assert not stage.asked


# Speech before the first frame


def replying(*replies: Says, **script: Any) -> Stage:
    """The caller's turn is confirmed and the model is at work."""
    stage = answered(replies=list(replies), **script)
    stage.caller_says("book a table", for_ms=800)
    return stage.until(c.StartReply)


@pytest.mark.parametrize("when_ms", [10, 990, 1060])
def test_speech_before_the_first_frame_extends_the_same_turn(when_ms: int) -> None:
    """The reply is asked for at 0, its first token comes at 1,000 ms, its sound 50 ms after its sentence."""
    slow = Says("For how many? And when?", after_ms=1000)
    stage = replying(slow, Says("For two, fine."), voice=lambda text: Voices(first_ms=150))
    stage.caller_says("for two please", for_ms=900, at=stage.now_ms + when_ms - 190)
    stage.until_heard("For two, fine.")
    first, second = stage.asked
    assert first.turn_id == second.turn_id
    assert stage.memory[-1] == ("user", "book a table for two please")
    assert stage.caller_lines == [("said", "book a table for two please")]
    assert not stage.agent_line("For two").cut
    assert all(line.heard == "" for line in stage.transcript if "For how many?" in line.text)


def test_speech_before_the_first_token_of_a_slow_reply_extends_the_turn_too() -> None:
    stage = replying(Says("For how many?", after_ms=6000), Says("For two, fine."))
    stage.caller_says("for two please", for_ms=900, at=stage.now_ms + 100)
    stage.until_heard("For two, fine.")
    assert stage.memory[-1] == ("user", "book a table for two please")
    assert stage.ordered(c.CancelReply)[0].reply_id == stage.asked[0].reply_id


def test_the_old_reply_and_its_synthesis_are_cancelled() -> None:
    stage = replying(Says("For how many?", after_ms=1000), voice=lambda text: Voices(first_ms=400))
    stage.caller_says("for two please", for_ms=900, at=stage.now_ms + 900)
    stage.until(c.StartReply, 2)
    cancelled = {order.segment_id for order in stage.ordered(c.CancelSynthesis)}
    started = [order.segment_id for order in stage.ordered(c.StartSynthesis)][1:]
    assert len(started) == 1
    assert cancelled <= set(started)
    assert stage.ordered(c.ClearPlayout)


def test_the_reply_is_held_while_the_caller_may_go_on_and_resumed_when_nothing_was_said() -> None:
    stage = replying(Says("For how many?", after_ms=600))
    begins = stage.now_ms + 100
    stage.caller_says("", for_ms=700, at=begins)
    stage.until(c.HoldPlayout, 2)
    assert stage.now_ms - begins == pytest.approx(200, abs=20)
    stage.until_heard("For how many?")
    assert len(stage.asked) == 1
    assert not stage.agent_line("For how many?").cut
    # It goes on as soon as the STT has said that there was nothing: no need to wait for the silence.
    assert stage.when(c.ResumePlayout, -1) - (begins + 700) == pytest.approx(400, abs=20)


def test_no_frame_goes_out_while_the_reply_is_held() -> None:
    stage = replying(Says("For how many?", after_ms=300))
    stage.caller_says("for two please", for_ms=2000, at=stage.now_ms + 50)
    stage.run(2000)
    assert "For how many?" in stage.said
    utterance = stage.ordered(c.StartSynthesis)[-1].utterance_id
    assert stage.mouth.utterances[utterance].sent_ms == 0


def test_a_frame_that_slips_out_with_the_hold_does_not_lose_the_turn() -> None:
    stage = replying(Says("For how many?", after_ms=100))
    stage.until(c.StartSynthesis, 2)
    utterance = stage.ordered(c.StartSynthesis)[-1].utterance_id
    stage.caller_says("for two please", for_ms=1500, at=stage.now_ms - 230)
    stage.run(until=lambda: len(stage.ordered(c.HoldPlayout)) > 1)
    stage.tell(e.SoundSent(utterance, 40, stage.now_us + 40_000))
    stage.until(c.StartReply, 2)
    assert stage.memory[-1] == ("user", "book a table for two please")
    stage.until_heard("All right.")


def test_speech_after_keys_is_a_turn_of_its_own() -> None:
    stage = answered(replies=[Says("One it is.", after_ms=1000), Says("As you like.")])
    stage.caller_presses("1#", every_ms=50)
    stage.until(c.StartReply)
    stage.caller_says("no two please", for_ms=800, at=stage.now_ms + 400)
    stage.until_heard("As you like.")
    assert stage.memory[-2:] == [("user", "1"), ("user", "no two please")]
    assert "One it is." not in [line.heard for line in stage.transcript]


def test_a_tool_that_finishes_while_the_caller_goes_on_does_not_swallow_the_words() -> None:
    stage = replying(
        Says(tools=[("look", "{}")]),
        Says("For how many?"),
        Says("For two, fine."),
        abilities=Abilities(interims=True, tools={"look": ToolFacts()}),
        tool_ms={"look": 900},
    )
    stage.caller_says("for two please", for_ms=1200, at=stage.now_ms + 200)
    stage.until_heard("For two, fine.")
    assert ("user", "book a table for two please") in stage.memory


def slipped_after_keys(**script: Any) -> Stage:
    """Speech holds the answer to keys, but its first frame was on its way already."""
    text = "One it is, and thank you very much for that."
    stage = answered(replies=[Says(text, after_ms=700)], **script)
    stage.caller_presses("1#", every_ms=50)
    stage.until(c.StartReply)
    stage.caller_says("uh-huh", for_ms=500, at=stage.now_ms + 400)
    stage.until(c.HoldPlayout, 2).until(c.StartSynthesis, 2).run(30)
    utterance = stage.ordered(c.StartSynthesis)[-1].utterance_id
    stage.mouth.utterances[utterance].sent_ms = 40
    stage.tell(e.SoundSent(utterance, 40, stage.now_us + 40_000))
    return stage


def test_words_kept_behind_a_frame_that_slipped_out_let_the_agent_go_on() -> None:
    stage = slipped_after_keys()
    stage.until_heard("One it is")
    assert not stage.agent_line("One it is").cut
    assert stage.memory[-1] == ("user", "uh-huh")


def test_and_so_does_a_backchannel() -> None:
    words = an_assistant(turn={"barge_in": "words"})
    stage = slipped_after_keys(abilities=Abilities(interims=True), assistant=words)
    stage.caller_says("mm-hm", for_ms=300, at=stage.now_ms + 500)
    stage.until_heard("One it is").run(3000)
    assert not stage.agent_line("One it is").cut
    assert stage.caller_lines[-1][0] == "backchannel"


def test_a_cough_after_keys_only_holds_their_answer() -> None:
    stage = answered(replies=[Says("One it is.", after_ms=800)])
    stage.caller_presses("1#", every_ms=50)
    stage.until(c.StartReply)
    stage.caller_says("", for_ms=300, at=stage.now_ms + 400)
    stage.until_heard("One it is.")
    assert len(stage.asked) == 1


def test_speech_during_a_tool_after_something_was_heard_is_a_new_turn() -> None:
    stage = replying(
        Says("Let me look.", tools=[("look", "{}")]),
        abilities=Abilities(tools={"look": ToolFacts()}),
        tool_ms={"look": 9000},
    )
    stage.until_heard("Let me look.").run(100)
    stage.caller_says("never mind that", for_ms=800)
    stage.until_heard("All right.")
    assert stage.asked[0].turn_id != stage.asked[1].turn_id


# Late words


def test_a_late_final_before_the_first_frame_restarts_the_reply() -> None:
    stage = replying(Says("For how many?", after_ms=1000), Says("For two, fine."))
    position = stage.position_at(stage.now_ms) - 1500
    stage.run(300)
    stage.tell(e.TranscriptFinal("for two", position + 600, position + 790))
    stage.until_heard("For two, fine.")
    (order,) = stage.ordered(c.RecordStages)
    assert order.stages.token_us == 100_000
    assert stage.memory[-1] == ("user", "book a table for two")
    assert "For how many?" not in stage.said


def test_a_late_final_that_says_the_same_changes_nothing() -> None:
    stage = replying(Says("For how many?", after_ms=1000))
    position = stage.position_at(stage.now_ms) - 1500
    stage.tell(e.TranscriptFinal("", position + 600, position + 790))
    stage.until_heard("For how many?")
    assert len(stage.asked) == 1


def test_a_late_final_neither_starts_a_turn_nor_barges_in() -> None:
    stage = playing(LONG, for_ms=600)
    position = stage.position_at(stage.when(c.StartReply)) - 1300
    stage.tell(e.TranscriptFinal("stop everything", position + 560, position + 600))
    stage.until_heard("We are open").run(1000)
    assert len(stage.asked) == 1
    assert not stage.ordered(c.ClearPlayout)
    assert stage.caller_lines == [("said", "hello there stop everything")]


def between_two_turns() -> tuple[Stage, int]:
    """Two turns answered, and a place in the caller's sound between them."""
    stage = answered(replies=[Says("Fine one."), Says("Fine two."), Says("Wrong.")])
    stage.caller_says("first", for_ms=500)
    stage.until_heard("Fine one.").run(1500)
    between = stage.position_at(stage.now_ms) - 1000
    stage.caller_says("second", for_ms=500)
    stage.until_heard("Fine two.").run(500)
    return stage, between


def test_a_final_from_between_two_turns_is_added_to_the_one_before_and_starts_none() -> None:
    stage, between = between_two_turns()
    stage.tell(e.TranscriptFinal("and stop", between, between + 200))
    stage.run(3000)
    assert len(stage.asked) == 2
    assert stage.caller_lines == [("said", "first and stop"), ("said", "second")]
    assert "Wrong." not in stage.said


def test_a_final_from_between_two_turns_does_not_become_words_of_the_one_being_spoken() -> None:
    stage, between = between_two_turns()
    stage.caller_says("third", for_ms=900)
    stage.run(600)
    stage.tell(e.TranscriptFinal("and stop", between, between + 200))
    stage.until(c.StartReply, 3)
    assert stage.caller_lines == [("said", "first and stop"), ("said", "second"), ("said", "third")]


def test_a_final_from_before_all_remembered_turns_starts_none_either() -> None:
    stage = answered(replies=[Says(f"Fine {count}.") for count in range(12)])
    began = stage.position_at(stage.now_ms)
    for count in range(REMEMBERED_TURNS + 1):
        stage.caller_says("word", for_ms=500)
        stage.until_heard(f"Fine {count}.").run(300)
    asked = len(stage.asked)
    stage.tell(e.TranscriptFinal("stop", began + 100, began + 300))
    stage.run(3000)
    assert len(stage.asked) == asked
    assert " ".join(text for _, text in stage.caller_lines).count("stop") == 1


def test_a_final_so_late_that_the_agent_was_about_to_ask_again_is_answered() -> None:
    slow = {"transcript_final_ms": 1500}
    stage = answered(
        stt_final_ms=1450, assistant=an_assistant(deadlines=slow), voice=lambda text: Voices(first_ms=300)
    )
    stage.caller_says("book a table", for_ms=800)
    stage.until_heard("All right.")
    assert stage.caller_lines == [("said", "book a table")]
    assert stage.agent_line(stage.assistant.unclear_message).heard == ""


def test_words_that_the_detector_took_for_silence_are_a_turn_too() -> None:
    stage = answered()
    position = stage.position_at(stage.now_ms)
    stage.run(1000)
    stage.tell(e.TranscriptFinal("book a table", position, position + 700))
    stage.until(c.StartReply)
    assert stage.memory[-1] == ("user", "book a table")

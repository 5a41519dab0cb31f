"""Silences and misunderstandings: asked again a few times, then a goodbye."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e

from .stage import Says, Stage, Voices, an_assistant, answered

PROMPTS = an_assistant(idle={"prompts": ("Hello?", "Is anyone there?")})


def mumble(stage: Stage, for_ms: int = 600) -> None:
    stage.caller_says("", for_ms=for_ms)


def slow_prompt(text: str) -> Voices:
    return Voices(first_ms=500 if text.startswith("Are") else 20)


def test_the_idle_time_is_counted_from_the_end_of_playout() -> None:
    stage = answered()
    heard = stage.now_ms
    stage.until(c.StartSynthesis, 2)
    assert stage.said[-1] == "Are you still there?"
    assert stage.now_ms - heard == 8000


def test_each_prompt_is_said_once_and_then_the_goodbye() -> None:
    stage = answered(assistant=PROMPTS)
    stage.run()
    assert stage.said[1:] == ["Hello?", "Is anyone there?", PROMPTS.idle.goodbye]
    assert stage.agent_line(PROMPTS.idle.goodbye).heard
    assert stage.end == "idle"


def test_without_prompts_the_goodbye_comes_first_and_without_a_goodbye_nothing_does() -> None:
    stage = answered(assistant=an_assistant(idle={"prompts": (), "goodbye": ""}))
    heard = stage.now_ms
    stage.until(c.CloseStream)
    assert stage.now_ms - heard == 8000
    assert len(stage.said) == 1


def test_speech_begins_the_count_of_silences_anew() -> None:
    stage = answered(assistant=PROMPTS)
    stage.until_heard("Hello?").run(1000)
    stage.caller_says("yes I am here", for_ms=800)
    stage.until_heard("All right.").run(8500)
    assert stage.said[-1] == "Hello?"


def test_a_question_has_its_own_prompt() -> None:
    stage = answered(replies=[Says("Your name?", question=e.Question(reprompt="Who are you?"))])
    stage.caller_says("hello there", for_ms=600)
    stage.until_heard("Your name?").until_heard("Who are you?")


def test_a_prompt_that_nobody_has_heard_waits_for_a_caller_who_speaks() -> None:
    stage = answered(voice=slow_prompt, replies=[Says("Fine.")])
    stage.until(c.StartSynthesis, 2)
    stage.caller_says("I am thinking", for_ms=900)
    stage.until_heard("Fine.")
    assert stage.agent_line("Are you still").heard == ""


def test_and_is_said_after_all_when_it_was_only_a_cough() -> None:
    stage = answered(voice=slow_prompt)
    stage.until(c.StartSynthesis, 2)
    mumble(stage, 300)
    stage.until_heard("Are you still there?")
    assert stage.agent_line("Are you still").heard
    assert not stage.asked


def test_the_last_word_of_a_silent_call_can_still_be_answered() -> None:
    stage = answered(assistant=an_assistant(idle={"prompts": ()}), replies=[Says("There you are.")])
    stage.until_playing("I cannot hear", 800)
    stage.caller_says("I am here wait", for_ms=900)
    stage.until_heard("There you are.").run(3000)
    assert stage.end is None


# Unclear


def test_speech_that_became_no_words_is_asked_for_again() -> None:
    stage = answered()
    mumble(stage)
    stage.until_heard(stage.assistant.unclear_message)
    assert stage.caller_lines == [("unclear", "")]
    assert not stage.asked


def test_after_the_limit_the_call_ends_politely() -> None:
    stage = answered(assistant=an_assistant(unclear_limit=2))
    for count in range(1, 4):
        mumble(stage)
        stage.until(c.RecordEntry, 1 + 2 * count)
    stage.run()
    assert stage.said.count(stage.assistant.unclear_message) == 2
    assert stage.said[-1] == stage.assistant.unclear_goodbye
    assert stage.end == "unclear"


def test_an_answer_that_was_understood_begins_the_count_anew() -> None:
    stage = answered(assistant=an_assistant(unclear_limit=1))
    for _ in range(3):
        mumble(stage)
        stage.run(6000)
        stage.caller_says("book a table", for_ms=800)
        stage.run(4000)
    assert stage.end is None
    assert stage.said.count(stage.assistant.unclear_message) == 3


def test_the_question_has_its_own_words_for_it() -> None:
    stage = answered(replies=[Says("Your name?", question=e.Question(reprompt="Who are you?"))])
    stage.caller_says("hello there", for_ms=600)
    stage.until_heard("Your name?")
    mumble(stage)
    stage.until_heard("Who are you?")


def test_a_model_may_take_an_unclear_answer_itself() -> None:
    replies = [Says("Your name?", question=e.Question(takes_unclear=True)), Says("Pardon?")]
    stage = answered(replies=replies)
    stage.caller_says("hello there", for_ms=600)
    stage.until_heard("Your name?")
    mumble(stage)
    stage.until_heard("Pardon?")
    message = stage.asked[-1].memory[-1]
    assert (message.role, message.kind, message.text) == ("user", "unclear", "")
    assert stage.assistant.unclear_message not in stage.said


def test_a_transcriber_that_is_too_busy_makes_the_agent_ask_again() -> None:
    stage = answered(stt="refuses")
    stage.caller_says("book a table", for_ms=800)
    ends = stage.now_ms + 800
    stage.until_heard(stage.assistant.unclear_message)
    assert stage.when(c.StartSynthesis, 1) - ends < 720


def test_a_barge_in_that_became_no_words_is_none_and_nothing_is_apologised_for() -> None:
    stage = answered(replies=[Says("We are open from nine to five, and at weekends from ten to four.")])
    stage.caller_says("hello there", for_ms=600)
    stage.until_playing("We are open", 800)
    mumble(stage, 1000)
    stage.until_heard("We are open").run(3000)
    assert stage.ordered(c.TakeBackPlayout)
    assert not stage.agent_line("We are open").cut
    assert stage.assistant.unclear_message not in stage.said
    assert stage.caller_lines == [("said", "hello there")]

"""Silences and misunderstandings: asked again a few times, then a goodbye."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e

from .driven_call import DrivenCall, Says, Voices, an_assistant, answered

PROMPTS = an_assistant(idle={"prompts": ("Hello?", "Is anyone there?")})


def mumble(driven: DrivenCall, for_ms: int = 600) -> None:
    driven.caller_says("", for_ms=for_ms)


def slow_prompt(text: str) -> Voices:
    return Voices(first_ms=500 if text.startswith("Are") else 20)


def test_the_idle_time_is_counted_from_the_end_of_playout() -> None:
    driven = answered()
    heard = driven.now_ms
    driven.until(c.StartSynthesis, 2)
    assert driven.said[-1] == "Are you still there?"
    assert driven.now_ms - heard == 8000


def test_each_prompt_is_said_once_and_then_the_goodbye() -> None:
    driven = answered(assistant=PROMPTS)
    driven.run()
    assert driven.said[1:] == ["Hello?", "Is anyone there?", PROMPTS.idle.goodbye]
    assert driven.agent_line(PROMPTS.idle.goodbye).heard
    assert driven.end == "idle"


def test_without_prompts_the_goodbye_comes_first_and_without_a_goodbye_nothing_does() -> None:
    driven = answered(assistant=an_assistant(idle={"prompts": (), "goodbye": ""}))
    heard = driven.now_ms
    driven.until(c.CloseStream)
    assert driven.now_ms - heard == 8000
    assert len(driven.said) == 1


def test_speech_begins_the_count_of_silences_anew() -> None:
    driven = answered(assistant=PROMPTS)
    driven.until_heard("Hello?").run(1000)
    driven.caller_says("yes I am here", for_ms=800)
    driven.until_heard("All right.").run(8500)
    assert driven.said[-1] == "Hello?"


def test_a_question_has_its_own_prompt() -> None:
    driven = answered(replies=[Says("Your name?", question=e.Question(reprompt="Who are you?"))])
    driven.caller_says("hello there", for_ms=600)
    driven.until_heard("Your name?").until_heard("Who are you?")


def test_a_prompt_that_nobody_has_heard_waits_for_a_caller_who_speaks() -> None:
    driven = answered(voice=slow_prompt, replies=[Says("Fine.")])
    driven.until(c.StartSynthesis, 2)
    driven.caller_says("I am thinking", for_ms=900)
    driven.until_heard("Fine.")
    assert driven.agent_line("Are you still").heard == ""


def test_and_is_said_after_all_when_it_was_only_a_cough() -> None:
    driven = answered(voice=slow_prompt)
    driven.until(c.StartSynthesis, 2)
    mumble(driven, 300)
    driven.until_heard("Are you still there?")
    assert driven.agent_line("Are you still").heard
    assert not driven.asked


def test_the_last_word_of_a_silent_call_can_still_be_answered() -> None:
    driven = answered(assistant=an_assistant(idle={"prompts": ()}), replies=[Says("There you are.")])
    driven.until_playing("I cannot hear", 800)
    driven.caller_says("I am here wait", for_ms=900)
    driven.until_heard("There you are.").run(3000)
    assert driven.end is None


# Unclear


def test_speech_that_became_no_words_is_asked_for_again() -> None:
    driven = answered()
    mumble(driven)
    driven.until_heard(driven.assistant.unclear_message)
    assert driven.caller_lines == [("unclear", "")]
    assert not driven.asked


def test_after_the_limit_the_call_ends_politely() -> None:
    driven = answered(assistant=an_assistant(unclear_limit=2))
    for count in range(1, 4):
        mumble(driven)
        driven.until(c.RecordEntry, 1 + 2 * count)
    driven.run()
    assert driven.said.count(driven.assistant.unclear_message) == 2
    assert driven.said[-1] == driven.assistant.unclear_goodbye
    assert driven.end == "unclear"


def test_an_answer_that_was_understood_begins_the_count_anew() -> None:
    driven = answered(assistant=an_assistant(unclear_limit=1))
    for _ in range(3):
        mumble(driven)
        driven.run(6000)
        driven.caller_says("book a table", for_ms=800)
        driven.run(4000)
    assert driven.end is None
    assert driven.said.count(driven.assistant.unclear_message) == 3


def test_the_question_has_its_own_words_for_it() -> None:
    driven = answered(replies=[Says("Your name?", question=e.Question(reprompt="Who are you?"))])
    driven.caller_says("hello there", for_ms=600)
    driven.until_heard("Your name?")
    mumble(driven)
    driven.until_heard("Who are you?")


def test_a_model_may_take_an_unclear_answer_itself() -> None:
    replies = [Says("Your name?", question=e.Question(takes_unclear=True)), Says("Pardon?")]
    driven = answered(replies=replies)
    driven.caller_says("hello there", for_ms=600)
    driven.until_heard("Your name?")
    mumble(driven)
    driven.until_heard("Pardon?")
    message = driven.asked[-1].memory[-1]
    assert (message.role, message.kind, message.text) == ("user", "unclear", "")
    assert driven.assistant.unclear_message not in driven.said


def test_a_transcriber_that_is_too_busy_makes_the_agent_ask_again() -> None:
    driven = answered(stt="refuses")
    driven.caller_says("book a table", for_ms=800)
    ends = driven.now_ms + 800
    driven.until_heard(driven.assistant.unclear_message)
    assert driven.when(c.StartSynthesis, 1) - ends < 720


def test_a_barge_in_that_became_no_words_is_none_and_nothing_is_apologised_for() -> None:
    driven = answered(replies=[Says("We are open from nine to five, and at weekends from ten to four.")])
    driven.caller_says("hello there", for_ms=600)
    driven.until_playing("We are open", 800)
    mumble(driven, 1000)
    driven.until_heard("We are open").run(3000)
    assert driven.ordered(c.TakeBackPlayout)
    assert not driven.agent_line("We are open").cut
    assert driven.assistant.unclear_message not in driven.said
    assert driven.caller_lines == [("said", "hello there")]

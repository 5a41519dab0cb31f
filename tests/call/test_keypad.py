"""Keys become answers, and sensitive digits become nothing but tokens."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e

from .questions import MENU, PIN, asked, last_answer
from .stage import Says, an_assistant, answered


def test_a_key_that_answers_at_once_does() -> None:
    stage = asked(MENU)
    begins = stage.now_ms
    stage.caller_presses("2")
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins
    assert last_answer(stage) == ("keys", "2")


def test_the_full_length_answers_at_once() -> None:
    stage = asked(PIN)
    begins = stage.now_ms
    stage.caller_presses("1234", every_ms=200)
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins + 600
    assert last_answer(stage) == ("keys", "1234")


def test_the_terminator_answers_and_is_no_part_of_it() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    begins = stage.now_ms
    stage.caller_presses("123#", every_ms=200)
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins + 600
    assert last_answer(stage) == ("keys", "123")


def test_a_question_may_have_its_own_terminator() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10, terminator="*"))
    stage.caller_presses("12#3*", every_ms=100)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "12#3")


def test_a_pause_after_the_last_key_answers() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    begins = stage.now_ms
    stage.caller_presses("123", every_ms=2000)
    stage.until(c.StartReply, 2)
    assert stage.now_ms == begins + 4000 + 2500
    assert last_answer(stage) == ("keys", "123")


def test_keys_answer_without_a_question_for_them_too() -> None:
    stage = answered(
        assistant=an_assistant(keypad={"terminator": "*", "inter_digit_ms": 1000, "max_digits": 3})
    )
    stage.caller_presses("123")
    stage.until(c.StartReply)
    assert last_answer(stage) == ("keys", "123")
    stage.until_heard("All right.").caller_presses("45*", every_ms=10)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "45")


def test_a_terminator_alone_is_no_answer_and_the_call_goes_on_waiting() -> None:
    stage = asked(PIN)
    stage.run(1000).caller_presses("#")
    stage.until_playing("Are you still there?")
    assert len(stage.asked) == 1
    assert stage.now_ms - stage.when(c.StartReply) < 12_000


def test_a_key_puts_off_the_idle_prompt() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10), assistant=an_assistant(idle={"timeout_s": 3.0}))
    stage.run(2500).caller_presses("1")
    stage.until(c.StartReply, 2)
    assert "Are you still there?" not in stage.said


# Typed ahead


def test_digits_typed_while_the_model_thinks_are_kept_for_its_question() -> None:
    stage = asked(MENU, Says("Your pin?", question=PIN, after_ms=6000), Says("Thank you."))
    stage.caller_presses("11234", every_ms=300)
    stage.until_heard("Thank you.")
    assert [message.text for message in stage.asked[-1].memory if message.kind == "keys"] == ["1", "1234"]
    assert stage.when(c.StartReply, 2) - stage.when(c.StartReply, 1) == 6020  # with the question, not before
    assert "Your pin?" not in [line.heard for line in stage.transcript]


def test_keys_beyond_an_answer_stay_for_the_next_question() -> None:
    menu = Says("And then?", question=MENU)
    stage = asked(MENU, menu, menu, Says("Thank you."))
    stage.caller_presses("1", every_ms=10)
    stage.caller_presses("21", at=stage.now_ms + 20, every_ms=10)
    stage.until_heard("Thank you.")
    assert [message.text for message in stage.asked[-1].memory if message.kind == "keys"] == ["1", "2", "1"]


def test_digits_pressed_during_never_are_kept_and_answer_when_it_has_been_heard() -> None:
    text = "This call is recorded, as the law wants you to know. Press one or two."
    question = e.Question(keys="12", barge_in="never")
    stage = answered(replies=[Says(text, question=question), Says("Two it is.")])
    stage.caller_says("go on then", for_ms=600)
    stage.until_playing("This call", 500)
    stage.caller_presses("2")
    stage.until(c.StartReply, 2)
    assert stage.agent_line("This call").heard == text
    assert last_answer(stage) == ("keys", "2")
    assert stage.now_ms == stage.when(c.RecordEntry, -2)


def test_a_notice_that_must_be_heard_is_not_skipped_by_typing_ahead() -> None:
    text = "This call is recorded, as the law wants you to know. Press one or two."
    question = e.Question(keys="12", barge_in="never")
    stage = asked(MENU, Says(text, question=question), Says("Two it is."))
    stage.caller_presses("12", every_ms=50)
    stage.until_heard("Two it is.")
    assert stage.agent_line("This call").heard == text


def test_a_key_over_the_agent_takes_the_floor_and_counts() -> None:
    stage = answered(replies=[Says("Press one for repairs or two for opening hours.", question=MENU)])
    stage.caller_says("go on then", for_ms=600)
    stage.until_playing("Press one", 800)
    stage.caller_presses("1")
    stage.until(c.StartReply, 2)
    assert stage.agent_line("Press one").cut
    assert last_answer(stage) == ("keys", "1")


def test_a_caller_who_goes_over_from_typing_to_speaking_is_let_finish() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    stage.caller_presses("12")
    stage.caller_says("oh I would rather talk to somebody", for_ms=2200, at=stage.now_ms + 700)
    stage.until_heard("All right.").run(4000)
    assert last_answer(stage) == ("said", "oh I would rather talk to somebody")
    assert len(stage.asked) == 2


def test_even_if_that_goes_on_with_what_was_said_before() -> None:
    """The keys come between two stretches of one turn, while the model is thinking."""
    stage = answered(replies=[Says("Fine.", after_ms=6000)])
    stage.caller_says("I would like", for_ms=800)
    stage.until(c.StartReply)
    stage.caller_presses("12", at=stage.now_ms + 100)
    stage.caller_says("to talk to somebody", for_ms=1500, at=stage.now_ms + 900)
    stage.until_heard("All right.").run(4000)
    assert last_answer(stage) == ("said", "I would like to talk to somebody")


def test_and_if_the_agent_falls_silent_meanwhile() -> None:
    """Typed ahead while the model was thinking; the answer, which asks nothing, is talked over."""
    words = an_assistant(turn={"barge_in": "words"})
    stage = answered(replies=[Says("Fine, it shall be done.", after_ms=3000)], assistant=words)
    stage.caller_says("I would like", for_ms=800)
    stage.until(c.StartReply)
    stage.caller_presses("12#", at=stage.now_ms + 500, every_ms=50)
    stage.until_playing("Fine", 700)
    stage.caller_says("to talk to somebody", for_ms=1500)
    stage.until_heard("All right.").run(4000)
    assert last_answer(stage) == ("said", "to talk to somebody")


def test_and_if_a_question_comes_meanwhile_for_which_the_keys_would_do() -> None:
    stage = answered(replies=[Says("Press one or two.", question=MENU, after_ms=3000)])
    stage.caller_says("I would like", for_ms=800)
    stage.until(c.StartReply)
    stage.caller_presses("1", at=stage.now_ms + 500)
    stage.caller_says("to talk to somebody", for_ms=1500, at=stage.now_ms + 2000)
    stage.until_heard("All right.")
    assert last_answer(stage) == ("said", "I would like to talk to somebody")


def test_a_cough_while_typing_does_not_lose_the_digits() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    stage.caller_presses("12")
    stage.caller_says("", for_ms=300, at=stage.now_ms + 2300)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "12")


def test_words_spoken_while_typing_are_written_down_and_not_answered() -> None:
    stage = asked(PIN, stt_final_ms=500)
    stage.caller_says("it is one two", for_ms=800)
    stage.caller_presses("1234", at=stage.now_ms + 900, every_ms=50)
    stage.until_heard("All right.").run(1000)
    assert len(stage.asked) == 2
    assert last_answer(stage) == ("keys", "1234")
    assert ("said", "it is one two") in stage.caller_lines


def test_what_the_stt_still_owes_of_them_holds_nothing_up() -> None:
    stage = asked(PIN, stt_final_ms=100, assistant=an_assistant(deadlines={"transcript_final_ms": 9000}))
    stage.stt = "silent"
    stage.caller_says("it is one two", for_ms=800)
    stage.caller_presses("1234", at=stage.now_ms + 1100, every_ms=10)
    stage.until_heard("All right.")
    stage.stt = "answers"
    ends = stage.now_ms + 600
    stage.caller_says("thank you", for_ms=600)
    stage.until(c.StartReply, 3)
    assert stage.now_ms - ends < 720


def test_the_tones_of_typing_are_no_unclear_answer() -> None:
    stage = asked(e.Question(kind="digits", max_digits=10))
    begins = stage.now_ms
    for at in (0, 600):
        stage.caller_says("", for_ms=350, at=begins + at)
    stage.caller_presses("12", at=begins + 330, every_ms=600)
    stage.until(c.StartReply, 2)
    assert last_answer(stage) == ("keys", "12")
    assert stage.assistant.unclear_message not in stage.said

"""Keys become answers, and sensitive digits become nothing but tokens."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e

from .driven_call import Says, an_assistant, answered
from .questions import MENU, PIN, asked, last_answer


def test_a_key_that_answers_at_once_does() -> None:
    driven = asked(MENU)
    begins = driven.now_ms
    driven.caller_presses("2")
    driven.until(c.StartReply, 2)
    assert driven.now_ms == begins
    assert last_answer(driven) == ("keys", "2")


def test_the_full_length_answers_at_once() -> None:
    driven = asked(PIN)
    begins = driven.now_ms
    driven.caller_presses("1234", every_ms=200)
    driven.until(c.StartReply, 2)
    assert driven.now_ms == begins + 600
    assert last_answer(driven) == ("keys", "1234")


def test_the_terminator_answers_and_is_no_part_of_it() -> None:
    driven = asked(e.Question(kind="digits", max_digits=10))
    begins = driven.now_ms
    driven.caller_presses("123#", every_ms=200)
    driven.until(c.StartReply, 2)
    assert driven.now_ms == begins + 600
    assert last_answer(driven) == ("keys", "123")


def test_a_question_may_have_its_own_terminator() -> None:
    driven = asked(e.Question(kind="digits", max_digits=10, terminator="*"))
    driven.caller_presses("12#3*", every_ms=100)
    driven.until(c.StartReply, 2)
    assert last_answer(driven) == ("keys", "12#3")


def test_a_pause_after_the_last_key_answers() -> None:
    driven = asked(e.Question(kind="digits", max_digits=10))
    begins = driven.now_ms
    driven.caller_presses("123", every_ms=2000)
    driven.until(c.StartReply, 2)
    assert driven.now_ms == begins + 4000 + 2500
    assert last_answer(driven) == ("keys", "123")


def test_keys_answer_without_a_question_for_them_too() -> None:
    driven = answered(
        assistant=an_assistant(keypad={"terminator": "*", "inter_digit_ms": 1000, "max_digits": 3})
    )
    driven.caller_presses("123")
    driven.until(c.StartReply)
    assert last_answer(driven) == ("keys", "123")
    driven.until_heard("All right.").caller_presses("45*", every_ms=10)
    driven.until(c.StartReply, 2)
    assert last_answer(driven) == ("keys", "45")


def test_a_terminator_alone_is_no_answer_and_the_call_goes_on_waiting() -> None:
    driven = asked(PIN)
    driven.run(1000).caller_presses("#")
    driven.until_playing("Are you still there?")
    assert len(driven.asked) == 1
    assert driven.now_ms - driven.when(c.StartReply) < 12_000


def test_a_key_puts_off_the_idle_prompt() -> None:
    driven = asked(e.Question(kind="digits", max_digits=10), assistant=an_assistant(idle={"timeout_s": 3.0}))
    driven.run(2500).caller_presses("1")
    driven.until(c.StartReply, 2)
    assert "Are you still there?" not in driven.said


# Typed ahead


def test_digits_typed_while_the_model_thinks_are_kept_for_its_question() -> None:
    driven = asked(MENU, Says("Your pin?", question=PIN, after_ms=6000), Says("Thank you."))
    driven.caller_presses("11234", every_ms=300)
    driven.until_heard("Thank you.")
    assert [message.text for message in driven.asked[-1].memory if message.kind == "keys"] == ["1", "1234"]
    assert (
        driven.when(c.StartReply, 2) - driven.when(c.StartReply, 1) == 6020
    )  # with the question, not before
    assert "Your pin?" not in [line.heard for line in driven.transcript]


def test_keys_beyond_an_answer_stay_for_the_next_question() -> None:
    menu = Says("And then?", question=MENU)
    driven = asked(MENU, menu, menu, Says("Thank you."))
    driven.caller_presses("1", every_ms=10)
    driven.caller_presses("21", at=driven.now_ms + 20, every_ms=10)
    driven.until_heard("Thank you.")
    assert [message.text for message in driven.asked[-1].memory if message.kind == "keys"] == ["1", "2", "1"]


def test_digits_pressed_during_never_are_kept_and_answer_when_it_has_been_heard() -> None:
    text = "This call is recorded, as the law wants you to know. Press one or two."
    question = e.Question(keys="12", barge_in="never")
    driven = answered(replies=[Says(text, question=question), Says("Two it is.")])
    driven.caller_says("go on then", for_ms=600)
    driven.until_playing("This call", 500)
    driven.caller_presses("2")
    driven.until(c.StartReply, 2)
    assert driven.agent_line("This call").heard == text
    assert last_answer(driven) == ("keys", "2")
    assert driven.now_ms == driven.when(c.RecordEntry, -2)


def test_a_notice_that_must_be_heard_is_not_skipped_by_typing_ahead() -> None:
    text = "This call is recorded, as the law wants you to know. Press one or two."
    question = e.Question(keys="12", barge_in="never")
    driven = asked(MENU, Says(text, question=question), Says("Two it is."))
    driven.caller_presses("12", every_ms=50)
    driven.until_heard("Two it is.")
    assert driven.agent_line("This call").heard == text


def test_a_key_over_the_agent_takes_the_floor_and_counts() -> None:
    driven = answered(replies=[Says("Press one for repairs or two for opening hours.", question=MENU)])
    driven.caller_says("go on then", for_ms=600)
    driven.until_playing("Press one", 800)
    driven.caller_presses("1")
    driven.until(c.StartReply, 2)
    assert driven.agent_line("Press one").cut
    assert last_answer(driven) == ("keys", "1")


def test_a_caller_who_goes_over_from_typing_to_speaking_is_let_finish() -> None:
    driven = asked(e.Question(kind="digits", max_digits=10))
    driven.caller_presses("12")
    driven.caller_says("oh I would rather talk to somebody", for_ms=2200, at=driven.now_ms + 700)
    driven.until_heard("All right.").run(4000)
    assert last_answer(driven) == ("said", "oh I would rather talk to somebody")
    assert len(driven.asked) == 2


def test_even_if_that_goes_on_with_what_was_said_before() -> None:
    """The keys come between two stretches of one turn, while the model is thinking."""
    driven = answered(replies=[Says("Fine.", after_ms=6000)])
    driven.caller_says("I would like", for_ms=800)
    driven.until(c.StartReply)
    driven.caller_presses("12", at=driven.now_ms + 100)
    driven.caller_says("to talk to somebody", for_ms=1500, at=driven.now_ms + 900)
    driven.until_heard("All right.").run(4000)
    assert last_answer(driven) == ("said", "I would like to talk to somebody")


def test_and_if_the_agent_falls_silent_meanwhile() -> None:
    """Typed ahead while the model was thinking; the answer, which asks nothing, is talked over."""
    words = an_assistant(turn={"barge_in": "words"})
    driven = answered(replies=[Says("Fine, it shall be done.", after_ms=3000)], assistant=words)
    driven.caller_says("I would like", for_ms=800)
    driven.until(c.StartReply)
    driven.caller_presses("12#", at=driven.now_ms + 500, every_ms=50)
    driven.until_playing("Fine", 700)
    driven.caller_says("to talk to somebody", for_ms=1500)
    driven.until_heard("All right.").run(4000)
    assert last_answer(driven) == ("said", "to talk to somebody")


def test_and_if_a_question_comes_meanwhile_for_which_the_keys_would_do() -> None:
    driven = answered(replies=[Says("Press one or two.", question=MENU, after_ms=3000)])
    driven.caller_says("I would like", for_ms=800)
    driven.until(c.StartReply)
    driven.caller_presses("1", at=driven.now_ms + 500)
    driven.caller_says("to talk to somebody", for_ms=1500, at=driven.now_ms + 2000)
    driven.until_heard("All right.")
    assert last_answer(driven) == ("said", "I would like to talk to somebody")


def test_a_cough_while_typing_does_not_lose_the_digits() -> None:
    driven = asked(e.Question(kind="digits", max_digits=10))
    driven.caller_presses("12")
    driven.caller_says("", for_ms=300, at=driven.now_ms + 2300)
    driven.until(c.StartReply, 2)
    assert last_answer(driven) == ("keys", "12")


def test_words_spoken_while_typing_are_written_down_and_not_answered() -> None:
    driven = asked(PIN, stt_final_ms=500)
    driven.caller_says("it is one two", for_ms=800)
    driven.caller_presses("1234", at=driven.now_ms + 900, every_ms=50)
    driven.until_heard("All right.").run(1000)
    assert len(driven.asked) == 2
    assert last_answer(driven) == ("keys", "1234")
    assert ("said", "it is one two") in driven.caller_lines


def test_what_the_stt_still_owes_of_them_holds_nothing_up() -> None:
    driven = asked(PIN, stt_final_ms=100, assistant=an_assistant(deadlines={"transcript_final_ms": 9000}))
    driven.stt = "silent"
    driven.caller_says("it is one two", for_ms=800)
    driven.caller_presses("1234", at=driven.now_ms + 1100, every_ms=10)
    driven.until_heard("All right.")
    driven.stt = "answers"
    ends = driven.now_ms + 600
    driven.caller_says("thank you", for_ms=600)
    driven.until(c.StartReply, 3)
    assert driven.now_ms - ends < 720


def test_the_tones_of_typing_are_no_unclear_answer() -> None:
    driven = asked(e.Question(kind="digits", max_digits=10))
    begins = driven.now_ms
    for at in (0, 600):
        driven.caller_says("", for_ms=350, at=begins + at)
    driven.caller_presses("12", at=begins + 330, every_ms=600)
    driven.until(c.StartReply, 2)
    assert last_answer(driven) == ("keys", "12")
    assert driven.assistant.unclear_message not in driven.said

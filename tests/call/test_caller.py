"""The caller's side as a whole: the floor, and a turn that must not get lost."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e

from .driven_call import LONG, DrivenCall, Says, answered, playing


def floors(driven: DrivenCall, until: int) -> list[str]:
    """The holders of the floor, one after the other, over the next milliseconds."""
    seen = [driven.call.floor]
    for _ in range(until // 10):
        driven.run(10)
        if driven.call.floor != seen[-1]:
            seen.append(driven.call.floor)
    return seen


def test_the_floor_goes_to_who_speaks() -> None:
    driven = answered(replies=[Says("Fine.")])
    driven.caller_says("hello there", for_ms=600)
    assert floors(driven, 2500) == ["nobody", "caller", "nobody", "agent", "nobody"]


def test_a_cough_contests_the_floor_and_the_agent_keeps_it() -> None:
    driven = playing(LONG, for_ms=1000)
    driven.caller_says("", for_ms=300)
    assert floors(driven, 1000) == ["agent", "contested", "agent"]


def test_a_barge_in_takes_the_floor() -> None:
    driven = playing(LONG, for_ms=1000)
    driven.caller_says("stop that now please", for_ms=900)
    assert floors(driven, 1500) == ["agent", "contested", "yielded", "caller"]


def test_between_a_filler_and_the_answer_the_floor_is_nobodys() -> None:
    from rapida.call.abilities import Abilities, ToolFacts

    driven = answered(
        replies=[Says(tools=[("look", "{}")]), Says("I saw it.")],
        abilities=Abilities(tools={"look": ToolFacts()}),
        tool_ms={"look": 4000},
    )
    driven.caller_says("what is it", for_ms=600)
    driven.until_playing("One moment").until_heard("One moment").run(10)
    assert driven.call.floor == "nobody"


def test_several_stretches_of_speech_are_one_answer() -> None:
    driven = answered()
    begins = driven.now_ms
    for nth, text in enumerate(["I would like", "to book", "a table"]):
        driven.caller_says(text, for_ms=500, at=begins + 1000 * nth)
    driven.until(c.StartReply)
    assert driven.caller_lines == [("said", "I would like to book a table")]


def test_what_was_kept_is_answered_together_with_what_follows() -> None:
    driven = answered(replies=[Says(LONG, question=e.Question(barge_in="never"))])
    driven.caller_says("hello there", for_ms=600)
    driven.until_playing("We are open", 500)
    driven.caller_says("please stop", for_ms=500)
    driven.run(1300)
    driven.caller_says("and listen to me", for_ms=600)
    driven.until(c.StartReply, 2)
    assert [text for role, text in driven.memory if role == "user"][1:] == ["please stop", "and listen to me"]


def test_a_cough_does_not_swallow_what_was_kept() -> None:
    driven = answered(replies=[Says(LONG, question=e.Question(barge_in="never"))])
    driven.caller_says("hello there", for_ms=600)
    driven.until_playing("We are open", 500)
    driven.caller_says("please stop", for_ms=500)
    driven.run(3000)
    driven.caller_says("", for_ms=500)
    driven.until(c.StartReply, 2)
    assert driven.memory[-1] == ("user", "please stop")
    assert driven.assistant.unclear_message not in driven.said


def test_a_kept_yeah_is_answered_when_an_interruption_becomes_no_words() -> None:
    driven = playing(LONG, for_ms=500)
    driven.caller_says("yeah", for_ms=300)
    driven.run(1500)
    driven.caller_says("", for_ms=1000)
    driven.until(c.StartReply, 2)
    assert not driven.agent_line("We are open").cut
    assert driven.memory[-1] == ("user", "yeah")
    assert driven.assistant.unclear_message not in driven.said


def test_interims_of_another_stretch_of_sound_are_not_this_turns() -> None:
    driven = answered()
    position = driven.position_at(driven.now_ms)
    driven.caller_says("book a table", for_ms=800)
    driven.run(400)
    driven.tell(e.TranscriptChanged("long ago", position - 2000, position - 1500))
    driven.until(c.StartReply)
    assert driven.caller_lines == [("said", "book a table")]


def test_words_before_a_key_are_not_answered_later_either() -> None:
    driven = answered(stt_final_ms=900)
    driven.caller_says("one please", for_ms=600)
    driven.caller_presses("1#", at=driven.now_ms + 900, every_ms=50)
    driven.until_heard("All right.").run(2000)
    assert len(driven.asked) == 1
    assert driven.caller_lines[0] == ("keys", "1")
    assert ("said", "one please") in driven.caller_lines

"""The caller's side as a whole: the floor, and a turn that must not get lost."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e

from .stage import LONG, Says, Stage, answered, playing


def floors(stage: Stage, until: int) -> list[str]:
    """The holders of the floor, one after the other, over the next milliseconds."""
    seen = [stage.call.floor]
    for _ in range(until // 10):
        stage.run(10)
        if stage.call.floor != seen[-1]:
            seen.append(stage.call.floor)
    return seen


def test_the_floor_goes_to_who_speaks() -> None:
    stage = answered(replies=[Says("Fine.")])
    stage.caller_says("hello there", for_ms=600)
    assert floors(stage, 2500) == ["nobody", "caller", "nobody", "agent", "nobody"]


def test_a_cough_contests_the_floor_and_the_agent_keeps_it() -> None:
    stage = playing(LONG, for_ms=1000)
    stage.caller_says("", for_ms=300)
    assert floors(stage, 1000) == ["agent", "contested", "agent"]


def test_a_barge_in_takes_the_floor() -> None:
    stage = playing(LONG, for_ms=1000)
    stage.caller_says("stop that now please", for_ms=900)
    assert floors(stage, 1500) == ["agent", "contested", "yielded", "caller"]


def test_between_a_filler_and_the_answer_the_floor_is_nobodys() -> None:
    from rapida.call.abilities import Abilities, ToolFacts

    stage = answered(
        replies=[Says(tools=[("look", "{}")]), Says("I saw it.")],
        abilities=Abilities(tools={"look": ToolFacts()}),
        tool_ms={"look": 4000},
    )
    stage.caller_says("what is it", for_ms=600)
    stage.until_playing("One moment").until_heard("One moment").run(10)
    assert stage.call.floor == "nobody"


def test_several_stretches_of_speech_are_one_answer() -> None:
    stage = answered()
    begins = stage.now_ms
    for nth, text in enumerate(["I would like", "to book", "a table"]):
        stage.caller_says(text, for_ms=500, at=begins + 1000 * nth)
    stage.until(c.StartReply)
    assert stage.caller_lines == [("said", "I would like to book a table")]


def test_what_was_kept_is_answered_together_with_what_follows() -> None:
    stage = answered(replies=[Says(LONG, question=e.Question(barge_in="never"))])
    stage.caller_says("hello there", for_ms=600)
    stage.until_playing("We are open", 500)
    stage.caller_says("please stop", for_ms=500)
    stage.run(1300)
    stage.caller_says("and listen to me", for_ms=600)
    stage.until(c.StartReply, 2)
    assert [text for role, text in stage.memory if role == "user"][1:] == ["please stop", "and listen to me"]


def test_a_cough_does_not_swallow_what_was_kept() -> None:
    stage = answered(replies=[Says(LONG, question=e.Question(barge_in="never"))])
    stage.caller_says("hello there", for_ms=600)
    stage.until_playing("We are open", 500)
    stage.caller_says("please stop", for_ms=500)
    stage.run(3000)
    stage.caller_says("", for_ms=500)
    stage.until(c.StartReply, 2)
    assert stage.memory[-1] == ("user", "please stop")
    assert stage.assistant.unclear_message not in stage.said


def test_a_kept_yeah_is_answered_when_an_interruption_becomes_no_words() -> None:
    stage = playing(LONG, for_ms=500)
    stage.caller_says("yeah", for_ms=300)
    stage.run(1500)
    stage.caller_says("", for_ms=1000)
    stage.until(c.StartReply, 2)
    assert not stage.agent_line("We are open").cut
    assert stage.memory[-1] == ("user", "yeah")
    assert stage.assistant.unclear_message not in stage.said


def test_interims_of_another_stretch_of_sound_are_not_this_turns() -> None:
    stage = answered()
    position = stage.position_at(stage.now_ms)
    stage.caller_says("book a table", for_ms=800)
    stage.run(400)
    stage.tell(e.TranscriptChanged("long ago", position - 2000, position - 1500))
    stage.until(c.StartReply)
    assert stage.caller_lines == [("said", "book a table")]


def test_words_before_a_key_are_not_answered_later_either() -> None:
    stage = answered(stt_final_ms=900)
    stage.caller_says("one please", for_ms=600)
    stage.caller_presses("1#", at=stage.now_ms + 900, every_ms=50)
    stage.until_heard("All right.").run(2000)
    assert len(stage.asked) == 1
    assert stage.caller_lines[0] == ("keys", "1")
    assert ("said", "one please") in stage.caller_lines

"""What becomes of a reply that fails, says nothing, breaks off, takes for ever or is overtaken."""

from __future__ import annotations

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts
from rapida.text.sentences import Sentences, whole_sentences

from .stage import Says, Stage, an_assistant
from .test_reply import asking, results

TOOLS = Abilities(tools={"look": ToolFacts()}, follow_up=True)
SILENT = Says(stalls=True)


def notes(stage: Stage) -> list[tuple[str, str]]:
    return [(note.kind, note.detail) for note in stage.ordered(c.Note)]


def last_note(stage: Stage) -> str:
    return stage.asked[-1].memory[-1].note


# Nothing


@pytest.mark.parametrize("nothing", ["", " ", "😊", "…", "<think>Hm.</think>"])
def test_a_reply_of_nothing_is_asked_for_once_more(nothing: str) -> None:
    stage = asking(Says(nothing), Says("We open at nine."))
    stage.until_heard("We open at nine.")
    assert len(stage.asked) == 2
    assert stage.asked[0].memory == stage.asked[1].memory
    assert notes(stage) == [("llm failed", "the model answered with nothing")]


def test_a_model_that_says_nothing_twice_is_apologised_for() -> None:
    stage = asking(Says(""), Says(""))
    stage.run()
    assert stage.said[-1] == stage.assistant.error_message
    assert stage.end == "provider_failure"


def test_nothing_more_to_say_behind_a_tool_is_no_reason_to_hang_up() -> None:
    stage = asking(Says("It is noted.", tools=[("look", "{}")]), Says(""), Says(""), abilities=TOOLS)
    stage.until(c.StartReply, 3).until_heard("It is noted.").run(2000)
    assert len(stage.asked) == 3
    assert stage.end is None


# Broken off


def test_a_reply_that_breaks_off_is_asked_to_go_on_from_what_was_spoken() -> None:
    stage = asking(Says("It is so. And th", fails=True), Says("And there is more."))
    stage.until_heard("It is so.").until_heard("And there is more.")
    memory = stage.asked[-1].memory
    assert [(message.role, message.text) for message in memory[-2:]] == [
        ("assistant", "It is so."),
        ("user", ""),
    ]
    assert last_note(stage) == "broken"
    assert not stage.agent_line("It is so.").cut
    assert "th" not in [word for said in stage.said for word in said.split()]


def test_a_reply_that_breaks_off_twice_is_apologised_for() -> None:
    stage = asking(Says("It is so. And", fails=True), Says("And there is more. And", fails=True))
    stage.run()
    assert len(stage.asked) == 2
    assert stage.end == "provider_failure"


def test_the_caller_is_not_asked_again_what_a_refusal_broke_off() -> None:
    stage = asking(Says("It is so. And", fails=False))
    stage.run()
    assert len(stage.asked) == 1
    assert stage.end == "provider_failure"


# Too many requests


def refused(stage: Stage, wait_ms: int) -> None:
    stage.tell(e.ReplyFailed(stage.asked[-1].reply_id, "overloaded", True, wait_ms))


def test_a_model_that_wants_to_be_left_alone_is_asked_when_it_may_be() -> None:
    stage = asking(SILENT, SILENT, Says("Here I am."))
    refused(stage, 1000)
    stage.until(c.StartReply, 2)
    assert stage.when(c.StartReply, 1) - stage.when(c.StartReply) == 1000
    refused(stage, 1000)
    stage.until_heard("Here I am.")
    assert "One moment, please." not in stage.said


def test_a_longer_wait_is_covered_by_the_filler() -> None:
    stage = asking(SILENT, Says("Here I am."))
    refused(stage, 4000)
    stage.until_heard("One moment, please.").until_heard("Here I am.")
    assert stage.when(c.StartReply, 1) - stage.when(c.StartReply) == 4000


def test_a_wait_beyond_the_turns_patience_is_not_begun() -> None:
    stage = asking(SILENT, assistant=an_assistant(deadlines={"first_token_ms": 3000}))
    refused(stage, 3001)
    assert stage.now_ms == stage.when(c.StartReply)
    stage.run()
    assert stage.end == "provider_failure"


def test_a_caller_who_speaks_meanwhile_is_answered_and_not_twice() -> None:
    stage = asking(SILENT, Says("All right."), assistant=an_assistant(filler_message=""))
    refused(stage, 5000)
    stage.caller_says("for two please", for_ms=700, at=stage.now_ms + 200)
    stage.until_heard("All right.").run(6000)
    assert len(stage.asked) == 2


# Cut short


def test_a_reply_cut_at_its_longest_ends_with_its_last_whole_sentence_and_is_told_of() -> None:
    stage = asking(SILENT)
    reply = stage.asked[-1].reply_id
    stage.tell(e.ReplyDelta(reply, "We open at nine. We close at fi"))
    stage.tell(e.ReplyEnded(reply, cut_short="length"))
    stage.until_heard("We open at nine.").run(1000)
    assert notes(stage) == [("reply cut short", "length")]
    assert not any("We close" in said for said in stage.said)


@pytest.mark.parametrize(
    ("sentences", "alone", "kept"),
    [
        (["One.", "Two is"], False, ["One."]),
        (["Two is"], False, []),
        (["Two is so, and then it"], True, ["Two is so"]),
        (["Two is"], True, ["Two is"]),
        (['He said "no."'], False, ['He said "no."']),
        ([], True, []),
    ],
)
def test_no_sentence_is_cut_in_its_middle_if_anything_else_was_said(
    sentences: list[str], alone: bool, kept: list[str]
) -> None:
    assert whole_sentences(sentences, alone=alone) == kept


# A word a second


def test_a_sentence_that_does_not_end_in_time_is_spoken_in_parts() -> None:
    stage = asking(Says("We are open from nine to five on all days of the week", per_word_ms=1000))
    stage.until(c.StartReply).until(c.StartSynthesis, 2)
    assert stage.now_ms - stage.when(c.StartReply) <= 2600
    stage.until_heard("of the week")
    assert " ".join(stage.said[1:]) == "We are open from nine to five on all days of the week"


def test_a_part_waits_while_there_is_enough_to_hear() -> None:
    first = "This is rather a long sentence, and it takes quite a while until it has been heard to its end."
    stage = asking(SILENT)
    stage.tell(e.ReplyDelta(stage.asked[-1].reply_id, first + " And there"))
    stage.tell(e.ReplyDelta(stage.asked[-1].reply_id, " is "))
    stage.run(3000)
    assert stage.said[-1] == first
    stage.run(3000)
    assert stage.said[-1] == "And there"


def test_a_part_ends_behind_a_clause_or_a_whole_word() -> None:
    sentences = Sentences()
    sentences.feed("On Monday, we are op")
    assert sentences.take_part() == ["On Monday,"]
    assert sentences.take_part() == ["we are"]
    assert sentences.take_part() == []
    assert sentences.finish() == ["op"]


# What is not true yet


def test_a_hang_up_that_the_caller_spoke_into_is_not_remembered_as_done() -> None:
    stage = asking(Says("Goodbye then, and thank you for calling us today.", tools=[("end_call", "{}")]))
    stage.until_playing("Goodbye then", 600)
    stage.caller_says("wait one more question please", for_ms=900)
    stage.until(c.StartReply, 2)
    assert results(stage) == [("This was not carried out: the caller went on talking.", False)]
    assert stage.end is None


# What nobody would tell


def overtaken(*replies: Says, tool_ms: int = 6000) -> Stage:
    """A tool is at work, and the caller has said something meanwhile.

    Said later than the agent's first moments, in which it would be the same turn, going on.
    """
    first = Says("Let me look at that for you now, it will take a while.", tools=[("look", "{}")])
    stage = asking(first, *replies, abilities=TOOLS, tool_ms={"look": tool_ms})
    stage.until_playing("Let me look", 600)
    stage.caller_says("no wait please stop", for_ms=900)
    return stage.until(c.StartReply, 2)


def test_a_result_that_comes_after_the_caller_went_on_is_told() -> None:
    stage = overtaken(Says("All right."), Says("It is free."))
    stage.until_heard("All right.").until_heard("It is free.")
    assert results(stage) == [("fine", True)]
    assert last_note(stage) == "results"
    stage.run(5000)
    assert len(stage.asked) == 3, "and told once"


def test_a_result_that_the_next_answer_knew_of_is_not_told_again() -> None:
    stage = overtaken(SILENT, Says("It is free."), tool_ms=3000)
    stage.caller_says("well then", for_ms=700, at=stage.now_ms + 3000)
    stage.until(c.StartReply, 3)
    assert results(stage) == [("fine", True)]
    stage.until_heard("It is free.").run(5000)
    assert len(stage.asked) == 3


def test_a_model_with_nothing_to_say_of_a_late_result_is_let_be() -> None:
    stage = overtaken(Says("All right."), Says(""))
    stage.until(c.StartReply, 3).run(3000)
    assert len(stage.asked) == 3
    assert stage.end is None

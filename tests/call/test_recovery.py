"""What becomes of a reply that fails, says nothing, breaks off, takes for ever or is overtaken."""

from __future__ import annotations

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts
from rapida.text.sentences import Sentences, whole_sentences

from .driven_call import DrivenCall, Says, an_assistant
from .test_reply import asking, results

TOOLS = Abilities(tools={"look": ToolFacts()}, follow_up=True)
SILENT = Says(stalls=True)


def notes(driven: DrivenCall) -> list[tuple[str, str]]:
    return [(note.kind, note.detail) for note in driven.ordered(c.Note)]


def last_note(driven: DrivenCall) -> str:
    return driven.asked[-1].memory[-1].note


# Nothing


@pytest.mark.parametrize("nothing", ["", " ", "😊", "…", "<think>Hm.</think>"])
def test_a_reply_of_nothing_is_asked_for_once_more(nothing: str) -> None:
    driven = asking(Says(nothing), Says("We open at nine."))
    driven.until_heard("We open at nine.")
    assert len(driven.asked) == 2
    assert driven.asked[0].memory == driven.asked[1].memory
    assert notes(driven) == [("llm failed", "the model answered with nothing")]


def test_a_model_that_says_nothing_twice_is_apologised_for() -> None:
    driven = asking(Says(""), Says(""))
    driven.run()
    assert driven.said[-1] == driven.assistant.error_message
    assert driven.end == "provider_failure"


def test_nothing_more_to_say_behind_a_tool_is_no_reason_to_hang_up() -> None:
    driven = asking(Says("It is noted.", tools=[("look", "{}")]), Says(""), Says(""), abilities=TOOLS)
    driven.until(c.StartReply, 3).until_heard("It is noted.").run(2000)
    assert len(driven.asked) == 3
    assert driven.end is None


# Broken off


def test_a_reply_that_breaks_off_is_asked_to_go_on_from_what_was_spoken() -> None:
    driven = asking(Says("It is so. And th", fails=True), Says("And there is more."))
    driven.until_heard("It is so.").until_heard("And there is more.")
    memory = driven.asked[-1].memory
    assert [(message.role, message.text) for message in memory[-2:]] == [
        ("assistant", "It is so."),
        ("user", ""),
    ]
    assert last_note(driven) == "broken"
    assert not driven.agent_line("It is so.").cut
    assert "th" not in [word for said in driven.said for word in said.split()]


def test_a_reply_that_breaks_off_twice_is_apologised_for() -> None:
    driven = asking(Says("It is so. And", fails=True), Says("And there is more. And", fails=True))
    driven.run()
    assert len(driven.asked) == 2
    assert driven.end == "provider_failure"


def test_the_caller_is_not_asked_again_what_a_refusal_broke_off() -> None:
    driven = asking(Says("It is so. And", fails=False))
    driven.run()
    assert len(driven.asked) == 1
    assert driven.end == "provider_failure"


# Too many requests


def refused(driven: DrivenCall, wait_ms: int) -> None:
    driven.tell(e.ReplyFailed(driven.asked[-1].reply_id, "overloaded", True, wait_ms))


def test_a_model_that_wants_to_be_left_alone_is_asked_when_it_may_be() -> None:
    driven = asking(SILENT, SILENT, Says("Here I am."))
    refused(driven, 1000)
    driven.until(c.StartReply, 2)
    assert driven.when(c.StartReply, 1) - driven.when(c.StartReply) == 1000
    refused(driven, 1000)
    driven.until_heard("Here I am.")
    assert "One moment, please." not in driven.said


def test_a_longer_wait_is_covered_by_the_filler() -> None:
    driven = asking(SILENT, Says("Here I am."))
    refused(driven, 4000)
    driven.until_heard("One moment, please.").until_heard("Here I am.")
    assert driven.when(c.StartReply, 1) - driven.when(c.StartReply) == 4000


def test_a_wait_beyond_the_turns_patience_is_not_begun() -> None:
    driven = asking(SILENT, assistant=an_assistant(deadlines={"first_token_ms": 3000}))
    refused(driven, 3001)
    assert driven.now_ms == driven.when(c.StartReply)
    driven.run()
    assert driven.end == "provider_failure"


def test_a_caller_who_speaks_meanwhile_is_answered_and_not_twice() -> None:
    driven = asking(SILENT, Says("All right."), assistant=an_assistant(filler_message=""))
    refused(driven, 5000)
    driven.caller_says("for two please", for_ms=700, at=driven.now_ms + 200)
    driven.until_heard("All right.").run(6000)
    assert len(driven.asked) == 2


# Cut short


def test_a_reply_cut_at_its_longest_ends_with_its_last_whole_sentence_and_is_told_of() -> None:
    driven = asking(SILENT)
    reply = driven.asked[-1].reply_id
    driven.tell(e.ReplyDelta(reply, "We open at nine. We close at fi"))
    driven.tell(e.ReplyEnded(reply, cut_short="length"))
    driven.until_heard("We open at nine.").run(1000)
    assert notes(driven) == [("reply cut short", "length")]
    assert not any("We close" in said for said in driven.said)


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
    driven = asking(Says("We are open from nine to five on all days of the week", per_word_ms=1000))
    driven.until(c.StartReply).until(c.StartSynthesis, 2)
    assert driven.now_ms - driven.when(c.StartReply) <= 2600
    driven.until_heard("of the week")
    assert " ".join(driven.said[1:]) == "We are open from nine to five on all days of the week"


def test_a_part_waits_while_there_is_enough_to_hear() -> None:
    first = "This is rather a long sentence, and it takes quite a while until it has been heard to its end."
    driven = asking(SILENT)
    driven.tell(e.ReplyDelta(driven.asked[-1].reply_id, first + " And there"))
    driven.tell(e.ReplyDelta(driven.asked[-1].reply_id, " is "))
    driven.run(3000)
    assert driven.said[-1] == first
    driven.run(3000)
    assert driven.said[-1] == "And there"


def test_a_part_ends_behind_a_clause_or_a_whole_word() -> None:
    sentences = Sentences()
    sentences.feed("On Monday, we are op")
    assert sentences.take_part() == ["On Monday,"]
    assert sentences.take_part() == ["we are"]
    assert sentences.take_part() == []
    assert sentences.finish() == ["op"]


# What is not true yet


def test_a_hang_up_that_the_caller_spoke_into_is_not_remembered_as_done() -> None:
    driven = asking(Says("Goodbye then, and thank you for calling us today.", tools=[("end_call", "{}")]))
    driven.until_playing("Goodbye then", 600)
    driven.caller_says("wait one more question please", for_ms=900)
    driven.until(c.StartReply, 2)
    assert results(driven) == [("This was not carried out: the caller went on talking.", False)]
    assert driven.end is None


# What nobody would tell


def overtaken(*replies: Says, tool_ms: int = 6000) -> DrivenCall:
    """A tool is at work, and the caller has said something meanwhile.

    Said later than the agent's first moments, in which it would be the same turn, going on.
    """
    first = Says("Let me look at that for you now, it will take a while.", tools=[("look", "{}")])
    driven = asking(first, *replies, abilities=TOOLS, tool_ms={"look": tool_ms})
    driven.until_playing("Let me look", 600)
    driven.caller_says("no wait please stop", for_ms=900)
    return driven.until(c.StartReply, 2)


def test_a_result_that_comes_after_the_caller_went_on_is_told() -> None:
    driven = overtaken(Says("All right."), Says("It is free."))
    driven.until_heard("All right.").until_heard("It is free.")
    assert results(driven) == [("fine", True)]
    assert last_note(driven) == "results"
    driven.run(5000)
    assert len(driven.asked) == 3, "and told once"


def test_a_result_that_the_next_answer_knew_of_is_not_told_again() -> None:
    driven = overtaken(SILENT, Says("It is free."), tool_ms=3000)
    driven.caller_says("well then", for_ms=700, at=driven.now_ms + 3000)
    driven.until(c.StartReply, 3)
    assert results(driven) == [("fine", True)]
    driven.until_heard("It is free.").run(5000)
    assert len(driven.asked) == 3


def test_a_model_with_nothing_to_say_of_a_late_result_is_let_be() -> None:
    driven = overtaken(Says("All right."), Says(""))
    driven.until(c.StartReply, 3).run(3000)
    assert len(driven.asked) == 3
    assert driven.end is None

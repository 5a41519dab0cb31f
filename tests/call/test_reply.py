"""The model's reply: its stream, its tools, its guesses."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts

from .driven_call import DrivenCall, Says, an_assistant, answered

TOOLS = Abilities(tools={"look": ToolFacts(), "book": ToolFacts(deadline_ms=4000)})


def asking(*replies: Says, **script: Any) -> DrivenCall:
    """The caller has asked something and the model has been asked for the first reply."""
    driven = answered(replies=list(replies), **script)
    driven.caller_says("what is it then", for_ms=800)
    return driven.until(c.StartReply)


def results(driven: DrivenCall) -> list[tuple[str, bool]]:
    return [(message.text, message.ok) for message in driven.asked[-1].memory if message.role == "tool"]


# The stream


def test_a_sentence_is_spoken_as_soon_as_it_is_whole() -> None:
    driven = asking(
        Says("It is so. " + "And then there is rather more to say about it all.", per_word_ms=100)
    )
    driven.until(c.StartSynthesis, 2)
    assert driven.said[-1] == "It is so."
    assert not driven.ordered(c.FinishUtterance)[1:]


def test_a_reply_is_asked_with_the_same_turn_id_when_it_is_tried_again() -> None:
    driven = asking(Says(fails=True), Says("Here I am."))
    driven.until_heard("Here I am.")
    first, second = driven.asked
    assert first.turn_id == second.turn_id
    assert first.reply_id != second.reply_id
    assert first.memory == second.memory


@pytest.mark.parametrize("then", [Says(fails=True), Says(stalls=True)])
def test_a_model_that_fails_twice_is_apologised_for(then: Says) -> None:
    driven = asking(Says(fails=True), then)
    driven.run()
    assert len(driven.asked) == 2
    assert driven.said[-1] == driven.assistant.error_message
    assert driven.end == "provider_failure"


def test_a_refusal_is_not_tried_again() -> None:
    driven = asking(Says(fails=False))
    driven.run()
    assert len(driven.asked) == 1
    assert driven.end == "provider_failure"


def test_no_first_token_within_its_deadline_is_a_stall() -> None:
    driven = asking(
        Says(stalls=True), Says("Here I am."), assistant=an_assistant(deadlines={"first_token_ms": 3000})
    )
    driven.until(c.StartReply, 2)
    assert driven.when(c.StartReply, 1) - driven.when(c.StartReply) == 3000
    assert driven.when(c.CancelReply) == driven.now_ms
    driven.until_heard("Here I am.")


def test_a_stream_that_stops_before_a_sentence_is_tried_again() -> None:
    limits = {"next_token_ms": 2000}
    driven = asking(Says("It", stalls=True), Says("It is so."), assistant=an_assistant(deadlines=limits))
    driven.until(c.StartReply, 2)
    assert driven.when(c.StartReply, 1) - driven.when(c.StartReply) == 100 + 2000
    driven.until_heard("It is so.")


def test_a_slow_stream_that_goes_on_is_no_stall() -> None:
    driven = asking(Says("It is so and it will be so.", per_word_ms=7000))
    driven.until_heard("It is so")
    assert len(driven.asked) == 1


def test_events_of_a_cancelled_reply_are_stale() -> None:
    driven = asking(Says("It is so.", after_ms=2000))
    driven.caller_presses("1#", every_ms=50)
    driven.run(1)
    driven.tell(e.HangUpRequested("operator"))
    before = len(driven.orders)
    driven.tell(e.ReplyDelta(driven.asked[0].reply_id, "It is so. "))
    assert len(driven.orders) == before


# Tools


def test_the_model_is_asked_again_with_the_tools_results_in_the_same_turn() -> None:
    driven = asking(Says(tools=[("look", '{"at": 1}')]), Says("I saw it."), abilities=TOOLS)
    driven.until_heard("I saw it.")
    (tool,) = driven.ordered(c.StartTool)
    assert (tool.name, tool.arguments, tool.deadline_ms) == ("look", '{"at": 1}', 15_000)
    assert driven.asked[0].turn_id == driven.asked[1].turn_id
    assert results(driven) == [("fine", True)]


def test_a_turn_asked_again_does_not_run_the_same_tool_twice() -> None:
    silent = Says(stalls=True)
    driven = asking(silent, silent, Says("It is booked."), abilities=TOOLS, tool_ms={"book": 3500})

    def wants_to_book(reply: c.StartReply) -> None:
        driven.tell(e.ToolCalled(reply.reply_id, "one", "book", '{"seats": 4}'))
        driven.tell(e.ReplyEnded(reply.reply_id))

    wants_to_book(driven.asked[0])
    driven.caller_says("for four please", for_ms=700, at=driven.now_ms + 200)
    driven.until(c.StartReply, 2)
    wants_to_book(driven.asked[1])
    driven.until_heard("It is booked.")
    assert driven.asked[0].turn_id == driven.asked[1].turn_id == driven.asked[2].turn_id
    assert len(driven.ordered(c.StartTool)) == 1
    assert results(driven)[-1] == ("fine", True)


def test_a_tool_that_had_answered_before_the_caller_went_on_is_not_run_again() -> None:
    silent = Says(stalls=True)
    driven = asking(silent, silent, silent, Says("It is booked."), abilities=TOOLS)

    def wants_to_book(reply: c.StartReply) -> None:
        driven.tell(e.ToolCalled(reply.reply_id, "one", "book", '{"seats": 4}'))
        driven.tell(e.ReplyEnded(reply.reply_id))

    wants_to_book(driven.asked[0])
    driven.until(c.StartReply, 2)
    assert results(driven) == [("fine", True)]
    driven.caller_says("for four please", for_ms=700, at=driven.now_ms + 200)
    driven.until(c.StartReply, 3)
    wants_to_book(driven.asked[2])
    driven.until_heard("It is booked.")
    assert {each.turn_id for each in driven.asked} == {driven.asked[0].turn_id}
    assert len(driven.ordered(c.StartTool)) == 1
    assert results(driven)[-1] == ("fine", True)


def test_tools_run_in_parallel_and_are_all_waited_for() -> None:
    driven = asking(
        Says(tools=[("look", "{}"), ("book", "{}")]),
        Says("Both done."),
        abilities=TOOLS,
        tool_ms={"look": 900, "book": 400},
    )
    driven.until(c.StartReply, 2)
    first, second = driven.when(c.StartTool), driven.when(c.StartTool, 1)
    assert first == second
    assert driven.now_ms - first == 900
    assert len(results(driven)) == 2


def test_a_tool_past_its_deadline_is_a_failure_that_the_model_hears_of() -> None:
    driven = asking(
        Says(tools=[("book", "{}")]), Says("I could not."), abilities=TOOLS, tool_ms={"book": 9000}
    )
    driven.until(c.StartReply, 2)
    assert driven.now_ms - driven.when(c.StartTool) == 4000
    assert results(driven) == [("The tool did not answer in time.", False)]
    driven.run(8000)  # its own answer, when it comes, is stale
    assert len(driven.asked) == 2


def test_an_unknown_tool_goes_back_to_the_model_as_a_result_it_can_mend() -> None:
    driven = asking(Says(tools=[("lock", "{}")]), Says("I see."), abilities=TOOLS)
    driven.until_heard("I see.")
    ((text, ok),) = results(driven)
    assert not ok
    assert "'lock'" in text
    assert "look" in text
    assert not driven.ordered(c.StartTool)


@pytest.mark.parametrize("arguments", ["{", "[1]", '"x"', "nonsense"])
def test_bad_arguments_go_back_to_the_model(arguments: str) -> None:
    driven = asking(Says(tools=[("look", arguments)]), Says("I see."), abilities=TOOLS)
    driven.until_heard("I see.")
    ((text, ok),) = results(driven)
    assert not ok
    assert "JSON" in text
    assert not driven.ordered(c.StartTool)


def test_a_transfer_without_a_number_goes_back_to_the_model() -> None:
    driven = asking(Says(tools=[("transfer_call", "{}")]), Says("To whom?"))
    driven.until_heard("To whom?")
    ((text, ok),) = results(driven)
    assert not ok
    assert "to" in text
    assert not driven.ordered(c.Transfer)


def test_who_can_be_talked_into_anything_hands_nobody_over() -> None:
    driven = asking(
        Says(tools=[("transfer_call", '{"to": "+19005550100"}')]),
        Says("I cannot do that."),
        abilities=Abilities(transfer=False),
    )
    driven.until_heard("I cannot")
    ((text, ok),) = results(driven)
    assert (text, ok) == ("There is no tool called 'transfer_call'. There is: end_call.", False)
    assert not driven.ordered(c.Transfer)


def test_a_tool_that_has_started_finishes_after_a_barge_in_and_enters_the_memory() -> None:
    driven = asking(
        Says("Let me look at that for you now, it will take a while.", tools=[("look", "{}")]),
        abilities=TOOLS,
        tool_ms={"look": 2500},
    )
    driven.until_playing("Let me look", 300)
    driven.caller_says("no wait please stop", for_ms=900)
    driven.until(c.StartReply, 2)
    assert results(driven) == [("(this tool is still running)", True)]
    driven.until_heard("All right.").run(1000)
    assert len(driven.asked) == 2
    driven.caller_says("and now then", for_ms=700)
    driven.until(c.StartReply, 3)
    assert results(driven) == [("fine", True)]


def test_a_slow_tool_is_covered_by_the_filler() -> None:
    driven = asking(Says(tools=[("look", "{}")]), Says("I saw it."), abilities=TOOLS, tool_ms={"look": 4000})
    driven.until_heard("One moment, please.")
    assert driven.when(c.StartSynthesis, 1) - driven.when(c.StartTool) == 1500
    driven.until_heard("I saw it.")
    assert driven.said.count("One moment, please.") == 1


def test_a_quick_tool_needs_no_filler() -> None:
    driven = asking(Says(tools=[("look", "{}")]), Says("I saw it."), abilities=TOOLS, tool_ms={"look": 1400})
    driven.until_heard("I saw it.").run(3000)
    assert "One moment, please." not in driven.said


def test_without_a_filler_a_slow_tool_is_waited_for_in_silence() -> None:
    look, plain = Says(tools=[("look", "{}")]), an_assistant(filler_message="")
    driven = asking(look, Says("I saw it."), abilities=TOOLS, tool_ms={"look": 4000}, assistant=plain)
    driven.until_heard("I saw it.")
    assert driven.said == [plain.greeting, "I saw it."]


def test_the_filler_waits_for_what_is_being_said() -> None:
    text = "Let me look at that for you now, it will take a while."
    driven = asking(
        Says(text, tools=[("look", "{}")]), Says("I saw it."), abilities=TOOLS, tool_ms={"look": 9000}
    )
    driven.until_heard("Let me look")
    heard = driven.now_ms
    driven.until_playing("One moment")
    assert 0 < driven.now_ms - heard < 1600


def test_the_filler_does_not_talk_over_the_caller() -> None:
    driven = asking(Says(tools=[("look", "{}")]), abilities=TOOLS, tool_ms={"look": 9000})
    driven.until(c.StartTool).run(1000)
    driven.caller_says("are you looking for it now", for_ms=1500)
    driven.run(1400)
    assert "One moment, please." not in driven.said


def test_a_tool_left_running_by_an_earlier_turn_needs_no_filler() -> None:
    driven = asking(
        Says("Let me look at that now.", tools=[("look", "{}")]), abilities=TOOLS, tool_ms={"look": 9000}
    )
    driven.until_playing("Let me", 300).caller_presses("1#")
    driven.until_heard("All right.").run(4000)
    assert "One moment, please." not in driven.said


def test_each_tool_has_its_own_time_before_the_filler() -> None:
    look = Says("Let me look at that for you.", tools=[("look", "{}")])
    driven = asking(look, Says(tools=[("look", "{}")]), abilities=TOOLS, tool_ms={"look": 9000})
    driven.until(c.StartTool)
    driven.caller_presses("1#", at=driven.now_ms + 1000, every_ms=10)
    driven.until(c.StartTool, 2).until_playing("One moment")
    assert driven.when(c.StartSynthesis, -1) - driven.when(c.StartTool, 1) == 1500


def looking(*then: Says) -> DrivenCall:
    """The model has used eight rounds of tools, and has been asked for the last time."""
    looks = [Says(tools=[("look", f'{{"at": {nth}}}')]) for nth in range(8)]
    return asking(*looks, *then, abilities=TOOLS, tool_ms={"look": 10}).until(c.StartReply, 9)


def test_after_eight_rounds_of_tools_the_model_must_answer_without() -> None:
    driven = looking(Says("It is nowhere."), Says("Gladly."))
    driven.until_heard("It is nowhere.")
    assert [asked.tools for asked in driven.asked] == [True] * 8 + [False]
    assert len(driven.ordered(c.StartTool)) == 8
    driven.caller_says("look elsewhere please", for_ms=800)
    driven.until_heard("Gladly.")
    assert driven.asked[-1].tools


@pytest.mark.parametrize(
    "then", [Says(), Says(tools=[("look", "{}")]), Says("One moment.", tools=[("look", "{}")])]
)
def test_a_model_that_even_then_does_not_answer_is_apologised_for(then: Says) -> None:
    driven = looking(then)
    asked_ms = driven.now_ms
    driven.until_playing(driven.assistant.error_message[:12])
    assert driven.now_ms - asked_ms < 1000
    driven.run()
    assert len(driven.ordered(c.StartTool)) == 8
    assert driven.end == "provider_failure"


def test_the_last_answer_may_end_the_call() -> None:
    driven = looking(Says(tools=[("end_call", "{}")]))
    driven.run()
    assert driven.end == "agent_hangup"


# What is not for the ear


def test_a_thought_is_neither_spoken_nor_remembered() -> None:
    driven = asking(Says("<think>He is impatient. I will be brief.</think> Sure, *smiles* which day?"))
    driven.until_heard("Sure, which day?")
    assert driven.said[-1] == "Sure, which day?"
    driven.caller_says("on friday", for_ms=800)
    driven.until(c.StartReply, 2)
    assert "impatient" not in str(driven.asked[-1].memory)


def test_a_model_whose_thought_has_only_an_end_mark_is_not_heard_thinking_again() -> None:
    thinking = "He is impatient. I will be brief. </think> "
    driven = asking(Says(f"{thinking}Sure, which day?"), Says(f"{thinking}Fine, on Friday."))
    driven.until_heard("Sure, which day?")
    driven.caller_says("on friday", for_ms=800)
    driven.until_heard("Fine, on Friday.")
    spoken = [order.text for order in driven.ordered(c.StartSynthesis)]
    assert spoken[-1] == "Fine, on Friday."
    assert spoken.count("He is impatient.") == 1


def test_the_emoji_of_a_standing_sentence_are_not_spoken() -> None:
    driven = DrivenCall(an_assistant(greeting="😊 *Good* morning!")).connect()
    assert [order.text for order in driven.ordered(c.StartSynthesis)] == ["Good morning!"]

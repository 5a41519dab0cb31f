"""The model's reply: its stream, its tools, its guesses."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts

from .stage import Says, Stage, an_assistant, answered

TOOLS = Abilities(tools={"look": ToolFacts(), "book": ToolFacts(deadline_ms=4000)})


def asking(*replies: Says, **script: Any) -> Stage:
    """The caller has asked something and the model has been asked for the first reply."""
    stage = answered(replies=list(replies), **script)
    stage.caller_says("what is it then", for_ms=800)
    return stage.until(c.StartReply)


def results(stage: Stage) -> list[tuple[str, bool]]:
    return [(message.text, message.ok) for message in stage.asked[-1].memory if message.role == "tool"]


# The stream


def test_a_sentence_is_spoken_as_soon_as_it_is_whole() -> None:
    stage = asking(Says("It is so. " + "And then there is rather more to say about it all.", per_word_ms=100))
    stage.until(c.StartSynthesis, 2)
    assert stage.said[-1] == "It is so."
    assert not stage.ordered(c.FinishUtterance)[1:]


def test_a_reply_is_asked_with_the_same_turn_id_when_it_is_tried_again() -> None:
    stage = asking(Says(fails=True), Says("Here I am."))
    stage.until_heard("Here I am.")
    first, second = stage.asked
    assert first.turn_id == second.turn_id
    assert first.reply_id != second.reply_id
    assert first.memory == second.memory


@pytest.mark.parametrize("then", [Says(fails=True), Says(stalls=True)])
def test_a_model_that_fails_twice_is_apologised_for(then: Says) -> None:
    stage = asking(Says(fails=True), then)
    stage.run()
    assert len(stage.asked) == 2
    assert stage.said[-1] == stage.assistant.error_message
    assert stage.end == "provider_failure"


def test_a_refusal_is_not_tried_again() -> None:
    stage = asking(Says(fails=False))
    stage.run()
    assert len(stage.asked) == 1
    assert stage.end == "provider_failure"


def test_no_first_token_within_its_deadline_is_a_stall() -> None:
    stage = asking(
        Says(stalls=True), Says("Here I am."), assistant=an_assistant(deadlines={"first_token_ms": 3000})
    )
    stage.until(c.StartReply, 2)
    assert stage.when(c.StartReply, 1) - stage.when(c.StartReply) == 3000
    assert stage.when(c.CancelReply) == stage.now_ms
    stage.until_heard("Here I am.")


def test_a_stream_that_stops_before_a_sentence_is_tried_again() -> None:
    limits = {"next_token_ms": 2000}
    stage = asking(Says("It", stalls=True), Says("It is so."), assistant=an_assistant(deadlines=limits))
    stage.until(c.StartReply, 2)
    assert stage.when(c.StartReply, 1) - stage.when(c.StartReply) == 100 + 2000
    stage.until_heard("It is so.")


def test_a_slow_stream_that_goes_on_is_no_stall() -> None:
    stage = asking(Says("It is so and it will be so.", per_word_ms=7000))
    stage.until_heard("It is so")
    assert len(stage.asked) == 1


def test_events_of_a_cancelled_reply_are_stale() -> None:
    stage = asking(Says("It is so.", after_ms=2000))
    stage.caller_presses("1#", every_ms=50)
    stage.run(1)
    stage.tell(e.HangUpRequested("operator"))
    before = len(stage.orders)
    stage.tell(e.ReplyDelta(stage.asked[0].reply_id, "It is so. "))
    assert len(stage.orders) == before


# Tools


def test_the_model_is_asked_again_with_the_tools_results_in_the_same_turn() -> None:
    stage = asking(Says(tools=[("look", '{"at": 1}')]), Says("I saw it."), abilities=TOOLS)
    stage.until_heard("I saw it.")
    (tool,) = stage.ordered(c.StartTool)
    assert (tool.name, tool.arguments, tool.deadline_ms) == ("look", '{"at": 1}', 15_000)
    assert stage.asked[0].turn_id == stage.asked[1].turn_id
    assert results(stage) == [("fine", True)]


def test_a_turn_asked_again_does_not_run_the_same_tool_twice() -> None:
    silent = Says(stalls=True)
    stage = asking(silent, silent, Says("It is booked."), abilities=TOOLS, tool_ms={"book": 3500})

    def wants_to_book(reply: c.StartReply) -> None:
        stage.tell(e.ToolCalled(reply.reply_id, "one", "book", '{"seats": 4}'))
        stage.tell(e.ReplyEnded(reply.reply_id))

    wants_to_book(stage.asked[0])
    stage.caller_says("for four please", for_ms=700, at=stage.now_ms + 200)
    stage.until(c.StartReply, 2)
    wants_to_book(stage.asked[1])
    stage.until_heard("It is booked.")
    assert stage.asked[0].turn_id == stage.asked[1].turn_id == stage.asked[2].turn_id
    assert len(stage.ordered(c.StartTool)) == 1
    assert results(stage)[-1] == ("fine", True)


def test_a_tool_that_had_answered_before_the_caller_went_on_is_not_run_again() -> None:
    silent = Says(stalls=True)
    stage = asking(silent, silent, silent, Says("It is booked."), abilities=TOOLS)

    def wants_to_book(reply: c.StartReply) -> None:
        stage.tell(e.ToolCalled(reply.reply_id, "one", "book", '{"seats": 4}'))
        stage.tell(e.ReplyEnded(reply.reply_id))

    wants_to_book(stage.asked[0])
    stage.until(c.StartReply, 2)
    assert results(stage) == [("fine", True)]
    stage.caller_says("for four please", for_ms=700, at=stage.now_ms + 200)
    stage.until(c.StartReply, 3)
    wants_to_book(stage.asked[2])
    stage.until_heard("It is booked.")
    assert {each.turn_id for each in stage.asked} == {stage.asked[0].turn_id}
    assert len(stage.ordered(c.StartTool)) == 1
    assert results(stage)[-1] == ("fine", True)


def test_tools_run_in_parallel_and_are_all_waited_for() -> None:
    stage = asking(
        Says(tools=[("look", "{}"), ("book", "{}")]),
        Says("Both done."),
        abilities=TOOLS,
        tool_ms={"look": 900, "book": 400},
    )
    stage.until(c.StartReply, 2)
    first, second = stage.when(c.StartTool), stage.when(c.StartTool, 1)
    assert first == second
    assert stage.now_ms - first == 900
    assert len(results(stage)) == 2


def test_a_tool_past_its_deadline_is_a_failure_that_the_model_hears_of() -> None:
    stage = asking(
        Says(tools=[("book", "{}")]), Says("I could not."), abilities=TOOLS, tool_ms={"book": 9000}
    )
    stage.until(c.StartReply, 2)
    assert stage.now_ms - stage.when(c.StartTool) == 4000
    assert results(stage) == [("The tool did not answer in time.", False)]
    stage.run(8000)  # its own answer, when it comes, is stale
    assert len(stage.asked) == 2


def test_an_unknown_tool_goes_back_to_the_model_as_a_result_it_can_mend() -> None:
    stage = asking(Says(tools=[("lock", "{}")]), Says("I see."), abilities=TOOLS)
    stage.until_heard("I see.")
    ((text, ok),) = results(stage)
    assert not ok
    assert "'lock'" in text
    assert "look" in text
    assert not stage.ordered(c.StartTool)


@pytest.mark.parametrize("arguments", ["{", "[1]", '"x"', "nonsense"])
def test_bad_arguments_go_back_to_the_model(arguments: str) -> None:
    stage = asking(Says(tools=[("look", arguments)]), Says("I see."), abilities=TOOLS)
    stage.until_heard("I see.")
    ((text, ok),) = results(stage)
    assert not ok
    assert "JSON" in text
    assert not stage.ordered(c.StartTool)


def test_a_transfer_without_a_number_goes_back_to_the_model() -> None:
    stage = asking(Says(tools=[("transfer_call", "{}")]), Says("To whom?"))
    stage.until_heard("To whom?")
    ((text, ok),) = results(stage)
    assert not ok
    assert "to" in text
    assert not stage.ordered(c.Transfer)


def test_who_can_be_talked_into_anything_hands_nobody_over() -> None:
    stage = asking(
        Says(tools=[("transfer_call", '{"to": "+19005550100"}')]),
        Says("I cannot do that."),
        abilities=Abilities(transfer=False),
    )
    stage.until_heard("I cannot")
    ((text, ok),) = results(stage)
    assert (text, ok) == ("There is no tool called 'transfer_call'. There is: end_call.", False)
    assert not stage.ordered(c.Transfer)


def test_a_tool_that_has_started_finishes_after_a_barge_in_and_enters_the_memory() -> None:
    stage = asking(
        Says("Let me look at that for you now, it will take a while.", tools=[("look", "{}")]),
        abilities=TOOLS,
        tool_ms={"look": 2500},
    )
    stage.until_playing("Let me look", 300)
    stage.caller_says("no wait please stop", for_ms=900)
    stage.until(c.StartReply, 2)
    assert results(stage) == [("(this tool is still running)", True)]
    stage.until_heard("All right.").run(1000)
    assert len(stage.asked) == 2
    stage.caller_says("and now then", for_ms=700)
    stage.until(c.StartReply, 3)
    assert results(stage) == [("fine", True)]


def test_a_slow_tool_is_covered_by_the_filler() -> None:
    stage = asking(Says(tools=[("look", "{}")]), Says("I saw it."), abilities=TOOLS, tool_ms={"look": 4000})
    stage.until_heard("One moment, please.")
    assert stage.when(c.StartSynthesis, 1) - stage.when(c.StartTool) == 1500
    stage.until_heard("I saw it.")
    assert stage.said.count("One moment, please.") == 1


def test_a_quick_tool_needs_no_filler() -> None:
    stage = asking(Says(tools=[("look", "{}")]), Says("I saw it."), abilities=TOOLS, tool_ms={"look": 1400})
    stage.until_heard("I saw it.").run(3000)
    assert "One moment, please." not in stage.said


def test_without_a_filler_a_slow_tool_is_waited_for_in_silence() -> None:
    look, plain = Says(tools=[("look", "{}")]), an_assistant(filler_message="")
    stage = asking(look, Says("I saw it."), abilities=TOOLS, tool_ms={"look": 4000}, assistant=plain)
    stage.until_heard("I saw it.")
    assert stage.said == [plain.greeting, "I saw it."]


def test_the_filler_waits_for_what_is_being_said() -> None:
    text = "Let me look at that for you now, it will take a while."
    stage = asking(
        Says(text, tools=[("look", "{}")]), Says("I saw it."), abilities=TOOLS, tool_ms={"look": 9000}
    )
    stage.until_heard("Let me look")
    heard = stage.now_ms
    stage.until_playing("One moment")
    assert 0 < stage.now_ms - heard < 1600


def test_the_filler_does_not_talk_over_the_caller() -> None:
    stage = asking(Says(tools=[("look", "{}")]), abilities=TOOLS, tool_ms={"look": 9000})
    stage.until(c.StartTool).run(1000)
    stage.caller_says("are you looking for it now", for_ms=1500)
    stage.run(1400)
    assert "One moment, please." not in stage.said


def test_a_tool_left_running_by_an_earlier_turn_needs_no_filler() -> None:
    stage = asking(
        Says("Let me look at that now.", tools=[("look", "{}")]), abilities=TOOLS, tool_ms={"look": 9000}
    )
    stage.until_playing("Let me", 300).caller_presses("1#")
    stage.until_heard("All right.").run(4000)
    assert "One moment, please." not in stage.said


def test_each_tool_has_its_own_time_before_the_filler() -> None:
    look = Says("Let me look at that for you.", tools=[("look", "{}")])
    stage = asking(look, Says(tools=[("look", "{}")]), abilities=TOOLS, tool_ms={"look": 9000})
    stage.until(c.StartTool)
    stage.caller_presses("1#", at=stage.now_ms + 1000, every_ms=10)
    stage.until(c.StartTool, 2).until_playing("One moment")
    assert stage.when(c.StartSynthesis, -1) - stage.when(c.StartTool, 1) == 1500


def looking(*then: Says) -> Stage:
    """The model has used eight rounds of tools, and has been asked for the last time."""
    looks = [Says(tools=[("look", f'{{"at": {nth}}}')]) for nth in range(8)]
    return asking(*looks, *then, abilities=TOOLS, tool_ms={"look": 10}).until(c.StartReply, 9)


def test_after_eight_rounds_of_tools_the_model_must_answer_without() -> None:
    stage = looking(Says("It is nowhere."), Says("Gladly."))
    stage.until_heard("It is nowhere.")
    assert [asked.tools for asked in stage.asked] == [True] * 8 + [False]
    assert len(stage.ordered(c.StartTool)) == 8
    stage.caller_says("look elsewhere please", for_ms=800)
    stage.until_heard("Gladly.")
    assert stage.asked[-1].tools


@pytest.mark.parametrize(
    "then", [Says(), Says(tools=[("look", "{}")]), Says("One moment.", tools=[("look", "{}")])]
)
def test_a_model_that_even_then_does_not_answer_is_apologised_for(then: Says) -> None:
    stage = looking(then)
    asked_ms = stage.now_ms
    stage.until_playing(stage.assistant.error_message[:12])
    assert stage.now_ms - asked_ms < 1000
    stage.run()
    assert len(stage.ordered(c.StartTool)) == 8
    assert stage.end == "provider_failure"


def test_the_last_answer_may_end_the_call() -> None:
    stage = looking(Says(tools=[("end_call", "{}")]))
    stage.run()
    assert stage.end == "agent_hangup"


# What is not for the ear


def test_a_thought_is_neither_spoken_nor_remembered() -> None:
    stage = asking(Says("<think>He is impatient. I will be brief.</think> Sure, *smiles* which day?"))
    stage.until_heard("Sure, which day?")
    assert stage.said[-1] == "Sure, which day?"
    stage.caller_says("on friday", for_ms=800)
    stage.until(c.StartReply, 2)
    assert "impatient" not in str(stage.asked[-1].memory)


def test_a_model_whose_thought_has_only_an_end_mark_is_not_heard_thinking_again() -> None:
    thinking = "He is impatient. I will be brief. </think> "
    stage = asking(Says(f"{thinking}Sure, which day?"), Says(f"{thinking}Fine, on Friday."))
    stage.until_heard("Sure, which day?")
    stage.caller_says("on friday", for_ms=800)
    stage.until_heard("Fine, on Friday.")
    spoken = [order.text for order in stage.ordered(c.StartSynthesis)]
    assert spoken[-1] == "Fine, on Friday."
    assert spoken.count("He is impatient.") == 1


def test_the_emoji_of_a_standing_sentence_are_not_spoken() -> None:
    stage = Stage(an_assistant(greeting="😊 *Good* morning!")).connect()
    assert [order.text for order in stage.ordered(c.StartSynthesis)] == ["Good morning!"]

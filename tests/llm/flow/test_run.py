import pytest

from rapida.call.commands import Message
from rapida.call.events import Question
from rapida.call.tool_requests import ToolSpec
from rapida.call.transcript import STILL_RUNNING
from rapida.llm.base import ToolCall
from tests.llm.flow.flow_call import FlowCall
from tests.llm.talk import Kind

DESK = """
failed: bye
variables: {who: the desk}
states:
  hello: {say: "This is {{who}}.", next: menu}
  menu:
    ask:
      slot: topic
      kind: choice
      question: Parts or repairs?
      choices: {parts: {phrases: [parts], key: "1"}, repairs: {phrases: [repairs], key: "2"}}
      reprompts: ["Once more?", "Last time?"]
    next: {parts: number, repairs: rules}
    failed: lost
  number:
    ask:
      slot: number
      kind: digits
      question: Which number?
      max_digits: 3
      confirm: "{{number}}?"
    next: book
  book:
    say: I am booking.
    tool: {name: book, arguments: {number: "{{number}}", day: "2"}, save: {day: when.day, place: "where.0"}}
    next: booked
    failed: lost
  booked: {say: "On {{day}} in {{place}}.", next: bye}
  rules: {say: "As {{topic}}.", next: bye}
  lost: {say: "Sorry {{topic}}.", transfer: "+15550100"}
  bye: {say: Bye., end: true}
"""


async def at_number() -> FlowCall:
    call = FlowCall(DESK)
    await call.begins()
    await call.says("parts")
    return call


async def at_confirmation() -> FlowCall:
    call = await at_number()
    await call.types("123")
    return call


async def at_tool() -> FlowCall:
    call = await at_confirmation()
    await call.says("yes")
    return call


# Questions --------------------------------------------------------------------------------------------------


async def test_the_opening_speaks_and_asks() -> None:
    call = FlowCall(DESK)
    await call.begins()
    assert call.spoken == "This is the desk. Parts or repairs?"
    assert call.question.phrases == ("parts", "repairs")


async def test_an_assistants_variables_replace_the_flows() -> None:
    call = FlowCall(DESK, {"who": "Ada"})
    await call.begins()
    assert call.spoken.startswith("This is Ada.")


async def test_a_flow_whose_assistant_greets_begins_with_the_first_words_of_the_caller() -> None:
    call = FlowCall(DESK)
    await call.says("hello?")
    assert call.spoken == "This is the desk. Parts or repairs?"


async def test_an_answer_goes_on_by_voice_or_by_key() -> None:
    for answer in ("says", "types"):
        call = FlowCall(DESK)
        await call.begins()
        await getattr(call, answer)({"says": "repairs", "types": "2"}[answer])
        assert call.spoken == "As repairs. Bye."


@pytest.mark.parametrize("kind", ["said", "unclear", "idle", "keys"])
async def test_every_miss_has_its_own_reprompt_and_then_the_flow_goes_on_without_an_answer(
    kind: Kind,
) -> None:
    call = FlowCall(DESK)
    await call.begins()
    assert call.question.reprompt == "Once more?"
    spoken: list[str] = []
    for _ in range(3):
        await call.turn("9" if kind == "keys" else "whatever", kind)
        spoken.append(call.spoken)
    assert spoken == ["Once more?", "Last time?", "Sorry."]
    assert (call.tool.name, call.arguments) == ("transfer_call", {"to": "+15550100"})


async def test_the_question_says_what_would_be_said_at_the_next_miss() -> None:
    call = FlowCall(DESK)
    await call.begins()
    await call.mumbles()
    assert call.question.reprompt == "Last time?"


async def test_without_reprompts_the_question_is_repeated() -> None:
    call = await at_number()
    await call.says("I do not know")
    assert call.spoken == "Sorry, I did not catch that. Which number?"


async def test_misses_are_counted_per_question() -> None:
    call = FlowCall(DESK)
    await call.begins()
    await call.mumbles()
    await call.mumbles()
    await call.says("parts")
    await call.mumbles()
    assert call.question.kind == "digits"


# Confirmation -----------------------------------------------------------------------------------------------


async def test_a_confirmed_answer_goes_on() -> None:
    call = await at_confirmation()
    assert call.spoken == "one two three?"
    assert (call.question.kind, call.question.keys) == ("yes_no", "12")
    await call.types("1")
    assert call.tool.name == "book"


async def test_a_denied_answer_is_asked_for_again() -> None:
    call = await at_confirmation()
    await call.says("no")
    assert call.spoken == "Let us try that again. Which number?"
    await call.types("456")
    assert call.spoken == "four five six?"


async def test_a_denied_answer_may_bring_the_right_one_along() -> None:
    call = await at_confirmation()
    await call.says("no, four five six")
    assert call.spoken == "four five six?"
    await call.says("yes")
    assert call.arguments["number"] == "456"


async def test_the_same_answer_given_again_with_yes_is_a_yes() -> None:
    call = await at_confirmation()
    await call.says("yes, one two three")
    assert call.tool.name == "book"


async def test_an_unclear_confirmation_is_asked_for_again_and_ends_like_any_miss() -> None:
    call = await at_confirmation()
    await call.mumbles()
    assert call.spoken == "Sorry, I did not catch that. one two three?"
    assert call.question.kind == "yes_no"
    await call.mumbles()
    await call.mumbles()
    assert call.spoken == "Bye."


async def test_denials_count_as_misses() -> None:
    call = await at_confirmation()
    for _ in range(2):
        await call.says("no")
        await call.types("123")
    await call.says("no")
    assert call.spoken == "Bye."


# Tools ------------------------------------------------------------------------------------------------------


async def test_a_tool_is_called_with_its_arguments_and_its_result_is_used() -> None:
    call = await at_tool()
    assert call.spoken == "I am booking."
    assert (call.tool.name, call.arguments) == ("book", {"number": "123", "day": "2"})
    call.result_comes('{"when": {"day": "Monday"}, "where": ["Room 4"]}')
    await call.ask()
    assert call.spoken == "On Monday in Room 4. Bye."


async def test_arguments_have_the_types_that_the_tool_wants() -> None:
    integers = {"type": "object", "properties": {"day": {"type": "integer"}, "number": {"type": "string"}}}
    call = FlowCall(DESK, tools=(ToolSpec("book", "", integers),))
    await call.begins()
    await call.says("parts")
    await call.types("123")
    await call.says("yes")
    assert call.arguments == {"number": "123", "day": 2}


async def test_an_argument_that_json_has_no_word_for_is_left_as_text() -> None:
    for text in ("NaN", r'"\ud83d"'):
        flow = f"""
failed: bye
states:
  a: {{tool: {{name: t, arguments: {{size: '{text}'}}}}, next: bye}}
  bye: {{end: true}}
"""
        wants = {"type": "object", "properties": {"size": {"type": "number"}}}
        call = FlowCall(flow, tools=(ToolSpec("t", "", wants),))
        await call.begins()
        assert call.arguments == {"size": text}


async def test_half_a_character_in_a_result_is_spoken_as_text_that_can_be_written() -> None:
    call = await at_tool()
    call.result_comes(r'{"when": {"day": "Mon\ud83dday"}, "where": ["Room \ud83d\ude00"]}')
    await call.ask()
    assert call.spoken == "On Mon?day in Room \N{GRINNING FACE}. Bye."


@pytest.mark.parametrize(
    ("result", "ok"),
    [
        ('{"when": {"day": "Monday"}, "where": ["Room 4"]}', False),
        ("not JSON", True),
        ('{"when": {}, "where": ["x"]}', True),
        ('{"when": {"day": null}, "where": ["x"]}', True),
        ('{"when": {"day": 1}, "where": []}', True),
    ],
)
async def test_a_tool_that_fails_or_lacks_a_part_leads_to_failed(result: str, ok: bool) -> None:
    call = await at_tool()
    call.result_comes(result, ok=ok)
    await call.ask()
    assert call.spoken == "Sorry parts."


async def test_the_whole_result_may_be_kept_in_one_slot() -> None:
    text = """
failed: bye
states:
  a: {tool: {name: t, save: all}, next: {sunny: sun, else: bye}}
  sun: {say: "It is {{all}}.", next: bye}
  bye: {end: true}
"""
    call = FlowCall(text)
    await call.begins()
    call.result_comes("sunny")
    await call.ask()
    assert call.spoken == "It is sunny."


async def test_two_tools_in_one_turn_are_called_one_after_the_other() -> None:
    text = """
failed: bye
states:
  a: {tool: {name: one}, next: b}
  b: {say: Next., tool: {name: two}, next: bye}
  bye: {say: Done., end: true}
"""
    call = FlowCall(text)
    await call.begins()
    first = call.tool.call_id
    call.result_comes("x")
    await call.ask()
    assert (call.spoken, call.tool.name) == ("Next.", "two")
    assert call.tool.call_id != first
    call.result_comes("y")
    await call.ask()
    assert call.spoken == "Done."


# The same turn again ----------------------------------------------------------------------------------------


async def test_the_same_turn_asked_again_starts_from_where_it_began() -> None:
    call = await at_number()
    again = await call.ask()
    assert again == await call.ask()
    assert call.spoken == "Which number?"


async def test_a_caller_who_goes_on_speaking_changes_the_answer_of_the_turn() -> None:
    call = FlowCall(DESK)
    await call.begins()
    await call.says("parts")
    call.memory[-1] = Message("user", "repairs I mean repairs")
    await call.ask()
    assert call.spoken == "As repairs. Bye."


async def test_a_tool_that_ran_for_the_turn_is_not_asked_for_again() -> None:
    call = await at_tool()
    call.result_comes('{"when": {"day": "Monday"}, "where": ["Room 4"]}')
    call.memory[-3] = Message("user", "yes yes")
    await call.ask()
    assert call.spoken == "On Monday in Room 4. Bye."


async def test_the_result_of_another_request_is_not_taken_for_this_one() -> None:
    call = await at_tool()
    first = call.tool
    call.result_comes('{"when": {"day": "Monday"}, "where": ["Room 4"]}')
    call.memory[-3] = Message("user", "no, four five six")
    await call.ask()
    assert isinstance(call.last[-1], Question)
    await call.says("yes")
    assert call.arguments["number"] == "456"
    assert call.tool.call_id != first.call_id


async def test_a_caller_who_speaks_while_the_tool_runs_gets_its_result_and_no_second_run() -> None:
    call = await at_tool()
    call.result_comes(STILL_RUNNING[0])
    first = call.tool
    await call.says("are you there?")
    assert call.tool == first, "the same request under the same id"
    call.memory[-2] = Message(
        "tool", '{"when": {"day": "Monday"}, "where": ["Room 4"]}', call_id=first.call_id
    )
    await call.says("hello?")
    assert call.spoken == "On Monday in Room 4. Bye."


# The end ----------------------------------------------------------------------------------------------------


async def test_the_end_is_a_tool_call_behind_the_goodbye() -> None:
    call = FlowCall(DESK)
    await call.begins()
    events = await call.says("repairs")
    assert isinstance(events[-1], ToolCall)
    assert (call.tool.name, call.tool.arguments) == ("end_call", "{}")


async def test_a_caller_who_speaks_into_the_goodbye_is_asked_the_last_question_again() -> None:
    call = FlowCall(DESK)
    await call.begins()
    await call.says("repairs")
    await call.says("wait, one more thing")
    assert call.spoken == "Parts or repairs?"
    await call.says("parts")
    assert call.spoken == "Which number?"


async def test_a_noise_into_the_goodbye_only_repeats_it() -> None:
    call = FlowCall(DESK)
    await call.begins()
    await call.says("repairs")
    await call.mumbles()
    assert call.spoken == "Bye."
    assert call.tool.name == "end_call"


@pytest.mark.parametrize(
    ("answer", "spoken"), [("red", "Warm."), ("orange", "Warm."), ("blue", "Cold."), ("none", "Else.")]
)
async def test_the_first_rule_that_holds_wins(answer: str, spoken: str) -> None:
    text = """
failed: bye
states:
  a:
    ask: {slot: colour, kind: free, question: "Which?", retries: 0}
    next:
      - {when: colour, is: [red, orange], goto: warm}
      - {when: colour, is: blue, goto: cold}
      - {when: shade, goto: warm}
      - {goto: else}
  warm: {say: Warm., next: shade}
  cold: {say: Cold., next: shade}
  else: {say: Else., next: shade}
  shade: {ask: {slot: shade, kind: free, question: Shade}, next: bye}
  bye: {end: true}
"""
    call = FlowCall(text)
    await call.begins()
    await call.says(answer)
    assert call.spoken == f"{spoken} Shade"


async def test_answers_are_told_in_their_order_also_what_was_forgotten_and_nothing_sensitive() -> None:
    call = FlowCall("""
failed: bye
states:
  pin:
    ask: {slot: pin, kind: digits, max_digits: 4, sensitive: true, question: "Your number?"}
    next: more
  more:
    forget: [note]
    ask: {slot: more, kind: yes_no, question: "A note?"}
    next: {"yes": note, "no": bye}
  note:
    ask: {slot: note, kind: free, question: "What is it?"}
    next: check
  check:
    tool: {name: check, arguments: {pin: "{{pin}}"}, save: checked}
    next: more
  bye: {say: Bye., end: true}
""")
    assert (await call.begins(), call.brain.answers)[1] == ()
    await call.types("the digits 1")
    for note in ("first", "second"):
        await call.says("yes")
        await call.says(note)
        call.result_comes("fine")
        await call.ask()
        await call.ask()
    await call.says("no")
    assert call.brain.answers == (("note", "first"), ("note", "second"), ("more", "no"))

"""Whole sentences as answers: several slots at once, slots ahead of their question, corrections."""

from __future__ import annotations

import pytest

from .flow_call import FlowCall

TABLE = """
failed: bye
states:
  menu:
    ask:
      slot: topic
      kind: choice
      question: "A table, or the opening hours?"
      choices: {table: {phrases: [a table], also: [book, reserve]}, hours: {phrases: [opening hours]}}
    next: {table: day, hours: bye}
  day:
    say: "Gladly."
    ask: {slot: day, kind: date, anytime: true, corrected: look_up, question: "For what day?"}
    next: look_up
  look_up:
    tool: {name: look_up, arguments: {day: "{{day}}"}, save: free}
    next: time
  time:
    ask: {slot: time, kind: time, anytime: true, earliest: "11:00", question: "What time?"}
    next: guests
  guests:
    ask: {slot: guests, kind: number, most: 12, anytime: true, question: "For how many?"}
    next: name
  name:
    ask: {slot: name, kind: name, anytime: true, question: "What is your name?", confirm: "{{name}}?"}
    next: sure
  sure:
    ask: {slot: sure, kind: yes_no, question: "{{day}} at {{time}} for {{guests}}. Right?"}
    next: {"yes": booked, "no": bye}
  booked: {say: "Booked.", forget: [day, time, guests], next: menu}
  bye: {say: Bye., end: true}
"""


async def begun(*said: str) -> FlowCall:
    call = FlowCall(TABLE)
    await call.begins()
    for each in said:
        await says(call, each)
    return call


async def says(call: FlowCall, text: str) -> None:
    """A turn of the caller; what it looks up is there at once."""
    await call.says(text)
    if not call.spoken:
        assert call.tool.name == "look_up"
        call.result_comes("free")
        await call.ask()


def slots(call: FlowCall) -> dict[str, str]:
    return call.brain.progress.slots  # type: ignore[attr-defined]


FILLED = {"day": "2026-03-13", "time": "15:00", "guests": "2"}
AT_THE_END = ("Book a table.", "Friday", "at three", "for two", "Anna Miller", "Yes.")


async def test_one_sentence_fills_several_slots_and_their_questions_are_passed_over() -> None:
    call = await begun("Book a table.", "Friday at three, for two.")
    assert call.spoken == "What is your name?"
    assert FILLED.items() <= slots(call).items()


async def test_the_first_sentence_may_already_say_everything() -> None:
    call = await begun("This is Anna Miller, I would like to book a table for two on Friday at three.")
    assert call.spoken == "Anna Miller?", "what was answered early is confirmed where the flow confirms it"
    await call.says("yes")
    assert call.spoken == "Friday, March thirteenth at 3 PM for 2. Right?"


async def test_what_was_said_before_its_question_is_kept_while_the_open_question_is_asked_again() -> None:
    call = await begun("Book a table.", "For two people.")
    assert call.spoken == "For what day?"
    await says(call, "Friday")
    await says(call, "at three")
    assert call.spoken == "What is your name?"


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("No, for four.", {"guests": "4"}),
        ("No, make that four people.", {"guests": "4"}),
        ("Actually, there are three of us.", {"guests": "3"}),
        ("Yes, but at half past three.", {"time": "15:30"}),
        ("I meant four o'clock.", {"time": "16:00"}),
        ("No, at four, for six.", {"time": "16:00", "guests": "6"}),
    ],
)
async def test_a_correction_at_another_question_changes_what_was_said_before(
    said: str, changed: dict[str, str]
) -> None:
    call = await begun(*AT_THE_END)
    assert call.spoken.endswith("Right?")
    await call.says(said)
    assert slots(call) == {**slots(call), **FILLED, **changed}
    assert call.spoken.endswith("Right?")
    assert "All right" not in call.spoken, "the question itself says what is meant now"


async def test_a_corrected_day_is_looked_up_again_and_no_answered_question_is_asked_again() -> None:
    call = await begun(*AT_THE_END)
    await call.says("No, Thursday.")
    assert (call.tool.name, call.arguments) == ("look_up", {"day": "2026-03-12"})
    call.result_comes("free")
    await call.ask()
    assert call.spoken == "Thursday, March twelfth at 3 PM for 2. Right?"


async def test_a_correction_is_told_where_the_question_does_not_name_it() -> None:
    call = await begun("Book a table.", "Friday", "at three", "for two")
    await call.says("Actually, make it four o'clock.")
    assert call.spoken == "All right, 4 PM. What is your name?"
    assert call.brain.progress.misses == 0  # type: ignore[attr-defined]


async def test_a_correction_while_a_name_is_confirmed_leaves_the_name_to_be_confirmed() -> None:
    call = await begun("Book a table.", "Friday at three for two", "Anna Miller")
    await call.says("Oh, sorry, for three people.")
    assert call.spoken == "All right, 3. Anna Miller?"
    await call.says("No, M-Y-L-L-E-R.")
    assert slots(call)["name"] == "Myller"


async def test_a_bare_number_corrects_only_what_it_alone_can_mean() -> None:
    call = await begun("For two, on Friday.")
    assert slots(call) == {"day": "2026-03-13", "guests": "2"}
    await call.says("Actually make it three.")
    assert slots(call)["guests"] == "3"
    call = await begun(*AT_THE_END)
    await call.says("No, make it four.")
    assert slots(call) == {**slots(call), **FILLED}, "four o'clock, or four people?"


async def test_who_corrects_themselves_in_the_same_breath_means_the_later() -> None:
    call = await begun("Book a table.", "Friday, no, Thursday at three.")
    assert slots(call) == {**slots(call), "day": "2026-03-12", "time": "15:00"}
    call = await begun("Book a table.", "Thursday, not Friday.")
    assert slots(call)["day"] == "2026-03-12"
    call = await begun("Book a table.", "Not Friday.")
    assert "day" not in slots(call)


async def test_what_is_forgotten_is_asked_again() -> None:
    call = await begun(*AT_THE_END, "Yes.")
    assert call.spoken == "Booked. A table, or the opening hours?"
    await says(call, "Another table")
    assert call.spoken == "Gladly. For what day?"


async def test_a_condition_is_no_answer() -> None:
    call = await begun("Book a table.", "Not before Friday, for two.")
    assert slots(call) == {"topic": "table", "guests": "2"}
    assert call.spoken == "For what day?"


async def test_the_same_turn_asked_again_changes_nothing_twice() -> None:
    call = await begun(*AT_THE_END)
    await call.says("No, for four.")
    before, said = slots(call), call.spoken
    await call.ask()
    assert (slots(call), call.spoken) == (before, said)


async def test_a_question_that_is_asked_once_is_passed_over_while_its_answer_is_known() -> None:
    call = FlowCall(TABLE.replace("kind: name, anytime: true,", "kind: name, once: true,"))
    await call.begins()
    for said in (*AT_THE_END, "Yes.", "Book a table.", "Friday at three for two."):
        await says(call, said)
    assert call.spoken == "Friday, March thirteenth at 3 PM for 2. Right?"

"""Two versions are compared field by field, and their texts line by line."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from rapida.assistant import Assistant, Provider, TurnTaking
from rapida.workspace.version_diff import FieldChange, changes

BEFORE = Assistant(
    7,
    1,
    "Desk",
    stt=Provider("deepgram", credential_id=3),
    llm=Provider("openai", {"model": "small", "temperature": 0.2}),
    tts=Provider("tone"),
    prompt="You are kind.\nYou are brief.\nYou never guess.",
    tools=(Provider("clock"),),
)


def changed(**fields: Any) -> list[FieldChange]:
    return changes(BEFORE, replace(BEFORE, version=2, **fields))


def test_a_version_is_no_different_from_itself_whatever_its_number() -> None:
    assert changed() == []


def test_each_changed_field_is_named_by_its_path_with_both_values() -> None:
    found = changed(
        greeting="Hi.",
        turn=TurnTaking(silence_ms=900),
        llm=Provider("openai", {"model": "large", "max_tokens": 90}),
        stt=Provider("deepgram"),
    )
    assert [(each.field, each.kind, each.before, each.after) for each in found] == [
        ("stt.credential_id", "changed", 3, None),
        ("llm.options.model", "changed", "small", "large"),
        ("llm.options.temperature", "removed", 0.2, None),
        ("llm.options.max_tokens", "added", None, 90),
        ("greeting", "changed", "", "Hi."),
        ("turn.silence_ms", "changed", 700, 900),
    ]


def test_a_text_of_several_lines_is_compared_line_by_line_with_what_stands_around() -> None:
    many = "\n".join(f"Line {number}." for number in range(20))
    (found,) = changes(
        replace(BEFORE, prompt=many), replace(BEFORE, prompt=many.replace("Line 10.", "Line ten."))
    )
    assert [(line.kind, line.text) for line in found.lines] == [
        ("skipped", ""),
        ("same", "Line 7."),
        ("same", "Line 8."),
        ("same", "Line 9."),
        ("removed", "Line 10."),
        ("added", "Line ten."),
        ("same", "Line 11."),
        ("same", "Line 12."),
        ("same", "Line 13."),
    ]


def test_lines_that_look_like_a_patchs_head_are_lines_like_any_other() -> None:
    (found,) = changed(prompt="-- x\n++ y")
    assert {"-- x", "++ y", "You are kind."} <= {line.text for line in found.lines}


def test_a_tool_that_was_added_or_taken_away_is_one_change() -> None:
    (added,) = changed(tools=(Provider("clock"), Provider("calendar", {"minutes": 20})))
    assert (added.field, added.kind, added.after["name"]) == ("tools[1]", "added", "calendar")
    (removed,) = changed(tools=())
    assert (removed.field, removed.kind) == ("tools[0]", "removed")

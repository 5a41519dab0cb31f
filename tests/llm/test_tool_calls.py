"""Tool calls of servers that do not keep to numbers and ids: what was meant, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.llm.base import ToolCall
from rapida.llm.tool_calls import ToolCalls

A, B = '{"at": 1}', '{"at": 2}'


def piece(
    index: Any = None, call_id: Any = None, name: Any = None, arguments: Any = None, **more: Any
) -> dict[str, Any]:
    given = {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}, **more}
    return {key: value for key, value in given.items() if value is not None}


def calls_of(*deltas: Any) -> list[ToolCall]:
    calls = ToolCalls("made-up")
    for delta in deltas:
        calls.add(delta)
    return calls.all()


def named(*deltas: Any) -> list[tuple[str, str]]:
    """Name and arguments; every id must be there, and once."""
    calls = calls_of(*deltas)
    assert len({call.call_id for call in calls}) == len(calls)
    assert all(call.call_id for call in calls)
    return [(call.name, call.arguments) for call in calls]


TWO = [("look", A), ("look", B)]


@pytest.mark.parametrize(
    "deltas",
    [
        # as OpenAI does it, and with the pieces of both mixed
        [
            [piece(0, "a", "look", "")],
            [piece(0, None, None, A)],
            [piece(1, "b", "look", "")],
            [piece(1, None, None, B)],
        ],
        [
            [piece(0, "a", "look", '{"at"')],
            [piece(1, "b", "look", '{"at"')],
            [piece(0, None, None, ": 1}")],
            [piece(1, None, None, ": 2}")],
        ],
        # every call is number 0
        [[piece(0, "a", "look", A)], [piece(0, "b", "look", B)]],
        [[piece(0, "a", "look", '{"at"')], [piece(0, None, None, ": 1}")], [piece(0, "b", "look", B)]],
        [[piece(0, None, "look", A)], [piece(0, None, "look", B)]],
        [[piece(0, "", "look", A)], [piece(0, "", "look", B)]],
        # no number
        [[piece(None, "a", "look", A)], [piece(None, "b", "look", B)]],
        [[piece(None, "a", "look", A), piece(None, "b", "look", B)]],
        [[piece(None, None, "look", A), piece(None, None, "look", B)]],
        [[piece(None, None, "look", A)], [piece(None, None, "look", B)]],
        [
            [piece(None, "a", "look", '{"at": ')],
            [piece(None, "a", None, "1}")],
            [piece(None, "b", "look", B)],
        ],
        # the id comes with every piece, or the name does, or an empty one
        [[piece(0, "a", "look", '{"at": ')], [piece(0, "a", None, "1}")], [piece(1, "b", "look", B)]],
        [[piece(0, "a", "look", '{"at": ')], [piece(0, "a", "look", "1}")], [piece(1, "b", "look", B)]],
        [[piece(0, None, "look", '{"at": ')], [piece(0, None, "look", "1}")], [piece(1, None, "look", B)]],
        [[piece(0, "a", "look", '{"at": ')], [piece(0, "", "", "1}")], [piece(1, "b", "look", B)]],
        # the number grows with every piece
        [[piece(0, "a", "look", '{"at": ')], [piece(1, "a", None, "1}")], [piece(2, "b", "look", B)]],
        # both have the same id
        [[piece(0, "a", "look", A)], [piece(1, "a", "look", B)]],
        # whole calls, and once more at the end
        [
            [piece(0, "a", "look", A), piece(1, "b", "look", B)],
            [piece(0, "a", "look", A), piece(1, "b", "look", B)],
        ],
        [[piece(None, None, "look", A)], [piece(None, None, "look", A)], [piece(None, None, "look", B)]],
        # arguments as an object, ids as numbers, one call without a list, no function around it
        [[piece(0, 1, "look", {"at": 1}), piece(1, 2, "look", {"at": 2})]],
        [piece(0, "a", "look", A), piece(1, "b", "look", B)],
        [[{"name": "look", "arguments": A}, {"name": "look", "arguments": B}]],
    ],
)
def test_two_calls_are_two_however_they_are_streamed(deltas: list[Any]) -> None:
    assert named(*deltas) == TWO


@pytest.mark.parametrize(
    "deltas",
    [
        [[piece(0, "a", "look")]],
        [[piece(0, "a", "look", None)], [piece(0, None, None, "")]],
        [[piece(0, "a", "lo")], [piece(0, "a", "ok")]],
        [[piece(0, None, "lo")], [piece(0, None, "ok", "{}")]],
        [[piece(0, "a", "look")], [piece(0, "a", "look")]],
        [None, [], "nonsense", 7, [None, "x"], [piece(0, "a", "look", " ")]],
        [[piece("0", "a", "look", "{}")]],
    ],
)
def test_a_call_without_arguments_has_an_empty_object(deltas: list[Any]) -> None:
    assert named(*deltas) == [("look", "{}")]


def test_the_servers_own_ids_are_kept_where_they_tell_calls_apart() -> None:
    assert [call.call_id for call in calls_of([piece(0, "a", "look", A)], [piece(1, "b", "look", B)])] == [
        "a",
        "b",
    ]
    assert [call.call_id for call in calls_of([piece(0, "a", "look", A)], [piece(1, "a", "look", B)])] == [
        "a",
        "made-up-1",
    ]


def test_arguments_that_are_no_json_are_told_as_they_are() -> None:
    assert named([piece(0, "a", "look", '{"at": ')]) == [("look", '{"at": ')]


def test_half_a_character_in_arguments_is_dropped() -> None:
    assert named([piece(0, "a", "look", '{"at": "x\ud83d"}')]) == [("look", '{"at": "x"}')]

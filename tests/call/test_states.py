"""The tables: every state can be reached, every name a table mentions exists, final states are final."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import pytest

from rapida.call.states import CALL, FLOOR, UTTERANCE, CallState, FloorState, UtteranceState

TABLES = [
    pytest.param(CALL, CallState, "ringing", {"ended"}, id="call"),
    pytest.param(FLOOR, FloorState, "nobody", set[str](), id="floor"),
    pytest.param(UTTERANCE, UtteranceState, "queued", {"heard", "cut"}, id="utterance"),
]


@pytest.mark.parametrize(("table", "states", "first", "final"), TABLES)
def test_a_table_names_every_state_and_nothing_else(
    table: Mapping[str, Mapping[str, str]], states: object, first: str, final: set[str]
) -> None:
    assert set(table) == set(get_args(states))
    assert {after for row in table.values() for after in row.values()} <= set(table)
    assert {state for state, row in table.items() if not row} == final


@pytest.mark.parametrize(("table", "states", "first", "final"), TABLES)
def test_every_state_can_be_reached_from_the_first(
    table: Mapping[str, Mapping[str, str]], states: object, first: str, final: set[str]
) -> None:
    reached, fresh = {first}, {first}
    while fresh:
        fresh = {after for state in fresh for after in table[state].values()} - reached
        reached |= fresh
    assert reached == set(table)


def test_a_call_can_end_from_every_state() -> None:
    for state, row in CALL.items():
        assert state == "ended" or row["line goes"] == "ended"


def test_an_utterance_can_be_cut_until_it_is_settled() -> None:
    for state in ("queued", "playing", "held"):
        assert UTTERANCE[state]["cut"] == "cut"

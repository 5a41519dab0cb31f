"""The tables: every state can be reached, final states are final, and what is fired is what is tabled."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

import rapida.call
from rapida.call import states as s
from rapida.call.closing import FINAL, ORDERED
from rapida.errors import IllegalStep

Table = Mapping[Any, Mapping[Any, str]]
"""A table of any machine: the checker takes a mapping's keys only as they are declared."""

TABLES = [
    pytest.param(s.CALL, s.CallState, s.CallTrigger, {"ended"}, id="call"),
    pytest.param(s.FLOOR, s.FloorState, s.FloorTrigger, set[str](), id="floor"),
    pytest.param(s.UTTERANCE, s.UtteranceState, s.UtteranceTrigger, {"heard", "cut"}, id="utterance"),
    pytest.param(s.CLOSING, s.ClosingState, s.ClosingTrigger, {"handed over", "hanging up"}, id="closing"),
    pytest.param(s.COLLECTION, s.CollectionState, s.CollectionTrigger, set[str](), id="collection"),
]
MACHINES: Mapping[str, Table] = {
    "life": s.CALL,
    "floor": s.FLOOR,
    "playback": s.UTTERANCE,
    "_end": s.CLOSING,
    "_collection": s.COLLECTION,
}
"""The attribute that holds each machine, wherever in the core it is."""
SOURCES = [ast.parse(path.read_text("utf-8")) for path in Path(rapida.call.__file__).parent.glob("*.py")]
# Parsed here, not in a test: a traceback that Python 3.11 prints meanwhile, of a task left behind, breaks it.


@pytest.mark.parametrize(("table", "states", "triggers", "final"), TABLES)
def test_a_table_names_every_state_and_every_trigger_and_nothing_else(
    table: Table, states: object, triggers: object, final: set[str]
) -> None:
    assert set(table) == set(get_args(states))
    assert {after for row in table.values() for after in row.values()} <= set(table)
    assert {trigger for row in table.values() for trigger in row} == set(get_args(triggers))
    assert {state for state, row in table.items() if not row} == final


@pytest.mark.parametrize(("table", "states", "triggers", "final"), TABLES)
def test_every_state_can_be_reached_from_the_first(
    table: Table, states: object, triggers: object, final: set[str]
) -> None:
    first = next(iter(table))
    reached, fresh = {first}, {first}
    while fresh:
        fresh = {after for state in fresh for after in table[state].values()} - reached
        reached |= fresh
    assert reached == set(table)


def _calls(method: str) -> Iterator[tuple[str, str]]:
    """(machine, trigger) of every call of `method` on a machine in the core's source."""
    for source in SOURCES:
        for node in ast.walk(source):
            match node:
                case ast.Call(func=ast.Attribute(attr=attr, value=ast.Attribute(attr=held)), args=[trigger]):
                    if attr == method:
                        yield from ((held, word) for word in _words(trigger))
                case _:
                    pass


def _words(trigger: ast.expr) -> list[str]:
    match trigger:
        case ast.Constant(value=str(word)):
            return [word]
        case ast.IfExp(body=one, orelse=other):
            return [*_words(one), *_words(other)]
        case _:
            raise AssertionError(f"a trigger is written where it is fired, not {ast.unparse(trigger)}")


def test_what_the_core_fires_is_what_the_tables_have() -> None:
    fired = set(_calls("step"))
    tabled = {
        (held, trigger) for held, table in MACHINES.items() for row in table.values() for trigger in row
    }
    assert fired - tabled == set()
    assert tabled - fired == set(), "an arrow that nothing follows"


def test_only_what_is_fired_too_is_asked_for() -> None:
    assert set(_calls("may")) <= set(_calls("step"))


def test_a_step_follows_its_arrow_and_one_without_is_an_error() -> None:
    floor = s.Machine(s.FLOOR)
    assert floor.state == "nobody"
    floor.step("agent speaks")
    assert floor.may("barge-in")
    floor.step("agent speaks")
    assert floor.state == "agent", "tabled as a fact that changes nothing here"
    assert not floor.may("false alarm")
    with pytest.raises(IllegalStep, match="'false alarm' leads on from 'agent'"):
        floor.step("false alarm")
    assert floor.state == "agent"


def test_that_a_party_begins_or_stops_may_come_at_any_time() -> None:
    for row in s.FLOOR.values():
        assert {"caller speaks", "caller stops", "agent speaks", "agent stops"} <= set(row)


def test_a_call_can_end_from_every_state() -> None:
    for state, row in s.CALL.items():
        assert state == "ended" or row["line goes"] == "ended"


def test_an_utterance_can_be_cut_until_it_is_settled() -> None:
    for state in ("queued", "playing", "held"):
        assert s.UTTERANCE[state]["cut"] == "cut"


def test_the_end_of_a_call_is_ordered_once_and_only_a_refused_transfer_leads_back() -> None:
    arrows = {(state, trigger, after) for state, row in s.CLOSING.items() for trigger, after in row.items()}
    back = {(state, trigger) for state, trigger, after in arrows if state in ORDERED and after not in ORDERED}
    assert back == {("transferring", "carrier refuses")}
    assert not [state for state, _, after in arrows if state == after in ORDERED], "ordered twice"


def test_a_forced_end_is_put_off_by_nothing() -> None:
    assert {"call off", "plan"}.isdisjoint(s.CLOSING["forced"])
    assert set(s.CLOSING["forced"].values()) <= FINAL


def test_digits_that_were_complete_are_judged_once_and_keys_come_back_only_by_an_order() -> None:
    complete = [state for state, row in s.COLLECTION.items() if "complete" in row]
    assert complete == ["collecting"]
    freed = {trigger for row in s.COLLECTION.values() for trigger, after in row.items() if after == "none"}
    assert freed == {"withdraw", "release"}, "each orders the toolbox to tell keys again"

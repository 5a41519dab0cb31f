"""How far the move to a new key of the vault has come, told by what servers have loaded."""

from __future__ import annotations

import pytest

from rapida.workspace.vault_state import Move, move

ONE_KEY = {"a": ["k1"], "b": ["k1"]}
SECOND_ON_ONE = {"a": ["k1"], "b": ["k1", "k2"]}
SECOND = {"a": ["k1", "k2"], "b": ["k1", "k2"]}
FIRST_ON_ONE = {"a": ["k1", "k2"], "b": ["k2", "k1"]}
FIRST = {"a": ["k2", "k1"], "b": ["k2", "k1"]}


@pytest.mark.parametrize(
    ("loaded", "sealed", "replaced", "expected"),
    [
        (ONE_KEY, {"k1": 5}, (), Move("none", "k1")),
        (ONE_KEY, {}, (), Move("none", "k1")),
        (SECOND_ON_ONE, {"k1": 5}, (), Move("load", "k2", ("a",))),
        (SECOND, {"k1": 5}, (), Move("first", "k2", ("a", "b"))),
        (FIRST_ON_ONE, {"k1": 5, "k2": 2}, (), Move("first", "k2", ("a",))),
        (FIRST, {"k1": 5, "k2": 2}, (), Move("rotate", "k2")),
        (FIRST, {"k2": 7}, ("k1",), Move("drop", "k2", ("a", "b"))),
        ({"a": ["k2"], "b": ["k2", "k1"]}, {"k2": 7}, ("k1",), Move("drop", "k2", ("b",))),
        ({"a": ["k2"], "b": ["k2"]}, {"k2": 7}, ("k1",), Move("none", "k2")),
        # The next move: what was moved away from last is no key to move to.
        ({"a": ["k2", "k3"]}, {"k2": 7}, ("k1",), Move("first", "k3", ("a",))),
    ],
)
def test_the_next_step_of_a_move_is_told_by_what_servers_have_loaded(
    loaded: dict[str, list[str]], sealed: dict[str, int], replaced: tuple[str, ...], expected: Move
) -> None:
    assert move(loaded, sealed, frozenset(replaced)) == expected

"""Executors: known from their first beat, silent once they miss theirs, and gone when forgotten."""

from __future__ import annotations

from datetime import timedelta

from rapida.store import Store, executors
from tests.switchboard.ready_node import NOON

S = timedelta(seconds=1)


async def test_an_executor_is_silent_from_its_last_beat_on(store: Store) -> None:
    async with store.write() as tx:
        await executors.beat(tx, "one", NOON)
        await executors.beat(tx, "two", NOON)
        await executors.beat(tx, "two", NOON + S)
        assert await executors.silent(tx, NOON - S) == []
        assert await executors.silent(tx, NOON) == ["one"]
        assert sorted(await executors.silent(tx, NOON + S)) == ["one", "two"]


async def test_a_forgotten_executor_that_beats_again_is_known_again(store: Store) -> None:
    async with store.write() as tx:
        await executors.beat(tx, "one", NOON)
        await executors.beat(tx, "two", NOON)
        await executors.forget(tx, "one")
        assert await executors.silent(tx, NOON) == ["two"]
        await executors.beat(tx, "one", NOON)
        assert sorted(await executors.silent(tx, NOON)) == ["one", "two"]

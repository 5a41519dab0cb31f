"""Inbound calls while the database is away: who gets an apology, who gets silence, and what is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.errors import StoreError
from rapida.store.tables import contexts as contexts_table
from rapida.store.tables import conversations as conversations_table
from tests.switchboard.ready_node import (
    OTHER_CALL,
    ReadyNode,
    an_assistant,
    spoken,
)

SORRY = an_assistant().error_message


async def test_a_database_away_is_an_apology_to_a_known_line_and_silence_to_a_forger(
    ready: ReadyNode,
) -> None:
    await ready.rings()
    ready.store.goes_away()
    assert spoken(await ready.rings(CallSid=OTHER_CALL)) == SORRY
    # What is remembered must not show a forger which assistants there are.
    forgeries: list[dict[str, Any]] = [
        {"token": "somebody-else"},
        {"AccountSid": "AC" + "9" * 32},
        {"to": 99},
    ]
    for forged in forgeries:
        with pytest.raises(StoreError):
            await ready.rings(**forged)


async def test_lines_that_nobody_has_rung_are_known_before_the_database_goes(ready: ReadyNode) -> None:
    await ready.inbound.remember()
    ready.store.goes_away()
    assert spoken(await ready.rings()) == SORRY
    with pytest.raises(StoreError):
        await ready.rings(token="somebody-else")


async def test_what_is_remembered_of_a_line_proves_and_connects_nobody(ready: ReadyNode) -> None:
    """A database that is back for the second question knows better than memory whether anybody answers."""
    await ready.inbound.remember()
    await ready.deploy(enabled=False)
    ready.store.refuses_the_next_read()
    assert spoken(await ready.rings()) == SORRY
    assert await ready.count(conversations_table) == 0
    assert await ready.count(contexts_table) == 0


async def test_a_line_that_was_deployed_since_is_learned_and_one_that_is_off_is_not(ready: ReadyNode) -> None:
    await ready.deploy(enabled=False)
    await ready.inbound.remember()
    ready.store.goes_away()
    with pytest.raises(StoreError):
        await ready.rings()
    ready.store.comes_back()
    await ready.deploy()
    await ready.inbound.remember()
    ready.store.goes_away()
    assert spoken(await ready.rings()) == SORRY

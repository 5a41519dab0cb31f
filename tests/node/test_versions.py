"""Versions: read once, and no more of them kept than allowed."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from rapida.errors import NotFound
from rapida.node import versions
from rapida.node.versions import Versions
from rapida.store import assistants
from rapida.store.tables import assistant_versions
from tests.switchboard.ready_node import NOON, ReadyNode


async def test_a_version_is_read_once(ready: ReadyNode) -> None:
    kept = Versions()
    async with ready.node.store.write() as tx:
        first = await kept.get(tx, ready.assistant_id, 1)
        await tx.execute(delete(assistant_versions))
        assert await kept.get(tx, ready.assistant_id, 1) is first
        with pytest.raises(NotFound):
            await kept.get(tx, ready.assistant_id, 2)


async def test_the_version_not_asked_for_longest_is_forgotten(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "KEPT", 2)
    kept = Versions()
    async with ready.node.store.write() as tx:
        first = await assistants.version(tx, ready.assistant_id, 1)
        for _ in range(2):
            await assistants.add_version(tx, first, NOON)
        for number in (1, 2, 1, 3):
            await kept.get(tx, ready.assistant_id, number)
        await tx.execute(delete(assistant_versions))
        assert (await kept.get(tx, ready.assistant_id, 1)).version == 1
        with pytest.raises(NotFound):
            await kept.get(tx, ready.assistant_id, 2)

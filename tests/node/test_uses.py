"""Uses of credentials: counted in memory, written by day, and never lost or counted twice."""

from __future__ import annotations

import asyncio

import pytest

from rapida.errors import StoreError
from rapida.node.uses import write_uses
from rapida.store import Store, credentials
from tests.databases import Place, open_store
from tests.switchboard.ready_node import ReadyNode, open_ready_node


async def written(ready: ReadyNode) -> dict[str, int]:
    async with ready.node.store.read() as tx:
        return await credentials.uses(tx, ready.credential_id)


async def test_uses_are_written_once_and_add_up_by_day(ready: ReadyNode) -> None:
    counted = ready.node.prover.uses
    counted[ready.credential_id] += 2
    await write_uses(ready.node)
    await write_uses(ready.node)
    counted[ready.credential_id] += 1
    await write_uses(ready.node)
    assert await written(ready) == {"2026-11-22": 3}
    ready.clock.turn(days=1)
    counted[ready.credential_id] += 1
    await write_uses(ready.node)
    assert await written(ready) == {"2026-11-23": 1, "2026-11-22": 3}


async def test_a_deleted_credentials_uses_stop_nobody_elses(ready: ReadyNode) -> None:
    ready.node.prover.uses.update({ready.credential_id: 1, 999: 5})
    await write_uses(ready.node)
    assert await written(ready) == {"2026-11-22": 1}
    assert not ready.node.prover.uses


@pytest.mark.parametrize("failure", [StoreError, ValueError, asyncio.CancelledError])
async def test_what_cannot_be_written_is_kept_with_what_is_counted_meanwhile(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    async def away(*_: object) -> None:
        ready.node.prover.uses[ready.credential_id] += 1
        raise failure("away")

    ready.node.prover.uses[ready.credential_id] += 2
    with monkeypatch.context() as broken:
        broken.setattr(credentials, "count_uses", away)
        with pytest.raises(failure):
            await write_uses(ready.node)
    assert await written(ready) == {}
    await write_uses(ready.node)
    assert await written(ready) == {"2026-11-22": 3}


async def test_two_processes_may_write_the_first_uses_of_a_day_at_once(place: Place) -> None:
    async with open_ready_node(place) as ready, open_store(place) as second:
        stores = (ready.node.store, second)
        day, both = ready.clock.now.date(), asyncio.Barrier(2)

        async def count(store: Store) -> None:
            await both.wait()
            async with store.write() as tx:
                await credentials.count_uses(tx, day, {ready.credential_id: 2})
                await asyncio.sleep(0.05)

        await asyncio.gather(*map(count, stores))
        assert await written(ready) == {day.isoformat(): 4}

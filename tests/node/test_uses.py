"""Uses of credentials: counted in memory, written by day, and never lost or counted twice."""

from __future__ import annotations

import asyncio

import pytest

from rapida.errors import StoreError
from rapida.node.uses import write_uses
from rapida.store import Store, credentials
from tests.databases import Place, open_store
from tests.switchboard.office import Office, open_office


async def written(office: Office) -> dict[str, int]:
    async with office.node.store.read() as tx:
        return await credentials.uses(tx, office.credential_id)


async def test_uses_are_written_once_and_add_up_by_day(office: Office) -> None:
    counted = office.node.prover.uses
    counted[office.credential_id] += 2
    await write_uses(office.node)
    await write_uses(office.node)
    counted[office.credential_id] += 1
    await write_uses(office.node)
    assert await written(office) == {"2026-11-22": 3}
    office.clock.turn(days=1)
    counted[office.credential_id] += 1
    await write_uses(office.node)
    assert await written(office) == {"2026-11-23": 1, "2026-11-22": 3}


async def test_a_deleted_credentials_uses_stop_nobody_elses(office: Office) -> None:
    office.node.prover.uses.update({office.credential_id: 1, 999: 5})
    await write_uses(office.node)
    assert await written(office) == {"2026-11-22": 1}
    assert not office.node.prover.uses


@pytest.mark.parametrize("failure", [StoreError, ValueError, asyncio.CancelledError])
async def test_what_cannot_be_written_is_kept_with_what_is_counted_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    async def away(*_: object) -> None:
        office.node.prover.uses[office.credential_id] += 1
        raise failure("away")

    office.node.prover.uses[office.credential_id] += 2
    with monkeypatch.context() as broken:
        broken.setattr(credentials, "count_uses", away)
        with pytest.raises(failure):
            await write_uses(office.node)
    assert await written(office) == {}
    await write_uses(office.node)
    assert await written(office) == {"2026-11-22": 3}


async def test_two_processes_may_write_the_first_uses_of_a_day_at_once(place: Place) -> None:
    async with open_office(place) as office, open_store(place) as second:
        stores = (office.node.store, second)
        day, both = office.clock.now.date(), asyncio.Barrier(2)

        async def count(store: Store) -> None:
            await both.wait()
            async with store.write() as tx:
                await credentials.count_uses(tx, day, {office.credential_id: 2})
                await asyncio.sleep(0.05)

        await asyncio.gather(*map(count, stores))
        assert await written(office) == {day.isoformat(): 4}

"""Idempotency keys: a project's own, used once, and free again after their time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from rapida.store import idempotency, tenants
from rapida.store.idempotency import KEPT_FOR, Used
from tests.databases import Place, open_store
from tests.doubles.store_double import StoreDouble
from tests.store.races import racing
from tests.switchboard.ready_node import NOON, ReadyNode, context_of, open_ready_node

MS = timedelta(milliseconds=1)


async def test_a_key_is_used_once_and_says_what_for(ready: ReadyNode) -> None:
    project, context_id = ready.project_id, context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        assert await idempotency.find(tx, project, "k", NOON) is None
        assert await idempotency.keep(tx, project, "k", "first", context_id, NOON)
        assert not await idempotency.keep(tx, project, "k", "second", context_id, NOON)
        assert await idempotency.keep(tx, project, "other", "second", context_id, NOON)
    async with ready.node.store.read() as tx:
        assert await idempotency.find(tx, project, "k", NOON) == Used("first", context_id, NOON)


async def test_a_key_of_another_project_is_another_key(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Theirs", NOON)
        theirs = (await tenants.create_project(tx, organization_id, "Theirs", NOON)).id
        assert await idempotency.keep(tx, ready.project_id, "k", "ours", context_id, NOON)
        assert await idempotency.find(tx, theirs, "k", NOON) is None
        assert await idempotency.keep(tx, theirs, "k", "theirs", context_id, NOON)


async def test_a_key_is_free_again_when_its_time_is_over_and_no_sooner(ready: ReadyNode) -> None:
    project, context_id = ready.project_id, context_of(await ready.rings())
    over = NOON + KEPT_FOR
    async with ready.node.store.write() as tx:
        await idempotency.keep(tx, project, "k", "first", context_id, NOON)
        assert await idempotency.find(tx, project, "k", over - MS) is not None
        assert not await idempotency.keep(tx, project, "k", "second", context_id, over - MS)
        assert await idempotency.find(tx, project, "k", over) is None
        assert await idempotency.keep(tx, project, "k", "second", context_id, over)
        assert await idempotency.find(tx, project, "k", over) == Used("second", context_id, over)


async def test_only_keys_whose_time_is_over_are_forgotten(ready: ReadyNode) -> None:
    project, context_id = ready.project_id, context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        await idempotency.keep(tx, project, "old", "", context_id, NOON)
        await idempotency.keep(tx, project, "new", "", context_id, NOON + MS)
        assert await idempotency.forget(tx, NOON + KEPT_FOR) == 1
        assert await idempotency.find(tx, project, "new", NOON + KEPT_FOR) is not None


async def test_of_two_processes_with_one_key_one_gets_it(place: Place) -> None:
    async with open_ready_node(place) as ready, open_store(place) as second:
        contexts = [context_of(await ready.rings(CallSid="CA" + digit * 32)) for digit in "34"]

        async def kept(store: StoreDouble, context_id: UUID) -> bool:
            async with store.write() as tx:
                mine = await idempotency.keep(tx, ready.project_id, "k", str(context_id), context_id, NOON)
                await until_the_other_asks(store)
                return mine

        with racing(ready.store, second) as until_the_other_asks:
            ended = await asyncio.gather(*map(kept, (ready.store, second), contexts))
        assert sorted(ended) == [False, True]
        winner = contexts[ended.index(True)]
        async with second.read() as tx:
            assert await idempotency.find(tx, ready.project_id, "k", NOON) == Used(str(winner), winner, NOON)

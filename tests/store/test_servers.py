"""Servers: who lives, which keys they have loaded, and which calls the dead ones left."""

from __future__ import annotations

from datetime import timedelta

from rapida.store import Store, contexts, servers
from rapida.store.servers import LostCall, Server
from tests.switchboard.ready_node import NOON, ReadyNode, context_of

S = timedelta(seconds=1)
ONE, TWO = Server("1", "one", ["a"]), Server("2", "", ["a", "b"])


async def test_a_server_lives_while_it_is_heard_of(store: Store) -> None:
    async with store.write() as tx:
        await servers.beat(tx, ONE, NOON)
        await servers.beat(tx, TWO, NOON)
        await servers.beat(tx, TWO, NOON + 20 * S)
        assert await servers.others(tx, ONE.id, NOON - S) == 1
        assert await servers.others(tx, TWO.id, NOON) == 0
        await servers.leave(tx, TWO.id)
        assert await servers.others(tx, ONE.id, NOON - S) == 0


async def test_servers_without_a_key_are_named_as_people_know_them(store: Store) -> None:
    async with store.write() as tx:
        await servers.beat(tx, ONE, NOON)
        await servers.beat(tx, TWO, NOON + S)
        assert await servers.without_key(tx, "b", NOON - S) == ["one"]
        assert await servers.without_key(tx, "c", NOON - S) == ["one", "2"]
        assert await servers.without_key(tx, "c", NOON) == ["2"], "the other one is silent"


async def test_a_call_is_lost_when_its_server_has_fallen_silent_or_is_forgotten(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        await servers.beat(tx, ONE, NOON)
        assert await contexts.claim(tx, context_id, ONE.id, True, NOON)
        found = await contexts.find(tx, context_id)
        assert found is not None
        assert await servers.lost_calls(tx, NOON - S, NOON) == []
        lost = LostCall(context_id, found.conversation_id, NOON)
        assert await servers.lost_calls(tx, NOON, NOON) == [lost]
        await servers.forget(tx, NOON)
        assert await servers.lost_calls(tx, NOON, NOON) == [LostCall(context_id, found.conversation_id, None)]

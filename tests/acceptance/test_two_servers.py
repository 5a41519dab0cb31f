"""Two servers of one database: what befalls a call comes in at either, and reaches the one that holds it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID

import httpx

from rapida import app
from rapida.node.clock import utc_now
from rapida.settings import Settings
from rapida.store import Store, api_keys, contexts, deployments, live_news
from rapida.vault import tokens
from tests.databases import Place

from .carrier import Carrier, close_code, start_message
from .process import Prepared, prepared
from .server import InProcessServer, assistant

HOST = "voice.example.com"
LONG = "This goes on for quite a while, " * 20
MIXES = [mix for mix in product("ab", repeat=3) if mix[1] != mix[2]]
"""At which server a call's webhook, its stream and the request that ends it come in; the last two differ."""


@dataclass
class Two:
    """Two servers, and the carrier at each of them."""

    place: Prepared
    servers: dict[str, InProcessServer]
    carriers: dict[str, Carrier]
    key: str

    async def hang_up(self, at: str, conversation_id: int) -> int:
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(
                f"http://{self.servers[at].address}/v1/conversations/{conversation_id}/hangup",
                headers={"authorization": f"Bearer {self.key}"},
            )
        return answer.status_code

    async def of_call(self, url: str) -> int:
        """The conversation of a stream's address."""
        async with self.place.store.read() as tx:
            found = await contexts.find(tx, UUID(url.rpartition("/")[2]))
        assert found is not None
        return found.conversation_id


async def an_editors_key(store: Store) -> str:
    token = tokens.new_api_key()
    async with store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        draft = api_keys.NewApiKey(demo.project_id, "Who hangs up", "editor")
        await api_keys.create(tx, draft, token.prefix, token.digest, utc_now())
    return token.text


@asynccontextmanager
async def two_servers(place: Place) -> AsyncIterator[Two]:
    url = None if place.is_sqlite else place.url
    settings = Settings(
        data_dir=place.directory, configured_database_url=url, public_host=HOST, host="127.0.0.1", port=0
    )
    async with (
        prepared(place.directory, assistant(greeting=LONG), url=url, demo=False) as made,
        app.running(settings, drain_s=0.0) as first,
        app.running(settings, drain_s=0.0) as second,
    ):
        # The first has looked around before there was a second.
        await first.peers.look_around()
        servers = {"a": server_of(first, made), "b": server_of(second, made)}
        async with Carrier(servers["a"]) as one, Carrier(servers["b"]) as two:
            yield Two(made, servers, {"a": one, "b": two}, await an_editors_key(made.store))


def server_of(rapida: app.Rapida, made: Prepared) -> InProcessServer:
    return InProcessServer(
        store=rapida.node.store,
        data_dir=made.data_dir,
        account=made.account,
        host=HOST,
        address=f"127.0.0.1:{rapida.port}",
        rapida=rapida,
    )


async def test_a_call_is_ended_at_the_server_that_does_not_hold_it(place: Place) -> None:
    async with two_servers(place) as both:

        async def call(nth: int, webhook: str, stream: str, other: str) -> tuple[int, int, int]:
            sid = f"CA{nth:032d}"
            url = await both.carriers[webhook].announces(both.place.number, sid)
            conversation_id = await both.of_call(url)
            async with await both.carriers[stream].plugs_in(url) as socket:
                await socket.send(start_message(both.place.account, sid))
                assert json.loads(await socket.recv())["event"] == "media"
                if nth % 2:
                    status = await both.hang_up(other, conversation_id)
                else:
                    status = 202
                await both.carriers[other].ends(url, sid)
                code = await close_code(socket)
            return conversation_id, status, code

        ended = await asyncio.gather(*(call(nth, *mix) for nth, mix in enumerate(MIXES)))
        for server in both.servers.values():
            await server.idle()  # also of what was announced here and came to the other
        found = {each: await both.servers["a"].recorded(each) for each, *_ in ended}
        assert [(status, code) for _, status, code in ended] == [(202, 1000)] * len(MIXES)
        reasons = [found[each].conversation.end_reason for each, *_ in ended]
        assert reasons == ["caller_hangup", "operator_hangup"] * (len(MIXES) // 2)
        assert {each.conversation.status for each in found.values()} == {"ended"}


async def test_calls_of_another_server_are_followed_and_ended_there_and_without_a_follower_nothing_is_sent(
    place: Place,
) -> None:
    async with two_servers(place) as both, asyncio.timeout(120):
        sid = f"CA{77:032d}"
        url = await both.carriers["b"].announces(both.place.number, sid)
        conversation_id = await both.of_call(url)
        async with await both.carriers["b"].plugs_in(url) as socket:
            await socket.send(start_message(both.place.account, sid))
            assert json.loads(await socket.recv())["event"] == "media"
            async with both.place.store.read() as tx:
                assert await live_news.newest(tx) == 0

            async def end_it() -> None:
                assert await both.hang_up("a", conversation_id) == 202
                await both.carriers["a"].ends(url, sid)

            told = await followed(both, "a", end_it)
            assert await close_code(socket) == 1000
        for server in both.servers.values():
            await server.idle()
    assert told[0] == ("calls", {"calls": []})
    names = [name for name, _ in told]
    assert names[1] == "call.began"
    assert told[1][1]["conversation_id"] == conversation_id
    assert "levels" in names
    assert names[-1] == "call.ended"
    assert told[-1][1]["reason"] == "operator_hangup"


async def followed(both: Two, at: str, end_it: Callable[[], Awaitable[None]]) -> list[tuple[str, Any]]:
    """What a page is told at a server that does not hold the call, which is ended once its levels show."""
    told: list[tuple[str, Any]] = []
    hung_up = False
    async with (
        httpx.AsyncClient(timeout=60, headers={"authorization": f"Bearer {both.key}"}) as client,
        client.stream("GET", f"http://{both.servers[at].address}/v1/live") as answer,
    ):
        name = ""
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                told.append((name, json.loads(value)))
            if name == "levels" and not hung_up:
                hung_up = True
                await end_it()
            if told and told[-1][0] == "call.ended":
                break
    return told

"""Streams to vendors: where they go, what a refusal means, and when they are opened again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from rapida.errors import ProviderError, ProviderRefused, ProviderUnavailable
from rapida.providers import outgoing, refusals, websocket
from rapida.providers.outgoing import AddressRefused
from rapida.providers.refusals import Failures
from rapida.providers.websocket import LONGEST_WAIT_S, Reconnection, connect

KEY = "do-not-show-me"
FAILURES = Failures("vendor", (KEY,))


@asynccontextmanager
async def vendor(status: int = 101, **headers: str) -> AsyncIterator[tuple[str, list[Request]]]:
    """A server that takes a stream, or refuses it with a status; its address, and what it was asked."""
    asked: list[Request] = []

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        asked.append(request)
        if status == 101:
            return None
        response = connection.respond(status, f"no; you sent {KEY}")
        response.headers.update(headers)
        return response

    async def talk(connection: ServerConnection) -> None:
        # Every message comes in frames of a byte each.
        async for message in connection:
            assert isinstance(message, str)
            await connection.send(list(message))

    async with serve(talk, "127.0.0.1", 0, process_request=answer) as server:
        yield f"ws://127.0.0.1:{port_of(server)}/listen", asked


def port_of(server: Server) -> int:
    return next(iter(server.sockets)).getsockname()[1]


async def test_a_handshake_carries_the_secret_and_messages_come_whole_whatever_their_frames() -> None:
    async with vendor() as (url, asked):
        stream = await connect(FAILURES, url, {"x-key": KEY})
        await stream.send("hello there")
        assert await stream.recv() == "hello there"
        await stream.close()
    assert (asked[0].path, asked[0].headers["x-key"]) == ("/listen", KEY)


@pytest.mark.parametrize(
    ("status", "headers", "kind", "told"),
    [
        (401, {}, ProviderRefused, "put a valid one"),
        (400, {}, ProviderRefused, "no; you sent …"),
        (400, {"x-why": f"no such model; {KEY}"}, ProviderRefused, "no such model; …"),
        (302, {"location": "ws://elsewhere.example/"}, ProviderRefused, "redirection"),
        (429, {}, ProviderUnavailable, "HTTP 429"),
        (503, {"retry-after": "3"}, ProviderUnavailable, "HTTP 503"),
    ],
)
async def test_a_refusal_is_one_of_our_two_errors(
    status: int, headers: dict[str, str], kind: type[ProviderError], told: str
) -> None:
    async with vendor(status, **headers) as (url, asked):
        with pytest.raises(kind, match=told) as caught:
            await connect(FAILURES, url, {"x-key": KEY}, reason_header="x-why")
    assert (len(asked), KEY in str(caught.value)) == (1, False)
    waits = {429: refusals.OVERLOADED_WAIT_S, 503: 3}
    assert caught.value.retry_after_s == waits.get(status)


async def test_a_server_that_is_not_there_or_says_nothing_may_be_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with vendor() as (url, _):
        pass
    with pytest.raises(ProviderUnavailable, match="connection to the server failed"):
        await connect(FAILURES, url, {})
    monkeypatch.setattr(websocket, "CONNECT_S", 0.3)
    hung_up = asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        hung_up.set()

    silent = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    async with silent:
        with pytest.raises(ProviderUnavailable, match="does not answer"):
            await connect(FAILURES, f"ws://127.0.0.1:{silent.sockets[0].getsockname()[1]}/", {})
        await hung_up.wait()


async def test_a_private_host_is_not_asked() -> None:
    outgoing.policy.allow(())
    async with vendor() as (url, asked):
        with pytest.raises(AddressRefused):
            await connect(FAILURES, url, {})
    assert asked == []


async def test_where_one_address_of_a_name_leads_nowhere_the_next_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def getaddrinfo(name: str, port: int, **_: Any) -> list[Any]:
        assert name == "ears.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.2", "127.0.0.1")]

    outgoing.policy.allow(("ears.example",))
    async with vendor() as (url, asked):
        resolve = outgoing.policy.resolve
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        addresses = await resolve("vendor", "ears.example", 80)
        monkeypatch.undo()

        async def resolved(*_: Any) -> list[str]:
            return addresses

        monkeypatch.setattr(outgoing.policy, "resolve", resolved)
        stream = await connect(FAILURES, url.replace("127.0.0.1", "ears.example"), {})
        await stream.close()
    assert asked[0].headers["host"].startswith("ears.example:")


# Again ------------------------------------------------------------------------------------------------------


def waits(again: Reconnection, *asked_for: float | None) -> list[float]:
    return [again.wait_s(ProviderUnavailable("v", "away", retry_after_s=each)) for each in asked_for]


def test_the_first_attempt_is_made_at_once_and_then_waits_double() -> None:
    assert waits(Reconnection(5, 0.2), *[None] * 5) == [0.0, 0.2, 0.4, 0.8, 1.6]


def test_a_server_that_asks_to_be_left_alone_is_but_no_longer_than_a_caller_can_wait() -> None:
    assert waits(Reconnection(5, 0.2), 1.0, 0.1, 3600.0) == [1.0, 0.2, LONGEST_WAIT_S]


def test_failures_in_a_row_end_in_the_last_and_a_success_between_them_forgets_them() -> None:
    again, last = Reconnection(2, 0.2), ProviderUnavailable("v", "gone")
    waits(again, None, None)
    again.succeeded()
    assert waits(again, None, None) == [0.0, 0.2]
    with pytest.raises(ProviderUnavailable, match="gone") as caught:
        again.wait_s(last)
    assert caught.value is last

"""Signing against the published vectors, mapping, and the retries a URL's fragment asks for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from rapida.errors import ConfigurationError
from rapida.simulator.twilio.network import Account, Exchange, Network, Overrides, split_address

from .app import ACCOUNT, HOST, App, serving

VECTORS = json.loads((Path(__file__).parent / "signature_vectors.json").read_text())["vectors"]
SIGNED = [
    v
    for v in VECTORS
    if v["algorithm"] == "HMAC_SHA1" and v["kind"] != "json" and v["twilio_python_validate"]
]
URL = f"https://{HOST}/voice"


@pytest.mark.parametrize("vector", SIGNED, ids=lambda vector: vector["name"])
async def test_requests_are_signed_as_twilio_signs(vector: dict[str, Any]) -> None:
    network = Network(Account("AC1", vector["token"]), "127.0.0.1:1")
    proof = network.proof(vector["signed_url"], vector["params"])
    assert proof == {"X-Twilio-Signature": vector["signature"]}
    assert network.proof("https://x", {}, "missing") == {}
    assert network.proof(vector["signed_url"], vector["params"], "forged") != proof
    await network.aclose()


async def test_a_public_address_is_asked_at_the_mapped_one_under_its_own_name() -> None:
    async with serving(App()) as app:
        network = Network(ACCOUNT, app.address)
        exchange = await network.request(URL, {"CallSid": "CA1", "FromCity": "SÃO PAULO", "FromZip": ""})
        await network.aclose()
    (received,) = app.requests
    assert exchange.status == 200
    assert received.proved
    assert received.form == {"CallSid": "CA1", "FromCity": "SÃO PAULO", "FromZip": ""}
    assert received.headers["host"] == HOST
    assert received.headers["i-twilio-idempotency-token"] == exchange.token


async def test_a_server_error_is_tried_again_only_where_the_url_asks_and_with_the_same_request() -> None:
    async with serving(App(statuses=[503, 503, 503, 200])) as app:
        network = Network(ACCOUNT, app.address)
        once = await network.request(URL, {"CallSid": "CA1"})
        again = await network.request(f"{URL}#rc=2&rp=5xx", {"CallSid": "CA2"})
        await network.aclose()
    assert (once.status, once.attempts) == (503, 1)
    assert (again.status, again.attempts) == (200, 3)
    repeated = app.requests[1:]
    assert len({request.headers["i-twilio-idempotency-token"] for request in repeated}) == 1
    assert len({request.headers["x-twilio-signature"] for request in repeated}) == 1
    assert all(request.proved and request.path == "/voice" for request in repeated)


async def test_no_connection_is_tried_twice_and_told() -> None:
    network = Network(ACCOUNT, "127.0.0.1:1")
    exchange = await network.request(URL, {})
    await network.aclose()
    assert (exchange.status, exchange.attempts) == (None, 2)
    assert "ConnectError" in exchange.failure


Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...


async def garble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"this is no HTTP\r\n\r\n")


async def squeeze(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer that says it is compressed, and is not."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 11\r\n\r\n<Response/>")


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer without an end, never silent for long."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def asked_of(served: Served, fragment: str = "") -> Exchange:
    """What becomes of a request to a server that treats every connection like this and then closes it."""
    tasks: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await served(reader, writer)
        writer.close()

    async with (
        asyncio.timeout(120),
        await asyncio.start_server(
            lambda reader, writer: tasks.append(asyncio.create_task(connected(reader, writer))),
            "127.0.0.1",
            0,
        ) as server,
    ):
        network = Network(ACCOUNT, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        exchange = await network.request(f"{URL}#{fragment}", {"CallSid": "CA1"})
        await network.aclose()
        await asyncio.gather(*tasks)
    return exchange


@pytest.mark.parametrize("served", [hang_up, garble, squeeze])
async def test_once_connected_a_failure_is_tried_again_only_where_the_url_asks(served: Served) -> None:
    once, again = await asked_of(served), await asked_of(served, "rc=2&rp=rt")
    assert (once.status, once.attempts, once.failure != "") == (None, 1, True)
    assert (again.status, again.attempts) == (None, 3)


async def test_all_tries_together_have_the_total_time() -> None:
    exchange = await asked_of(drip, "tt=300&rp=all")
    assert (exchange.status, exchange.attempts) == (None, 1)
    assert exchange.failure == "no answer within 0.3 s in all"


def test_overrides_are_read_within_twilios_bounds() -> None:
    assert Overrides.of("") == Overrides(1, frozenset({"ct"}), 5.0, 15.0, 15.0)
    most = Overrides(5, frozenset({"4xx", "rt"}), 0.1, 15.0, 0.1)
    assert Overrides.of("rc=9&rp=4xx,rt&ct=50&rt=99999&tt=7") == most
    assert Overrides.of("rc=many") == Overrides()


@pytest.mark.parametrize("address", ["localhost", ":80", "host:http", ""])
def test_an_address_is_host_and_port(address: str) -> None:
    with pytest.raises(ConfigurationError, match="HOST:PORT"):
        split_address(address)


def test_the_token_is_not_shown() -> None:
    assert ACCOUNT.token not in repr(ACCOUNT)

"""The guarded client: headers, connections that are kept, answers in every chunking, and what breaks."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from rapida.errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from rapida.providers import http, outgoing
from rapida.providers.http import (
    Client,
    beginning,
    certificates,
    problem_of_header,
    problem_of_headers,
    sendable,
)
from rapida.providers.outgoing import AddressRefused
from rapida.providers.refusals import Failures
from tests.doubles.http_double import Conduct, HttpDouble, Request

KEY = "do-not-show-me"
FAILURES = Failures("vendor", (KEY,))
VALUES = [{"n": 1, "text": "a\u2028b"}, {"n": 2}]


@dataclass
class Server(HttpDouble):
    """Sends a body, a number of bytes at a time."""

    body: bytes = b""
    step: int = 1000

    def pieces(self, request: Request) -> list[bytes]:
        return [self.body[at : at + self.step] for at in range(0, len(self.body), self.step)]


@asynccontextmanager
async def client_of(server: Server, **more: Any) -> AsyncIterator[Client]:
    async with server.running(), Client(FAILURES, server.url, {"x-key": KEY}, **more) as client:
        yield client


async def events_of(client: Client) -> list[Any]:
    async with client.post("ask", {"q": 1}) as answer:
        return [value async for value in answer.json_events()]


async def lines_of(client: Client) -> list[bytes]:
    async with client.post("ask", {"q": 1}) as answer:
        return [line async for line in answer.lines()]


# Answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
async def test_an_answer_is_read_in_whatever_pieces_it_comes(step: int) -> None:
    said = [json.dumps(value, ensure_ascii=False) for value in VALUES]
    server = Server(body="".join(f"data: {text}\r\n\r\n" for text in said).encode(), step=step)
    async with client_of(server) as client:
        assert await events_of(client) == VALUES
        server.body = "\n\n".join(said).encode()
        assert await lines_of(client) == [text.encode() for text in said]


async def test_a_request_carries_what_the_client_was_given_behind_its_base_url() -> None:
    server = Server()
    async with server.running(), Client(FAILURES, f"{server.url}/proxy/", {"x-key": KEY}) as client:
        for path in ("v1/ask", "/v1/ask"):
            async with client.post(path, {"q": 1}, {"format": "a b"}):
                pass
    for request in server.requests:
        assert (request.method, request.path) == ("POST", "/proxy/v1/ask?format=a+b")
        assert (request.headers["x-key"], request.json) == (KEY, {"q": 1})


async def test_the_next_request_uses_the_connection_of_the_last() -> None:
    server = Server(body=b"1\n")
    async with client_of(server) as client:
        for _ in range(3):
            assert await lines_of(client) == [b"1"]
    assert (len(server.requests), server.connections) == (3, 1)


async def test_of_an_endless_body_no_more_than_its_beginning_is_taken() -> None:
    server = Server(body=b"x" * 100, step=10, conducts=[Conduct(after=5, then="stall")])
    async with asyncio.timeout(120), client_of(server) as client, client.ask("GET", "/") as response:
        assert await beginning(response.aiter_raw(), 45) == b"x" * 45


# What fails -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conduct", "kind", "told"),
    [
        (Conduct(refuse=401), ProviderRefused, "put a valid one"),
        (Conduct(refuse=400, error={"error": f"you sent {KEY}"}), ProviderRefused, "you sent …"),
        (Conduct(refuse=307), ProviderRefused, "redirection"),
        (Conduct(refuse=503), ProviderUnavailable, "overloaded or failing"),
        (Conduct(after=1, then="drop"), ProviderUnavailable, "connection to the server failed"),
        (Conduct(after=1, then="garble"), ProviderUnavailable, "no JSON"),
    ],
)
async def test_whatever_fails_is_one_of_our_two_errors_and_the_client_goes_on(
    conduct: Conduct, kind: type[ProviderError], told: str
) -> None:
    server = Server(body=b'data: {"n": 1}\n\n', step=8, conducts=[conduct])
    async with client_of(server) as client:
        with pytest.raises(kind, match=told) as caught:
            await events_of(client)
        assert (caught.value.provider, KEY in str(caught.value)) == ("vendor", False)
        assert await events_of(client) == [{"n": 1}]


async def test_how_long_to_wait_is_told_with_the_refusal() -> None:
    server = Server(conducts=[Conduct(refuse=503, headers={"Retry-After": "7"})])
    async with client_of(server) as client:
        with pytest.raises(ProviderUnavailable) as caught:
            await events_of(client)
    assert caught.value.retry_after_s == 7


async def test_a_server_that_falls_silent_is_given_up_after_the_clients_own_time() -> None:
    server = Server(conducts=[Conduct(wait=asyncio.Event())])
    async with client_of(server, silence_s=0.2) as client:
        with pytest.raises(ProviderUnavailable, match="does not answer"):
            await events_of(client)


async def test_a_closed_client_asks_nothing_until_it_is_opened_again() -> None:
    server = Server(body=b"1\n")
    async with client_of(server) as client:
        await client.aclose()
        await client.aclose()
        with pytest.raises(ProviderUnavailable, match="closed"):
            await lines_of(client)
        await client.open()
        assert await lines_of(client) == [b"1"]


async def test_an_error_of_the_callers_own_passes_through() -> None:
    async with client_of(Server(body=b"1\n")) as client:
        with pytest.raises(KeyError):
            async with client.post("ask", {}):
                raise KeyError


# Where it goes ----------------------------------------------------------------------------------------------


async def test_a_private_host_is_not_asked_unless_it_is_allowed_or_the_operators_own() -> None:
    outgoing.policy.allow(())
    server = Server(body=b"1\n")
    async with client_of(server) as client:
        with pytest.raises(AddressRefused):
            await lines_of(client)
        assert server.connections == 0
        async with Client(FAILURES, server.url, guarded=False) as ours:
            assert await lines_of(ours) == [b"1"]


async def test_a_warm_up_leaves_a_connection_open_and_holds_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(body=b"1\n")
    async with server.running():
        client = Client(FAILURES, server.url)
        await client.open(warm_up="hello")
        assert (server.requests[0].method, server.requests[0].path) == ("GET", "/hello")
        assert await lines_of(client) == [b"1"]
        assert server.connections == 1
        await client.aclose()
        monkeypatch.setattr(http, "WARM_UP_S", 0.2)
        server.conducts = [Conduct(wait=asyncio.Event())]
        async with asyncio.timeout(120):
            await client.open(warm_up="hello")
        await client.aclose()


async def test_certificates_are_read_once_for_all_and_names_are_checked_by_them() -> None:
    first, second = await asyncio.gather(certificates(), certificates())
    assert first is second
    assert (first.verify_mode, first.check_hostname) == (ssl.CERT_REQUIRED, True)


# Headers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x y", "", "x:", "x\n"])
@pytest.mark.parametrize("value", ["a", "a\nb", "é"])
def test_what_can_be_no_header_is_named(name: str, value: str) -> None:
    assert problem_of_header(name, value)
    assert bool(problem_of_header("x", value)) == (value != "a")


def test_a_header_that_is_not_a_persons_to_set_is_refused_however_it_is_written() -> None:
    taken = {"host": "is what base_url names"}
    assert problem_of_headers({"x": "1", "HoSt": "2"}, taken) == "the header HoSt is what base_url names"
    assert "line breaks" in problem_of_headers({"x": "1\n"}, taken)
    assert problem_of_headers({"x": "1"}, taken) == ""


def test_a_secret_pasted_with_its_line_is_mended_and_one_that_can_not_be_sent_is_refused_unseen() -> None:
    assert sendable("v", f" {KEY}\n") == KEY
    for secret in (f"{KEY}\n{KEY}", f"{KEY}é"):
        with pytest.raises(ConfigurationError, match="copy the key again") as caught:
            sendable("v", secret)
        assert KEY not in str(caught.value)

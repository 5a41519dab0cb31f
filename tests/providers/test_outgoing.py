"""What users may make this server ask: hosts that lead inside, in every spelling, and names that lie."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from rapida.providers import outgoing
from rapida.providers.outgoing import AddressRefused, is_public, policy, transport
from rapida.telephony.twilio.credential import TwilioCredential
from rapida.telephony.twilio.rest import Twilio, TwilioOptions


@pytest.fixture(autouse=True)
def nothing_is_allowed() -> Iterator[None]:
    policy.allow(())
    yield


class Names:
    """A name server in a test's hand: what each name leads to, one answer after another."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.asked: list[str] = []
        self._answers = {name.replace("_", "."): each for name, each in answers.items()}

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        answers = self._answers.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(**answers: list[list[str]]) -> Names:
        made = Names(**answers)
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "getaddrinfo", made.getaddrinfo, raising=False)
        return made

    return of


@asynccontextmanager
async def web_server() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on this machine: its port, and the heads of the requests that reached it."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heads
    finally:
        server.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.1",
        "192.0.0.9",
        "192.0.0.192",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fec0::1",
        "feff::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "::ffff:192.0.0.192",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)
def test_an_inner_address_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_out_in_the_world_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "::1", "0.0.0.0"],
)
async def test_this_machine_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(AddressRefused, match="RAPIDA_ALLOW_HOSTS") as refused:
        await policy.resolve("tool", host, 80)
    assert refused.value.host == host


async def test_a_name_that_leads_inside_is_refused(names: Any) -> None:
    names(inner_example=[["10.0.0.7", "::ffff:10.0.0.7"]])
    with pytest.raises(AddressRefused, match=r"inner\.example"):
        await policy.resolve("tool", "inner.example", 443)


async def test_of_a_name_that_leads_both_ways_only_the_outer_addresses_are_used(names: Any) -> None:
    names(both_example=[["10.0.0.7", "8.8.8.8", "::1"]])
    assert await policy.resolve("tool", "both.example", 443) == ["8.8.8.8"]


async def test_what_the_operator_lists_is_let_through(names: Any) -> None:
    names(model_lan=[["10.0.0.7"]])
    policy.allow(("model.lan:11434",))
    assert await policy.resolve("tool", "MODEL.lan".lower(), 11434) == ["10.0.0.7"]
    with pytest.raises(AddressRefused):
        await policy.resolve("tool", "model.lan", 80)
    policy.allow(("model.lan",))
    assert await policy.resolve("tool", "model.lan", 80) == ["10.0.0.7"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://llm.example.com/v1", True),
        ("HTTPS://llm.example.com", True),
        ("http://llm.example.com/v1", False),
        ("http://127.0.0.1:11434/v1", False),
        ("http://model.lan:11434/v1", True),
        ("http://model.lan/v1", False),
        ("http://other.lan/v1", True),
        ("http://[fd00::7]:8000/v1", True),
    ],
)
def test_a_secret_travels_in_clear_only_where_the_operator_lists_it(url: str, kept: bool) -> None:
    policy.allow(("model.lan:11434", "other.lan", "fd00::7"))
    assert policy.keeps_secret(url) is kept


async def test_a_connection_goes_to_the_address_that_was_looked_at_under_the_hosts_name(names: Any) -> None:
    async with web_server() as (port, heads):
        asked = names(model_lan=[["127.0.0.1"], ["127.0.0.99"]])
        policy.allow(("model.lan",))
        async with httpx.AsyncClient(transport=transport("tool"), trust_env=False) as client:
            for _ in range(2):
                answer = await client.get(f"http://model.lan:{port}/v1")
                assert answer.text == "hi"
    # Asked once: a second answer, which leads elsewhere, was never wanted.
    assert asked.asked == ["model.lan"]
    assert [head.split(b"\r\n")[0] for head in heads] == [b"GET /v1 HTTP/1.1"] * 2
    assert all(f"\r\nhost: model.lan:{port}\r\n".encode() in head.lower() for head in heads)


async def test_a_name_that_changes_its_mind_gains_nothing(
    names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "KEPT_S", 0.0)
    async with web_server() as (port, heads):
        names(rebound_example=[["8.8.8.8"], ["127.0.0.1"]])
        tried: list[str] = []

        class Line(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                tried.append(request.url.host)
                assert request.extensions["sni_hostname"] == "rebound.example"
                return httpx.Response(200)

        async with httpx.AsyncClient(transport=outgoing.Transport("tool", Line())) as client:
            await client.get(f"http://rebound.example:{port}/")
            with pytest.raises(AddressRefused):
                await client.get(f"http://rebound.example:{port}/")
    assert (tried, heads) == (["8.8.8.8"], [])


async def test_the_next_address_is_tried_when_one_does_not_answer(names: Any) -> None:
    async with web_server() as (port, heads):
        names(two_lan=[["127.0.0.2", "127.0.0.1"]])
        policy.allow(("two.lan",))
        async with httpx.AsyncClient(transport=transport("tool"), trust_env=False) as client:
            assert (await client.post(f"http://two.lan:{port}/", json={"a": 1})).text == "hi"
    assert len(heads) == 1


async def test_one_transport_serves_one_host_only(names: Any) -> None:
    names(one_lan=[["127.0.0.1"]], other_lan=[["127.0.0.1"]])
    policy.allow(("one.lan", "other.lan"))
    async with (
        web_server() as (port, _),
        httpx.AsyncClient(transport=transport("tool"), trust_env=False) as client,
    ):
        await client.get(f"http://one.lan:{port}/")
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.get(f"http://other.lan:{port}/")


async def test_an_unknown_name_is_a_failed_connection(names: Any) -> None:
    names()
    async with httpx.AsyncClient(transport=transport("tool"), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://nowhere.example/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433"])
async def test_a_credentials_own_host_is_guarded_too(host: str) -> None:
    async with web_server() as (port, heads):
        carrier = Twilio(
            TwilioOptions(api_url=f"http://{host}:{port}", guarded=True),
            TwilioCredential("AC" + "0" * 32, "token"),
        )
        with pytest.raises(AddressRefused):
            await carrier.fetch("CA" + "1" * 32)
        await carrier.aclose()
    assert heads == []

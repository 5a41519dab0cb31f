"""The table of the first steps that says what Twilio's debugger means: each row happens as it is written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import update

from rapida.node.addresses import prefix
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.script import AfterAgent, HangUp, Step
from rapida.store import conversations
from rapida.store.conversations import Conversation
from rapida.store.tables import contexts

from .carrier import Carrier
from .conftest import Log
from .server import InProcessServer, assistant, opened
from .test_unreported import test_a_call_behind_a_wrong_tunnel_ends_says_where_and_lets_the_next_one_out

PAGE = Path(__file__).parents[2] / "docs" / "start.md"
HEAD = "| Twilio's debugger says | it means |"
HANG_UP = Step(AfterAgent(100), HangUp())


def rows() -> dict[str, str]:
    """What the debugger says → what the page says of it."""
    lines = PAGE.read_text(encoding="utf-8").partition(HEAD)[2].partition("\n\n")[0].splitlines()[2:]
    return {said.strip(): means.strip() for said, means in (line.strip("|").split("|") for line in lines)}


ROWS = rows()


def row(beginning: str) -> str:
    """The meaning of the one row whose first column begins so."""
    (means,) = [means for said, means in ROWS.items() if said.startswith(beginning)]
    return means


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    async with opened(tmp_path / "data", public_host="voice.example.com") as server:
        yield server


@pytest_asyncio.fixture
async def carrier(server: InProcessServer) -> AsyncIterator[Carrier]:
    async with Carrier(server) as carrier:
        yield carrier


def a_call() -> str:
    return f"CA{uuid4().hex}"


# 11200 ------------------------------------------------------------------------------------------------------


async def _twice(server: InProcessServer, carrier: Carrier) -> int | None:
    number = await server.install(assistant(), demo=False)
    return (await carrier.asks(f"/call/{number}?From=%2B14155550199", carrier.form(a_call()))).status


async def _forged(server: InProcessServer, carrier: Carrier) -> int | None:
    number = await server.install(assistant(), demo=False)
    return (await carrier.asks(f"/call/{number}", carrier.form(a_call()), "forged")).status


async def _nobody(server: InProcessServer, carrier: Carrier) -> int | None:
    return (await carrier.asks("/call/99", carrier.form(a_call()))).status


async def _misspelt(server: InProcessServer, carrier: Carrier) -> int:
    async with httpx.AsyncClient() as client:
        asked = await client.post(
            f"http://{server.address}/v1/tlak/twilio/call/1", headers={"host": "rapida:8080"}
        )
    return asked.status_code


@pytest.mark.parametrize(
    ("status", "asks"), [(400, _twice), (403, _forged), (404, _nobody), (421, _misspelt)]
)
async def test_a_refused_webhook_has_the_status_of_its_row_and_a_line_in_the_log(
    server: InProcessServer,
    carrier: Carrier,
    logged: Log,
    status: int,
    asks: Callable[[InProcessServer, Carrier], Awaitable[int]],
) -> None:
    assert row(f"11200, HTTP {status}")
    assert await asks(server, carrier) == status
    (line,) = [line for line in logged.lines if line["event"] in ("webhook_refused", "request_refused")]
    assert line["status"] == status


async def test_a_server_without_a_public_host_answers_503_and_names_the_setting_of_its_row(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "data") as local, Carrier(local) as carrier:
        number = await local.install(assistant(), demo=False)
        answer = await carrier.asks(f"/call/{number}", carrier.form(a_call()))
    named = re.findall(r"`(\w+)`", row("11200, HTTP 503"))
    assert (answer.status, named) == (503, ["PUBLIC_ASSISTANT_HOST"])
    assert named[0] in answer.body.decode()


# The socket -------------------------------------------------------------------------------------------------


async def test_a_socket_is_refused_with_each_status_of_its_row(
    server: InProcessServer, carrier: Carrier
) -> None:
    number = await server.install(assistant(), demo=False)
    url = await carrier.announces(number, a_call())
    unproved = await carrier.refusal(url, "forged")
    socket = await carrier.plugs_in(url)
    used = await carrier.refusal(url)
    await socket.close()
    late = await carrier.announces(number, a_call())
    async with server.store.write() as tx:
        past = update(contexts).values(expires_at=contexts.c.created_at)
        await tx.execute(past.where(contexts.c.id == UUID(late.rpartition("/")[2])))
    too_old = await carrier.refusal(late)
    stated = [int(status) for status in re.findall(r"\((\d{3})\b", row("31920"))]
    assert [unproved[0], used[0], too_old[0]] == stated


async def test_a_proxy_without_upgrades_gets_no_socket(server: InProcessServer, carrier: Carrier) -> None:
    """What reaches the server is a plain request; the carrier, which wanted a 101, says 31920."""
    assert "passes no upgrades" in row("31920")
    url = await carrier.announces(await server.install(assistant(), demo=False), a_call())
    async with httpx.AsyncClient() as client:
        path = f"{prefix('twilio')}ctx/{url.rpartition('/')[2]}"
        answer = await client.get(f"http://{server.address}{path}", headers=carrier.proof(url))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("chaos", "code", "reason"),
    [
        (Chaos(socket_signature="missing"), "31920", "stream_refused"),
        (Chaos(drop_socket_at_s=0.5), "31921", "stream_lost"),
        (Chaos(malformed=("foreign-start",)), "31921", "carrier_failure"),
    ],
    ids=["refused", "dropped", "malformed"],
)
async def test_a_conversation_whose_socket_failed_ends_with_a_reason_that_its_row_names(
    server: InProcessServer, chaos: Chaos, code: str, reason: str
) -> None:
    number = await server.install(assistant(greeting="This goes on for a while, " * 6), demo=False)
    report = await server.ring(number, HANG_UP, chaos=chaos)
    async with asyncio.timeout(120):
        while (found := await conversation(server, 1)).status != "ended":
            await asyncio.sleep(0.02)
    assert [str(fault.code) for fault in report.errors] == [code]
    assert found.end_reason == reason
    assert f"`{reason}`" in row(code)


async def conversation(server: InProcessServer, conversation_id: int) -> Conversation:
    async with server.store.read() as tx:
        return await conversations.find(tx, conversation_id)


def test_every_row_is_tried_here() -> None:
    tried = {"11200, HTTP 400", "11200, HTTP 403", "11200, HTTP 404", "11200, HTTP 421", "11200, HTTP 503"}
    tried |= {"31920", "31921, 31924"}
    # A tunnel that leads elsewhere has a test of its own.
    assert test_a_call_behind_a_wrong_tunnel_ends_says_where_and_lets_the_next_one_out
    # A warning of Twilio's debugger is nobody's fault; that the event can be left out is tested beside TwiML.
    (elsewhere,) = {each for each in ROWS.keys() - tried if not each.startswith("12200 (a warning)")}
    assert "`unreported`" in elsewhere

"""A new user's way, over HTTP alone and on either database: set up, keep a credential, deploy, be called."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rapida import app
from rapida.settings import Settings
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.simulator.twilio.script import AfterAgent, HangUp, Script, Step
from tests.databases import Server
from tests.doubles.clock_double import StoppableClock

from .calling_server import free_port, one_instant
from .server import InProcessServer, opened, spoken

HOST = "calls.example.org"
ACCOUNT = Account("AC" + "a" * 32, "the-token-of-the-account")
CALLEES = ("+14155550132", "+14155550133")
PASSWORD = "correct horse battery"
GREETING = "Hello from the phone."
ASSISTANT = {
    "name": "Reception",
    "stt": {"name": "scripted"},
    "llm": {"name": "scripted", "options": {"replies": [{"text": "Fine."}]}},
    "tts": {"name": "tone", "options": {"ms_per_character": 20}},
    "vad": {"name": "energy"},
    "greeting": "Never heard.",
}


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest) -> Any:
    if request.param == "sqlite":
        yield {}
        return
    postgresql: Server = request.getfixturevalue("postgresql")
    async with postgresql.migrated_database() as url:
        yield {"configured_database_url": url}


async def test_a_new_user_is_answered_on_their_own_number(tmp_path: Path, database: dict[str, Any]) -> None:
    async with opened(tmp_path / "data", public_host=HOST, **database) as server, asking(server) as client:
        number = await deploy(client, server)
        server.account = ACCOUNT
        report = await server.ring(number, Step(AfterAgent(200), HangUp()))
        kept = await server.kept()
        told = (await client.get(f"/v1/conversations/{kept.conversation.id}")).json()
        recording = await client.get(f"/v1/conversations/{kept.conversation.id}/recording")
    assert (report.failure, report.status) == ("", "completed")
    assert report.heard.sound == await spoken(GREETING)
    assert (told["status"], told["end_reason"]) == ("ended", "caller_hangup")
    assert [(turn["speaker"], turn["heard"]) for turn in told["turns"]] == [("agent", GREETING)]
    assert len(recording.content) == told["recording"]["size_bytes"] > 1000


async def test_a_new_user_calls_out(tmp_path: Path, database: dict[str, Any]) -> None:
    """One call has its turn at once, the next one waits for the queue's worker: both hear the greeting."""
    async with calling(tmp_path / "data", **database) as (server, carrier), asking(server) as client:
        number = await deploy(client, server)
        slow = {"calls_per_second": 0.4, "concurrent_calls": 0, "calls_per_day": 2}
        assert (await client.put("/v1/outbound-limits", json=slow)).status_code == 200
        requests = [{"assistant": {"assistantId": number}, "toNumber": callee} for callee in CALLEES]
        with one_instant(server.rapida.node):
            answers = [await client.post("/v1/talk/create-phone-call", json=request) for request in requests]
        placed = [answer.json() for answer in answers]
        told = [await ended(client, each["conversation_id"]) for each in placed]
        heard = [(await carrier.ended(sid)).heard.sound for sid in carrier.account_calls.calls]
    assert [answer.status_code for answer in answers] == [201, 202]
    assert (placed[0]["call_sid"] in carrier.account_calls.calls, placed[1]["call_sid"]) == (True, None)
    assert [each["callee"] for each in told] == list(CALLEES)
    assert [each["end_reason"] for each in told] == ["caller_hangup"] * 2
    assert heard == [await spoken(GREETING)] * 2


async def test_a_new_user_calls_out_from_the_command_line(tmp_path: Path, database: dict[str, Any]) -> None:
    data_dir = tmp_path / "data"
    environment = {"RAPIDA_DATA_DIR": str(data_dir)}
    if url := database.get("configured_database_url"):
        environment["RAPIDA_DATABASE_URL"] = url
    made = await rapida(environment, "users", "create", "ada@example.com", "--password-stdin", typed=PASSWORD)
    async with calling(data_dir, **database) as (server, carrier), asking(server) as client:
        client.headers["authorization"] = f"Bearer {made.strip()}"
        number = await keep_and_deploy(client)
        key = (await rapida(environment, "keys", "create", "calls")).strip()
        environment |= {"RAPIDA_PORT": server.address.rpartition(":")[2], "RAPIDA_API_KEY": key}
        told = await rapida(environment, "call", CALLEES[0], "--assistant", str(number))
        [heard] = [(await carrier.ended(sid)).heard.sound for sid in carrier.account_calls.calls]
    assert told.splitlines()[0].endswith(": dialled")
    assert told.splitlines()[-1] == "ended: caller_hangup"
    assert heard == await spoken(GREETING)


@asynccontextmanager
async def calling(data_dir: Path, **settings: Any) -> AsyncGenerator[tuple[InProcessServer, RestSide]]:
    """A server with its queue's worker, and the carrier through which it calls: whoever answers hangs up."""
    port = free_port()
    anyone = Callee(after_s=0.05, script=Script((Step(AfterAgent(200), HangUp()),)))
    async with RestSide(ACCOUNT, connect=f"127.0.0.1:{port}", anyone=anyone, calls_per_second=100) as carrier:
        chosen = Settings(
            data_dir=data_dir,
            host="127.0.0.1",
            port=port,
            public_host=HOST,
            carrier_api_urls={"twilio": carrier.url},
            **settings,
        )
        async with app.running(chosen, drain_s=0.0, queue="worker", clock=StoppableClock()) as running:
            yield InProcessServer.of(running), carrier


async def rapida(environment: dict[str, str], *words: str, typed: str = "") -> str:
    """What a command prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from rapida.cli import main; main()",
        *words,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate(f"{typed}\n".encode())
    assert process.returncode == 0, err.decode()
    return out.decode()


async def ended(client: httpx.AsyncClient, conversation_id: int) -> Any:
    """A conversation, once its call is over."""
    async with asyncio.timeout(120):
        while (told := (await client.get(f"/v1/conversations/{conversation_id}")).json())[
            "status"
        ] != "ended":
            await asyncio.sleep(0.05)
    return told


def asking(server: InProcessServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{server.address}")


async def deploy(client: httpx.AsyncClient, server: InProcessServer) -> int:
    """The seed's steps, as a program does them; the assistant's number."""
    code = (server.data_dir / "setup-code").read_text().strip()
    owner = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
    setup = {"code": code, **owner, "organization": "Engines", "project": "Reception"}
    answer = await client.post("/v1/setup", json=setup)
    assert answer.status_code == 201, answer.text
    assert not (server.data_dir / "setup-code").exists()
    client.cookies.clear()
    client.headers["authorization"] = f"Bearer {answer.json()['api_key']['key']}"
    return await keep_and_deploy(client)


async def keep_and_deploy(client: httpx.AsyncClient) -> int:
    """Credential, assistant, deployment."""
    value = {"account_sid": ACCOUNT.sid, "account_token": ACCOUNT.token}
    credential = {"provider": "twilio", "name": "Our account", "value": value}
    kept = (await client.post("/v1/credentials", json=credential)).json()
    made = (await client.post("/v1/assistants", json=ASSISTANT)).json()
    line = {"provider": "twilio", "credential_id": kept["id"], "phone_number": "+14155550100"}
    path = f"/v1/assistants/{made['id']}/deployments/phone"
    deployed = await client.put(path, json={"telephony": line, "greeting": GREETING})
    assert deployed.status_code == 200, deployed.text
    assert deployed.json()["webhook_url"] == f"https://{HOST}/v1/talk/twilio/call/{made['id']}"
    return made["id"]

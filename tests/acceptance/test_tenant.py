"""A new user's way, over HTTP alone and on either database: set up, keep a credential, deploy, be called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from rapida.phone.network import Account
from rapida.phone.script import AfterAgent, HangUp, Step
from tests.databases import Server

from .house import House, opened, spoken

HOST = "calls.example.org"
ACCOUNT = Account("AC" + "a" * 32, "the-token-of-the-account")
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
    server: Server = request.getfixturevalue("postgresql")
    async with server.database(server.migrated) as url:
        yield {"configured_database_url": url}


async def test_a_new_user_is_answered_on_their_own_number(tmp_path: Path, database: dict[str, Any]) -> None:
    async with opened(tmp_path / "data", public_host=HOST, **database) as house, asking(house) as client:
        number = await deploy(client, house)
        house.account = ACCOUNT
        report = await house.ring(number, Step(AfterAgent(200), HangUp()))
        kept = await house.kept()
        told = (await client.get(f"/v1/conversations/{kept.conversation.id}")).json()
        recording = await client.get(f"/v1/conversations/{kept.conversation.id}/recording")
    assert (report.failure, report.status) == ("", "completed")
    assert report.heard.sound == await spoken(GREETING)
    assert (told["status"], told["end_reason"]) == ("ended", "caller_hangup")
    assert [(turn["speaker"], turn["heard"]) for turn in told["turns"]] == [("agent", GREETING)]
    assert len(recording.content) == told["recording"]["size_bytes"] > 1000


def asking(house: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{house.address}")


async def deploy(client: httpx.AsyncClient, house: House) -> int:
    """The seed's steps, as a program does them; the assistant's number."""
    code = (house.data_dir / "setup-code").read_text().strip()
    owner = {"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"}
    setup = {"code": code, **owner, "organization": "Engines", "project": "Reception"}
    answer = await client.post("/v1/setup", json=setup)
    assert answer.status_code == 201, answer.text
    assert not (house.data_dir / "setup-code").exists()
    client.cookies.clear()
    client.headers["authorization"] = f"Bearer {answer.json()['api_key']['key']}"
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

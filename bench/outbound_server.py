"""The server under test of `bench outbound`: the whole platform with its queue, one project and one key.

It prints where it is and what it is called by as one line of JSON, obeys, and serves until its input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import msgspec
import uvloop

from rapida import app
from rapida.assistant import Assistant, Provider
from rapida.node.clock import utc_now
from rapida.outbound.worker import WorkerQueue
from rapida.settings import Settings
from rapida.store import api_keys, assistants, credentials, deployments, pace, tenants
from rapida.telemetry import log
from rapida.vault import tokens

from .loop_watch import LoopWatch

WATCH_EVERY_S = 0.001
HOST = "calls.example.org"
SID, TOKEN = "AC" + "7" * 32, "the-token-of-the-account"
OURS = "+14155550100"


_PLAIN = Assistant(0, 1, "bench", stt=Provider("scripted"), llm=Provider("scripted"), tts=Provider("tone"))
VOICES = {
    "plain": _PLAIN,
    "talking": msgspec.structs.replace(
        _PLAIN,
        stt=Provider("scripted", {"lines": ["what I said"]}),
        vad=Provider("energy"),
        greeting="Hello.",
        record=True,
    ),
}
"""The assistants that can be rung: one that is only rung, and one that talks and is recorded."""


async def install(rapida: app.Rapida, calls_per_second: float, voice: Assistant) -> dict[str, object]:
    now, node, token = utc_now(), rapida.node, tokens.new_api_key()
    async with node.store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Bench", now)
        project = await tenants.create_project(tx, organization_id, "Bench", now)
        secret = {"account_sid": SID, "account_token": TOKEN}
        draft = credentials.CredentialDraft(project.id, "twilio", "Twilio", secret, SID)
        credential = await credentials.create(tx, node.vault, draft, now)
        made = await assistants.create(tx, project.id, voice, now)
        await deployments.put_phone(tx, project.id, made.id, "twilio", credential.id, now, phone_number=OURS)
        key = api_keys.NewApiKey(project.id, "bench", "admin")
        await api_keys.create(tx, key, token.prefix, token.digest, now)
        none = {"concurrent_calls": 0, "calls_per_day": 0}
        await pace.limit(tx, project.id, pace.WHOLE_PROJECT, calls_per_second=0, **none)
        await pace.limit(tx, project.id, credential.id, calls_per_second=calls_per_second, **none)
    return {"port": rapida.port, "key": token.text, "assistant": made.id}


async def main(data_dir: str, rest_url: str, calls_per_second: float, database_url: str, voice: str) -> None:
    log.configure(level="warning")
    settings = Settings(
        data_dir=Path(data_dir),
        configured_database_url=database_url or None,
        host="127.0.0.1",
        port=0,
        public_host=HOST,
        carrier_api_urls={"twilio": rest_url},
        requests_per_second=0,
    )
    async with app.running(settings, drain_s=0.0, queue="worker") as rapida:
        told = await install(rapida, calls_per_second, VOICES[voice])
        queue = rapida.queue
        assert isinstance(queue, WorkerQueue)
        while not queue.process_ids:
            await asyncio.sleep(0.1)
        app.settle()
        print(json.dumps({**told, "worker": queue.process_ids[0]}), flush=True)
        await obey()


async def obey() -> None:
    """Until the input closes: "watch" begins to watch the loop, "report" says when it woke how late."""
    watch, watching = LoopWatch(WATCH_EVERY_S), None
    while order := await asyncio.to_thread(sys.stdin.readline):
        if order.strip() == "watch":
            watching = asyncio.create_task(watch.run())
        else:
            print(json.dumps(watch.late), flush=True)
    if watching is not None:
        watching.cancel()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4], sys.argv[5]))

"""A page that follows a real call by server-sent events, from its ringing to its end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx

from rapida.api.live_shapes import BY_NAME
from rapida.node.clock import utc_now
from rapida.simulator.twilio.script import AfterAgent, HangUp, Step, Tone
from rapida.store import api_keys, deployments
from rapida.vault import tokens

from .server import GREETING, InProcessServer, assistant, opened


async def a_key(server: InProcessServer) -> str:
    token = tokens.new_api_key()
    async with server.store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        draft = api_keys.NewApiKey(demo.project_id, "A page's", "viewer")
        await api_keys.create(tx, draft, token.prefix, token.digest, utc_now())
    return token.text


async def follow(server: InProcessServer, key: str, following: asyncio.Event) -> list[tuple[str, Any]]:
    """Every event up to the first end of a call."""
    told: list[tuple[str, Any]] = []
    headers = {"authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(timeout=120) as client,
        client.stream("GET", f"http://{server.address}/v1/live", headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                told.append((name, json.loads(value)))
                following.set()
            if told and told[-1][0] == "call.ended":
                return told
    return told


async def test_a_page_follows_a_call_from_its_ringing_to_its_end(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as server, asyncio.timeout(120):
        number = await server.install(assistant(["Fine, thank you."], hears=["how are you"]))
        following = asyncio.Event()
        told = asyncio.create_task(follow(server, await a_key(server), following))
        await following.wait()
        await server.ring(number, Step(AfterAgent(), Tone(600)), Step(AfterAgent(), HangUp()))
        events = await told
    assert events[0] == ("calls", {"calls": []})
    for name, data in events:
        told = BY_NAME[name].model_validate(data)
        assert set(data) <= set(BY_NAME[name].model_fields), f"the document tells of all of {name}"
        assert told
    began = next(data for name, data in events if name == "call.began")
    assert (began["assistant_name"], began["callee"]) == ("acceptance", "+14155550100")
    assert began["caller"].startswith("+")
    named = [name for name, _ in events if name != "levels"]
    assert (named[1], named[-1]) == ("call.began", "call.ended")
    lines = {data["line"]["id"]: data["line"] for name, data in events if name == "call.line"}
    assert [line["text"] for line in lines.values()] == [GREETING, "how are you", "Fine, thank you."]
    states = [data["state"] for name, data in events if name == "call.state"]
    assert {"agent", "caller", "listens"} <= set(states)
    (reply,) = (data for name, data in events if name == "call.reply")
    stages = dict(reply["stages"])
    total, _ = stages.pop("total_us"), stages.pop("saved_us")
    assert sum(stages.values()) == total
    assert any(max(db) > -96 for name, data in events if name == "levels" for db in data["levels"].values())

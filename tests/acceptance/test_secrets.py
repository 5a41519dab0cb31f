"""Where secrets must not be: nowhere in what a server writes, whoever repeats them."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from rapida.assistant import Provider
from rapida.llm.scripted import ScriptedReply
from rapida.node.clock import utc_now
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Script, Step, Tone
from rapida.store import Store, credentials, deployments
from tests.databases import Place
from tests.doubles.http_double import Conduct
from tests.doubles.openai_double import OpenAIDouble

from . import calling_server
from .conftest import Log
from .server import GREETING, InProcessServer, assistant

CANARY = "canary-7f3a91c4e2"
"""No shape that any filter of logs knows."""


async def keep_secret(server: InProcessServer, provider: str, secret: dict[str, str], base_url: str) -> int:
    async with server.store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        draft = credentials.CredentialDraft(demo.project_id, provider, "secret", secret, base_url=base_url)
        kept = await credentials.create(tx, server.rapida.node.vault, draft, utc_now())
    return kept.id


def written(data_dir: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(data_dir)): path.read_bytes() for path in data_dir.rglob("*") if path.is_file()
    }


async def test_a_key_that_its_provider_repeats_in_an_error_is_nowhere_in_clear(
    server: InProcessServer, logged: Log, capfd: pytest.CaptureFixture[str]
) -> None:
    error: Any = {"error": {"message": f"Incorrect API key provided: {CANARY}.", "code": "wrong"}}
    conducts = [Conduct(refuse=answer, error=error) for answer in (500, 401)]
    async with OpenAIDouble(conducts=conducts).running() as vendor:
        address = f"{vendor.url}/v1"
        key = await keep_secret(server, "openai", {"api_key": CANARY}, address)
        model = Provider("openai", {"model": "m", "base_url": address}, key)
        number = await server.install(assistant(hears=["hello"], llm=model))
        await server.ring(number, Step(AfterAgent(200), Tone(300, 500)), Step(At(25), Nothing()))
        kept = await server.kept()
        assert vendor.requests[0].headers["authorization"] == f"Bearer {CANARY}", "it was really used"
    assert kept.conversation.end_reason == "provider_failure"
    assert kept.entries("agent")[0].text == GREETING
    assert len(kept.failed("llm")) == 2, "one that may pass, one for good"
    failed = logged.of("provider_failed")
    assert {line["conversation_id"] for line in failed} == {kept.conversation.id}
    places = {
        **written(server.data_dir),
        "log": logged.text.encode(),
        "out": "".join(capfd.readouterr()).encode(),
    }
    places["metrics"] = server.rapida.metrics.render()
    assert [name for name, content in places.items() if CANARY.encode() in content] == []
    assert any(name.startswith("journals/") for name in places)


async def test_the_carriers_token_is_nowhere_in_clear_whatever_is_refused(
    server: InProcessServer, logged: Log, capfd: pytest.CaptureFixture[str]
) -> None:
    number = await server.install(assistant())
    token = server.account.token
    answers = [
        await server.ring(number, Step(At(1.1), HangUp()), chaos=chaos)
        for chaos in (
            Chaos(malformed=("not-json",)),
            Chaos(webhook_signature="forged"),
            Chaos(socket_signature="forged"),
            Chaos(callback_signature="missing"),
        )
    ]
    await server.idle()
    bodies = b"".join(webhook.body for report in answers for webhook in report.webhooks)
    bodies += b"".join(sent.exchange.body for report in answers for sent in report.callbacks)
    async with server.store.read() as tx:
        tables = (await tx.execute(text("SELECT name FROM sqlite_master WHERE type='table'"))).scalars().all()
        rows = [str((await tx.execute(text(f'SELECT * FROM "{name}"'))).all()) for name in tables]
    places = {**written(server.data_dir), "log": logged.text.encode(), "answers": bodies}
    places["out"] = "".join(capfd.readouterr()).encode()
    places["rows"] = "".join(rows).encode()
    assert [name for name, content in places.items() if token.encode() in content] == []


def spellings(secret: str) -> list[bytes]:
    """A secret as it is, in hexadecimal digits, and inside whatever was written in base64."""
    plain = secret.encode()
    within = [base64.b64encode(bytes(shift) + plain) for shift in range(3)]
    return [plain, plain.hex().encode(), *(each[4:-4] for each in within)]


async def rows_of(store: Store) -> dict[str, bytes]:
    """Every table of a PostgreSQL database as text, whosever it is."""
    async with store.read() as tx:
        tables = await tx.execute(
            text(
                "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM "
                "information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            )
        )
        return {
            name: str((await tx.execute(text(f"SELECT each::text FROM {name} each"))).all()).encode()
            for name in tables.scalars().all()
        }


async def everything(place: Place, calling: calling_server.CallingServer) -> dict[str, bytes]:
    """All that lies in the data directory and the database."""
    return written(calling.data_dir) | ({} if place.is_sqlite else await rows_of(calling.store))


def queued(lying: dict[str, bytes]) -> bytes:
    """What of it is the queue's."""
    return b"".join(each for name, each in lying.items() if name.startswith(("queue.db", "dbos.")))


async def test_a_call_through_the_queue_leaves_its_token_nowhere(
    place: Place, tmp_path: Path, logged: Log, capfd: pytest.CaptureFixture[str]
) -> None:
    database: dict[str, Any] = {} if place.is_sqlite else {"configured_database_url": place.url}
    leaves = Callee(after_s=0.05, script=Script((Step(AfterAgent(100), HangUp()),)))
    callees = {calling_server.CALLEE: leaves}
    async with calling_server.opened(
        tmp_path / "data", callees=callees, queue="worker", **database
    ) as calling:
        await calling.limit(calls_per_second=0.5)
        placing = [calling.rapida.outbound.place(calling.project_id, calling.request()) for _ in range(2)]
        with calling_server.one_instant(calling.rapida.node):
            placed = sorted(await asyncio.gather(*placing), key=lambda each: each.status)
        assert [each.status for each in placed] == ["dialled", "queued"]
        await calling.until(placed[1].context_id, "dialled")
        reports = await asyncio.gather(*map(calling.rest.ended, calling.rest.account_calls.calls))
        assert [each.end for each in reports] == ["caller hung up"] * 2, "the token was good for both"
        await calling.kept(placed[1].conversation_id)
        # The queue notes a job's end after the job has ended.
        async with asyncio.timeout(120):
            while b"SUCCESS" not in queued(lying := await everything(place, calling)):
                await asyncio.sleep(0.1)
        assert str(placed[1].context_id).encode() in queued(lying), "its job is among what is searched"
    lying |= {f"{name}, at the end": content for name, content in written(calling.data_dir).items()}
    lying |= {"log": logged.text.encode(), "out": "".join(capfd.readouterr()).encode()}
    token = spellings(calling_server.ACCOUNT.token)
    assert [name for name, content in lying.items() if any(each in content for each in token)] == []


async def test_every_line_about_a_call_names_it_and_its_turn(server: InProcessServer, logged: Log) -> None:
    number = await server.install(assistant([ScriptedReply("", ends="refused")], hears=["hello"]))
    speak = (Step(AfterAgent(200), Tone(300, 500)), Step(At(25), Nothing()))
    await asyncio.gather(server.ring(number, *speak), server.ring(number, *speak))
    await server.idle()
    assert sorted(line["conversation_id"] for line in logged.of("call_ended")) == [1, 2]
    failed = logged.of("provider_failed")
    assert sorted(line["conversation_id"] for line in failed) == [1, 2]
    for line in failed:
        timings = (await server.kept(line["conversation_id"])).lines
        assert line["turn"] == next(each.turn_id for each in timings if each.entry.speaker == "caller")

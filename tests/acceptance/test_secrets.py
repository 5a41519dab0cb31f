"""Where secrets must not be: nowhere in what a server writes, whoever repeats them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from rapida.assistant import Provider
from rapida.llm.scripted import ScriptedReply
from rapida.phone.chaos import Chaos
from rapida.phone.script import AfterAgent, At, Nothing, Step, Tone
from rapida.store import credentials, deployments
from rapida.switchboard.clock import utc_now
from tests.doubles.http_double import Conduct
from tests.doubles.openai_double import OpenAIDouble

from .conftest import Log
from .house import GREETING, House, assistant

CANARY = "canary-7f3a91c4e2"
"""No shape that any filter of logs knows."""


async def keep_secret(house: House, provider: str, secret: dict[str, str], base_url: str) -> int:
    async with house.store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        draft = credentials.Draft(demo.project_id, provider, "secret", secret, base_url=base_url)
        kept = await credentials.create(tx, house.rapida.exchange.vault, draft, utc_now())
    return kept.id


def written(data_dir: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(data_dir)): path.read_bytes() for path in data_dir.rglob("*") if path.is_file()
    }


async def test_a_key_that_its_provider_repeats_in_an_error_is_nowhere_in_clear(
    house: House, logged: Log, capfd: pytest.CaptureFixture[str]
) -> None:
    error: Any = {"error": {"message": f"Incorrect API key provided: {CANARY}.", "code": "wrong"}}
    conducts = [Conduct(refuse=answer, error=error) for answer in (500, 401)]
    async with OpenAIDouble(conducts=conducts).running() as vendor:
        address = f"{vendor.url}/v1"
        key = await keep_secret(house, "openai", {"api_key": CANARY}, address)
        model = Provider("openai", {"model": "m", "base_url": address}, key)
        number = await house.install(assistant(hears=["hello"], llm=model))
        await house.ring(number, Step(AfterAgent(200), Tone(300, 500)), Step(At(25), Nothing()))
        kept = await house.kept()
        assert vendor.requests[0].headers["authorization"] == f"Bearer {CANARY}", "it was really used"
    assert kept.conversation.end_reason == "provider_failure"
    assert kept.entries("agent")[0].text == GREETING
    assert len(kept.named("llm_failed")) == 2, "one that may pass, one for good"
    failed = logged.of("provider failed")
    assert {line["conversation_id"] for line in failed} == {kept.conversation.id}
    places = {
        **written(house.data_dir),
        "log": logged.text.encode(),
        "out": "".join(capfd.readouterr()).encode(),
    }
    places["metrics"] = house.rapida.metrics.render()
    assert [name for name, content in places.items() if CANARY.encode() in content] == []
    assert any(name.startswith("journals/") for name in places)


async def test_the_carriers_token_is_nowhere_in_clear_whatever_is_refused(
    house: House, logged: Log, capfd: pytest.CaptureFixture[str]
) -> None:
    number = await house.install(assistant())
    token = house.account.token
    answers = [
        await house.ring(number, Step(At(0.2), Nothing()), Step(At(0.3), Nothing()), within_s=3, chaos=chaos)
        for chaos in (
            Chaos(malformed=("not-json",)),
            Chaos(webhook_signature="forged"),
            Chaos(socket_signature="forged"),
            Chaos(callback_signature="missing"),
        )
    ]
    await house.idle()
    bodies = b"".join(webhook.body for report in answers for webhook in report.webhooks)
    bodies += b"".join(sent.exchange.body for report in answers for sent in report.callbacks)
    async with house.store.read() as tx:
        tables = (await tx.execute(text("SELECT name FROM sqlite_master WHERE type='table'"))).scalars().all()
        rows = [str((await tx.execute(text(f'SELECT * FROM "{name}"'))).all()) for name in tables]
    places = {**written(house.data_dir), "log": logged.text.encode(), "answers": bodies}
    places["out"] = "".join(capfd.readouterr()).encode()
    places["rows"] = "".join(rows).encode()
    assert [name for name, content in places.items() if token.encode() in content] == []


async def test_every_line_about_a_call_names_it_and_its_turn(house: House, logged: Log) -> None:
    number = await house.install(assistant([ScriptedReply("", ends="refused")], hears=["hello"]))
    speak = (Step(AfterAgent(200), Tone(300, 500)), Step(At(25), Nothing()))
    await asyncio.gather(house.ring(number, *speak), house.ring(number, *speak))
    await house.idle()
    assert sorted(line["conversation_id"] for line in logged.of("call_ended")) == [1, 2]
    failed = logged.of("provider failed")
    assert sorted(line["conversation_id"] for line in failed) == [1, 2]
    for line in failed:
        timings = (await house.kept(line["conversation_id"])).lines
        assert line["turn"] == next(each.turn_id for each in timings if each.entry.speaker == "caller")

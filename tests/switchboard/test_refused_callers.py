"""Callers who cannot be connected: what they are told, and that the carrier is always answered."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from rapida.assistant import Assistant
from rapida.errors import NotFound
from rapida.store import assistants
from rapida.store.tables import assistants as assistants_table
from rapida.switchboard import inbound
from rapida.switchboard.refusals import APOLOGY, BUSY, NOT_CONNECTED, OVER
from tests.switchboard.ready_node import (
    NOON,
    OTHER_CALL,
    ReadyNode,
    an_assistant,
    context_of,
    left_behind,
    open_ready_node,
    spoken,
)


async def test_a_disabled_deployment_is_told_to_the_caller(ready: ReadyNode) -> None:
    await ready.deploy(enabled=False)
    answer = await ready.rings()
    assert (answer.kind, spoken(answer)) == ("refused", NOT_CONNECTED)
    assert await left_behind(ready) == (0, 0)


async def test_a_missing_deployment_is_told_to_the_caller(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        other = await assistants.create(tx, ready.project_id, an_assistant("Other"), NOON)
    assert spoken(await ready.rings(to=other.id)) == NOT_CONNECTED


async def test_an_assistant_without_published_version_is_told_to_the_caller(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        await tx.execute(update(assistants_table).values(published_version=None))
    assert spoken(await ready.rings()) == NOT_CONNECTED


async def test_a_draining_server_is_busy(ready: ReadyNode) -> None:
    ready.accepting = False
    answer = await ready.rings()
    assert (answer.kind, spoken(answer)) == ("busy", BUSY)
    assert await left_behind(ready) == (0, 0)


async def test_beyond_its_limit_a_deployment_is_busy_until_a_call_ends(ready: ReadyNode) -> None:
    await ready.deploy(options={"concurrent_calls": 1})
    first = context_of(await ready.rings())
    assert spoken(await ready.rings(CallSid=OTHER_CALL)) == BUSY
    await ready.opens_stream(first)
    assert spoken(await ready.rings(CallSid=OTHER_CALL)) == BUSY
    await ready.reports(first, CallStatus="completed")
    assert (await ready.rings(CallSid=OTHER_CALL)).kind == "connected"


async def test_a_proved_webhook_without_a_call_is_refused_in_words(ready: ReadyNode) -> None:
    assert spoken(await ready.rings(CallSid=None)) == OVER


async def test_of_two_calls_at_once_one_gets_the_last_place(ready: ReadyNode) -> None:
    await ready.deploy(options={"concurrent_calls": 1})
    answers = await asyncio.gather(*(ready.rings(CallSid=f"CA{number:032}") for number in range(4)))
    assert sorted(each.kind for each in answers) == ["busy"] * 3 + ["connected"]


def lock(tmp_path: Path) -> Any:
    other = sqlite3.connect(tmp_path / "rapida.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return closing(other)


async def test_a_database_that_cannot_be_written_is_an_apology_to_the_caller(tmp_path: Path) -> None:
    async with open_ready_node(tmp_path, busy_timeout_ms=20) as ready:
        with lock(tmp_path):
            answer = await ready.rings()
        assert (answer.kind, spoken(answer)) == ("apology", APOLOGY)
        assert (await ready.rings()).kind == "connected"


async def test_many_callers_without_a_database_are_one_line_in_the_log(tmp_path: Path) -> None:
    async with open_ready_node(tmp_path, busy_timeout_ms=20) as ready:
        with lock(tmp_path), capture_logs() as logged:
            kinds = {(await ready.rings(CallSid=f"CA{number:032x}")).kind for number in range(5)}
    assert kinds == {"apology"}
    [line] = [each for each in logged if each["event"] == "webhook_without_database"]
    assert (line["log_level"], line["untold"]) == ("error", 0)


async def test_a_database_that_does_not_answer_in_time_is_an_apology_too(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions, back = ready.node.versions, asyncio.Event()
    found = versions.get

    async def slow(*asked: Any) -> Assistant:
        await back.wait()
        return await found(*asked)

    monkeypatch.setattr(versions, "get", slow)
    monkeypatch.setattr(inbound, "ANSWER_WITHIN_S", 0.05)
    assert spoken(await ready.rings()) == APOLOGY
    back.set()
    monkeypatch.setattr(inbound, "ANSWER_WITHIN_S", 20.0)
    async with asyncio.timeout(120):
        while await left_behind(ready) != (1, 1):
            await asyncio.sleep(0.005)
    # What was begun has been finished: the carrier's second try finds it, and makes nothing more.
    assert (await ready.rings()).kind == "repeated"
    assert await left_behind(ready) == (1, 1)


@pytest.mark.parametrize("bug", [RuntimeError("a bug"), NotFound("version", 1)])
async def test_whatever_goes_wrong_after_the_proof_is_an_apology(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch, bug: Exception
) -> None:
    async def broken(*asked: Any) -> Assistant:
        raise bug

    monkeypatch.setattr(ready.node.versions, "get", broken)
    assert spoken(await ready.rings()) == APOLOGY
    assert await left_behind(ready) == (0, 0)

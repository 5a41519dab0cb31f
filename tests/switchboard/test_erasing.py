"""Erasing what a project keeps no longer, in passes, on whichever server comes first."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from rapida.node.call_files import DirectoryFiles
from rapida.node.files import Paths
from rapida.store import Transaction, audit, conversations, retention
from rapida.switchboard import erasing
from rapida.switchboard.erasing import Retention
from tests.switchboard.ready_node import NOON, ReadyNode

DAY = timedelta(days=1)


async def add(tx: Transaction, ready: ReadyNode, age: timedelta, *, over: bool = True) -> int:
    draft = conversations.NewConversation(
        ready.project_id, ready.assistant_id, 1, "inbound", "+1555777", "+2"
    )
    number = await conversations.create(tx, draft, NOON - age)
    if over:
        await conversations.end(tx, number, "completed", NOON - age)
    return number


async def kept(ready: ReadyNode, *numbers: int) -> list[int]:
    async with ready.node.store.read() as tx:
        found = [await conversations.find(tx, number) for number in numbers]
    return [each.id for each in found if each.erased_at is None]


async def test_what_is_older_than_its_project_keeps_it_is_erased_in_passes(
    ready: ReadyNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    async with ready.node.store.write() as tx:
        old = [await add(tx, ready, age * DAY) for age in (40, 35, 31)]
        young, waits = await add(tx, ready, 29 * DAY), await add(tx, ready, 50 * DAY, over=False)
    all_of_them = (*old, young, waits)
    job = Retention(ready.node, DirectoryFiles(Paths(tmp_path)))
    assert await job.erase_some() == 0, "for ever, unless it was set"
    async with ready.node.store.write() as tx:
        await retention.put(tx, ready.project_id, 30, NOON)
    assert await job.erase_some() == 2
    assert await kept(ready, *all_of_them) == [old[2], young, waits]
    assert (await job.erase_some(), await job.erase_some()) == (1, 0)
    assert await kept(ready, *all_of_them) == [young, waits]
    async with ready.node.store.read() as tx:
        organization_id = (await audit_of(tx, ready))[0].organization_id
        deeds = [each for each in await audit_of(tx, ready) if each.action == "conversation.delete"]
    assert organization_id
    assert [each.actor for each in deeds] == ["retention"] * 3


async def audit_of(tx: Transaction, ready: ReadyNode) -> list[audit.AuditEntry]:
    from rapida.store import tenants

    project = await tenants.project(tx, ready.project_id)
    found = await audit.page(tx, project.organization_id, project.id, None, 50, whole=False)
    return [each.entry for each in found]


async def test_two_servers_that_look_together_erase_each_once(ready: ReadyNode, tmp_path: Path) -> None:
    async with ready.node.store.write() as tx:
        old = [await add(tx, ready, 40 * DAY) for _ in range(3)]
        await retention.put(tx, ready.project_id, 30, NOON)
    jobs = [Retention(ready.node, DirectoryFiles(Paths(tmp_path))) for _ in range(2)]
    await asyncio.gather(*(job.erase_some() for job in jobs))
    assert await kept(ready, *old) == []
    async with ready.node.store.read() as tx:
        deeds = [each.subject for each in await audit_of(tx, ready) if each.action == "conversation.delete"]
    assert sorted(deeds) == [f"conversation:{number}" for number in old]


async def test_the_files_of_what_another_server_erased_are_deleted_here(
    ready: ReadyNode, tmp_path: Path
) -> None:
    async with ready.node.store.write() as tx:
        gone, stays = await add(tx, ready, 40 * DAY), await add(tx, ready, DAY)
        await retention.put(tx, ready.project_id, 30, NOON)
    here, there = (Paths(tmp_path / name) for name in ("here", "there"))
    for paths in (here, there):
        for number in (gone, stays):
            for file in paths.of(number):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(b"said")
    await Retention(ready.node, DirectoryFiles(Paths(there.data_dir))).erase_some()
    assert [file.exists() for file in (*here.of(gone), *there.of(gone))] == [True] * 5 + [False] * 5
    job = Retention(ready.node, DirectoryFiles(Paths(here.data_dir)))
    await job.forget_files()
    assert here.journal(gone).exists(), "another server may not have committed it yet"
    ready.clock.now += timedelta(minutes=2)
    await job.forget_files()
    assert [file.exists() for file in (*here.of(gone), *here.of(stays))] == [False] * 5 + [True] * 5
    here.journal(gone).write_bytes(b"said")
    await job.forget_files()
    assert here.journal(gone).exists(), "each is looked for once"

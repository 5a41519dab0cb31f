"""Migrations: what they build is what the tables say, whoever runs them and however often."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Text, column, insert, inspect, select, table, text

from rapida.call.happenings import OtherHappening
from rapida.errors import StoreError
from rapida.store import Store, callbacks, contexts, deployments, empty_schema, events, migrate
from rapida.store.columns import Document, Instant, Number
from rapida.store.tables import metadata
from tests.databases import Place, Server, open_store
from tests.store.test_event_names import KNOWN
from tests.switchboard.ready_node import CALL, NOON, SID, ReadyNode, context_of

NAMED = table(
    "events",
    column("conversation_id", Number),
    column("at", Instant()),
    column("name", Text()),
    column("detail", Document),
)
"""The events as they were before they had kinds."""
BEFORE = insert(NAMED).values(conversation_id=1)


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrated_schema_is_the_one_the_tables_say(store: Store) -> None:
    async with store.read() as tx:
        assert await tx.run_sync(differences) == []


async def test_the_last_step_is_known_without_alembic(store: Store) -> None:
    async with store.read() as tx:
        heads = await tx.run_sync(
            lambda connection: MigrationContext.configure(connection).get_current_heads()
        )
        assert heads == (migrate.HEAD,)
        assert await tx.run_sync(migrate.is_current)
        assert ScriptDirectory(str(migrate.FOLDER)).get_heads() == [migrate.HEAD]


async def test_a_current_schema_is_migrated_without_importing_alembic(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'current.db'}"
    first = Store(url)
    await first.migrate()
    await first.aclose()
    program = f"""
import asyncio, sys
from rapida.store import Store

async def again():
    store = Store({url!r})
    await store.migrate()
    await store.aclose()

asyncio.run(again())
print("alembic" in sys.modules)
"""
    ran = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    printed, _ = await ran.communicate()
    assert (ran.returncode, printed.split()) == (0, [b"False"])


async def test_an_empty_file_gets_in_one_go_what_all_steps_together_make(tmp_path: Path) -> None:
    walked, made = (Store(f"sqlite+aiosqlite:///{tmp_path / name}") for name in ("walked.db", "made.db"))
    async with walked.write() as tx:
        await tx.run_sync(migrate.walk)
    await made.migrate()
    entries = text("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
    found: list[list[object]] = []
    for store in (walked, made):
        async with store.read() as tx:
            tables = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
            rows = {name: (await tx.execute(text(f'SELECT * FROM "{name}"'))).fetchall() for name in tables}
            found.append([list(await tx.execute(entries)), rows, await tx.run_sync(empty_schema.drawn)])
        await store.aclose()
    assert found[0] == found[1], "run `make docs`"
    assert empty_schema.FILE.read_text() == found[0][2], "run `make docs`"


async def test_steps_that_came_after_the_file_was_written_are_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'old.db'}")
    async with store.write() as tx:
        await tx.run_sync(lambda connection: command.upgrade(migrate.config(connection), "0009"))
        old = await tx.run_sync(empty_schema.drawn)
    await store.aclose()
    monkeypatch.setattr(empty_schema, "FILE", tmp_path / "old.sql")
    empty_schema.FILE.write_text(old)
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    await store.migrate()
    async with store.read() as tx:
        assert await tx.run_sync(migrate.is_current)
        assert await tx.run_sync(differences) == []
    await store.aclose()


async def test_migrating_again_changes_nothing(store: Store) -> None:
    await store.migrate()
    async with store.read() as tx:
        assert await tx.run_sync(differences) == []


async def migrate_twice_at_once(url: str) -> None:
    stores = [Store(url) for _ in range(2)]
    await asyncio.gather(*(each.migrate() for each in stores))
    async with stores[0].read() as tx:
        assert await tx.run_sync(differences) == []
    for each in stores:
        await each.aclose()


async def test_two_processes_may_migrate_at_once(tmp_path: Path) -> None:
    await migrate_twice_at_once(f"sqlite+aiosqlite:///{tmp_path / 'rapida.db'}")


async def test_two_machines_may_migrate_at_once(postgresql: Server) -> None:
    async with postgresql.database() as url:
        await migrate_twice_at_once(url)


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(place: Place) -> None:
    async with open_store(place) as store:
        async with store.write() as tx:
            await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match=r"newer version of Rapida \(its schema is 9999, and") as refused:
            await store.migrate()
        assert not refused.value.retryable
        async with store.read() as tx:
            assert await tx.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


async def test_calls_and_deployments_keep_what_they_hold_when_their_columns_lose_a_carriers_words(
    ready: ReadyNode,
) -> None:
    store, context_id = ready.node.store, context_of(await ready.rings())
    await ready.reports(context_id, CallStatus="completed", SequenceNumber="2")
    async with store.read() as tx:
        context, told = await contexts.find(tx, context_id), await callbacks.of_context(tx, context_id)
        deployment = await deployments.phone_of(tx, ready.assistant_id)
    async with store.write() as tx:
        await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0007"))
        for table in ("contexts", "callbacks"):
            before = await tx.execute(text(f"SELECT account_sid, call_sid FROM {table}"))
            assert before.all() == [(SID, CALL)]
        await tx.run_sync(lambda connection: command.upgrade(migrate.config(connection), "head"))
    async with store.read() as tx:
        assert await contexts.find(tx, context_id) == context
        assert await callbacks.of_context(tx, context_id) == told
        assert await deployments.phone_of(tx, ready.assistant_id) == deployment
    assert (context and context.carrier, deployment and deployment.carrier) == ("twilio", "twilio")


async def test_events_keep_what_they_say_when_they_get_kinds(ready: ReadyNode) -> None:
    await ready.rings()
    named = [(name, detail) for name, detail, _ in KNOWN] + [("failover", {"from": "a", "to": None})]
    async with ready.node.store.write() as tx:
        await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0008"))
        for row, (name, detail) in enumerate(named):
            await tx.execute(BEFORE, {"at": NOON + timedelta(seconds=row), "name": name, "detail": detail})
        await tx.run_sync(lambda connection: command.upgrade(migrate.config(connection), "head"))
        happened = [each.happening for each in await events.of_conversation(tx, 1)]
        assert happened == [*(happening for *_, happening in KNOWN), OtherHappening("failover", named[-1][1])]
        await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0008"))
        rows = await tx.execute(select(NAMED.c.name, NAMED.c.detail).order_by(NAMED.c.at))
        assert [(row.name, row.detail) for row in rows] == named


async def test_every_step_can_be_undone_and_done_again(store: Store) -> None:
    async with store.write() as tx:
        await tx.run_sync(lambda connection: command.downgrade(migrate.config(connection), "base"))
        left = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
        assert left == ["alembic_version"]
        await tx.run_sync(migrate.walk)
        assert await tx.run_sync(differences) == []

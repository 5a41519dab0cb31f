"""Lines: what answers at a number, and who may prove it, in one question."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, text, update

from rapida.store import assistants, credentials, deployments, lines, tenants
from rapida.store.tables import assistants as table
from tests.switchboard.ready_node import NOON, SID, ReadyNode, add_credential, an_assistant


async def test_only_the_projects_credential_of_the_asking_account_may_prove(ready: ReadyNode) -> None:
    vault = ready.node.vault
    async with ready.node.store.write() as tx:
        newer = await add_credential(tx, vault, ready.project_id, "Newer", "AC" + "8" * 32)
        await add_credential(tx, vault, ready.project_id, "Other account", "AC" + "9" * 32)
        theirs = await tenants.create_project(
            tx, await tenants.create_organization(tx, "Foreign", NOON), "Foreign", NOON
        )
        await add_credential(tx, vault, theirs.id, "Foreign", SID, account_token="x")
    await ready.deploy(credential_id=newer)
    async with ready.node.store.read() as tx:
        found = await lines.find(tx, ready.assistant_id, "twilio", SID)
    line = found.line
    assert line is not None
    assert [each.id for each in line.candidates] == [ready.credential_id]
    assert [each.name for each in found.strangers] == ["Foreign"]
    assert line.deployment is not None
    assert line.deployment.credential_id == newer
    assert line.assistant.published_version == 1


async def test_an_assistant_without_deployment_or_credential_is_still_a_line(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        other = await assistants.create(tx, ready.project_id, an_assistant("Other"), NOON)
        line = (await lines.find(tx, other.id, "twilio", "AC" + "9" * 32)).line
    assert line is not None
    assert (line.deployment, line.candidates) == (None, ())
    assert line.assistant.id == other.id


async def test_at_an_unknown_or_archived_assistant_there_is_no_line_but_the_account_is_known(
    ready: ReadyNode,
) -> None:
    async with ready.node.store.write() as tx:
        unknown = await lines.find(tx, 99, "twilio", SID)
        await tx.execute(update(table).values(archived_at=NOON))
        archived = await lines.find(tx, ready.assistant_id, "twilio", SID)
    for found in (unknown, archived):
        assert (found.line, found.own) == (None, ())
        assert [each.id for each in found.strangers] == [ready.credential_id]


async def test_the_latest_lines_are_those_that_answer_with_their_own_credential(ready: ReadyNode) -> None:
    vault = ready.node.vault
    async with ready.node.store.write() as tx:
        await add_credential(tx, vault, ready.project_id, "Another", "AC" + "8" * 32)
        silent = await assistants.create(tx, ready.project_id, an_assistant("Off"), NOON)
        newer = await assistants.create(tx, ready.project_id, an_assistant("Newer"), NOON)
        for assistant, enabled in ((silent, False), (newer, True)):
            await deployments.put_phone(
                tx, ready.project_id, assistant.id, "twilio", ready.credential_id, NOON, enabled=enabled
            )
        latest = await lines.latest(tx, 10)
        assert [each.assistant.id for each in latest] == [newer.id, ready.assistant_id]
        assert [[each.id for each in line.candidates] for line in latest] == [[ready.credential_id]] * 2
        assert len(await lines.latest(tx, 1)) == 1
        await tx.execute(update(table).values(archived_at=NOON))
        assert await lines.latest(tx, 10) == []


@pytest.mark.parametrize("lookup", [lines._FIND, credentials._OF_ACCOUNT], ids=["line", "account"])
async def test_an_account_is_looked_up_by_its_index_in_whichever_project_it_is(
    ready: ReadyNode, lookup: Select[Any]
) -> None:
    asked = lookup.params(wanted=1, carrier="twilio", provider="twilio", account=SID)
    async with ready.node.store.write() as tx:
        explain = "EXPLAIN QUERY PLAN"
        if tx.dialect.name == "postgresql":
            explain = "EXPLAIN"
            await tx.execute(text("SET LOCAL enable_seqscan = off"))  # which so small a table is read by
        statement = asked.compile(dialect=tx.dialect, compile_kwargs={"literal_binds": True})
        plan = [str(step) for step in await tx.execute(text(f"{explain} {statement}"))]
    assert any("ix_credentials_provider_account" in step for step in plan), plan

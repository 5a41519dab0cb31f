"""API keys: found by their digest while they are good, in their own project."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from rapida.errors import Conflict, NotFound
from rapida.store import api_keys, tenants
from rapida.store.api_keys import ApiKey, NewApiKey
from rapida.store.tables import api_keys as table
from rapida.vault import tokens
from tests.switchboard.ready_node import NOON, ReadyNode

LATER = timedelta(hours=1)


async def a_key(ready: ReadyNode, digest: str = "digest", name: str = "CI", **more: object) -> ApiKey:
    draft = NewApiKey(ready.project_id, name, "editor", **more)  # pyright: ignore[reportArgumentType]
    async with ready.node.store.write() as tx:
        return await api_keys.create(tx, draft, "rpd_abcd", digest, NOON)


async def good(ready: ReadyNode, digest: str = "digest", after: timedelta = timedelta()) -> bool:
    async with ready.node.store.read() as tx:
        return await api_keys.presented(tx, digest, NOON + after) is not None


async def test_a_key_is_found_by_its_digest_with_its_organization(ready: ReadyNode) -> None:
    made = await a_key(ready)
    assert made == ApiKey(
        id=made.id, project_id=ready.project_id, name="CI", prefix="rpd_abcd", role="editor", created_at=NOON
    )
    async with ready.node.store.read() as tx:
        project = await tenants.project(tx, ready.project_id)
        assert await api_keys.presented(tx, "digest", NOON) == (made, project.organization_id)
        assert await api_keys.presented(tx, "another", NOON) is None
        assert await api_keys.find(tx, made.id) == made
        with pytest.raises(NotFound):
            await api_keys.find(tx, made.id + 1)


async def test_a_key_is_good_until_it_expires(ready: ReadyNode) -> None:
    await a_key(ready, expires_at=NOON + LATER)
    assert await good(ready, after=LATER - timedelta(seconds=1))
    assert not await good(ready, after=LATER)


async def test_a_revoked_key_stays_revoked_since_the_first_time(ready: ReadyNode) -> None:
    made = await a_key(ready)
    async with ready.node.store.write() as tx:
        await api_keys.revoke(tx, made.id, NOON + LATER)
        await api_keys.revoke(tx, made.id, NOON + 2 * LATER)
        assert (await api_keys.find(tx, made.id)).revoked_at == NOON + LATER
    assert not await good(ready)


async def test_its_last_use_is_kept(ready: ReadyNode) -> None:
    made = await a_key(ready)
    async with ready.node.store.write() as tx:
        await api_keys.used(tx, made.id, NOON + LATER)
        assert (await api_keys.find(tx, made.id)).last_used_at == NOON + LATER


async def test_a_projects_keys_are_listed_newest_first_and_no_others(ready: ReadyNode) -> None:
    first, second = await a_key(ready, "one", "One"), await a_key(ready, "two", "Two")
    async with ready.node.store.write() as tx:
        mine = await tenants.project(tx, ready.project_id)
        other = await tenants.create_project(tx, mine.organization_id, "Other", NOON)
        await api_keys.create(tx, NewApiKey(other.id, "Theirs", "viewer"), "rpd_wxyz", "three", NOON)
        assert await api_keys.of_project(tx, ready.project_id) == [second, first]


async def test_of_the_secret_only_the_digest_and_the_beginning_are_stored(ready: ReadyNode) -> None:
    token = tokens.new_api_key()
    async with ready.node.store.write() as tx:
        await api_keys.create(
            tx, NewApiKey(ready.project_id, "CI", "viewer"), token.prefix, token.digest, NOON
        )
        row = (await tx.execute(select(table))).mappings().one()
    assert token.text not in str(dict(row))
    assert row["secret_hash"] == tokens.digest(token.text)
    assert len(row["prefix"]) < len(token.text) / 3


async def test_the_name_of_a_good_key_is_taken_in_its_project(ready: ReadyNode) -> None:
    first = await a_key(ready, "one")
    with pytest.raises(Conflict, match="an API key called 'CI'"):
        await a_key(ready, "two")
    async with ready.node.store.write() as tx:
        mine = await tenants.project(tx, ready.project_id)
        other = await tenants.create_project(tx, mine.organization_id, "Other", NOON)
        await api_keys.create(tx, NewApiKey(other.id, "CI", "viewer"), "rpd_wxyz", "three", NOON)
        await api_keys.revoke(tx, first.id, NOON)
    await a_key(ready, "four", expires_at=NOON)
    await a_key(ready, "five")

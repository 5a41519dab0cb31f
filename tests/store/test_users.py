"""Users: one row per address, an organization that keeps an owner, sessions that end, counted tries."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from rapida.errors import Conflict, NotFound
from rapida.store import Store, tenants, users
from rapida.store.users import FORGET_AFTER, Role, User
from tests.switchboard.ready_node import NOON

HASH = "$argon2id$canary"


async def a_user(store: Store, email: str = "Ada@Example.com ") -> User:
    async with store.write() as tx:
        return await users.create(tx, email, "Ada", HASH, NOON)


async def an_organization(store: Store, **members: Role) -> tuple[int, dict[str, int]]:
    """An organization, and the ids of its members by name."""
    ids: dict[str, int] = {}
    async with store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Org", NOON)
        for name, role in members.items():
            user = await users.create(tx, f"{name}@example.com", name, HASH, NOON)
            await users.join(tx, organization_id, user.id, role, NOON)
            ids[name] = user.id
    return organization_id, ids


# People -----------------------------------------------------------------------------------------------------


async def test_a_person_is_found_by_their_address_however_it_is_written(store: Store) -> None:
    async with store.read() as tx:
        assert not await users.exist(tx)
    made = await a_user(store)
    async with store.read() as tx:
        assert await users.by_email(tx, " ADA@example.com") == made
        assert await users.by_email(tx, "eve@example.com") is None
        assert await users.exist(tx)
        assert await users.count(tx) == 1
    assert made.email == "ada@example.com"


async def test_an_address_belongs_to_one_person(store: Store) -> None:
    await a_user(store)
    with pytest.raises(Conflict, match=r"ada@example\.com"):
        await a_user(store, "ADA@EXAMPLE.COM")


async def test_a_password_hash_is_in_no_representation(store: Store) -> None:
    assert "canary" not in repr(await a_user(store))


# Membership -------------------------------------------------------------------------------------------------


async def test_members_are_listed_with_their_roles_in_their_own_organization_only(store: Store) -> None:
    organization_id, ids = await an_organization(store, ada="owner", bob="viewer")
    async with store.write() as tx:
        other = await tenants.create_organization(tx, "Other", NOON)
        await users.join(tx, other, ids["bob"], "admin", NOON)
        listed = [(each.name, each.role) for each in await users.of_organization(tx, organization_id)]
        assert listed == [("ada", "owner"), ("bob", "viewer")]
        assert await users.organizations_of(tx, ids["bob"]) == [(organization_id, "viewer"), (other, "admin")]
        assert (await users.member(tx, other, ids["bob"])).role == "admin"
        with pytest.raises(NotFound):
            await users.member(tx, other, ids["ada"])


async def test_nobody_is_a_member_twice(store: Store) -> None:
    organization_id, ids = await an_organization(store, ada="owner")
    with pytest.raises(Conflict, match="already a member"):
        async with store.write() as tx:
            await users.join(tx, organization_id, ids["ada"], "viewer", NOON)


async def test_the_last_owner_neither_leaves_nor_becomes_less(store: Store) -> None:
    organization_id, ids = await an_organization(store, ada="owner", bob="admin")
    async with store.write() as tx:
        with pytest.raises(Conflict, match="needs an owner"):
            await users.set_role(tx, organization_id, ids["ada"], "admin")
        with pytest.raises(Conflict, match="needs an owner"):
            await users.leave(tx, organization_id, ids["ada"], NOON)
        await users.set_role(tx, organization_id, ids["bob"], "owner")
        await users.set_role(tx, organization_id, ids["ada"], "viewer")
        assert (await users.member(tx, organization_id, ids["ada"])).role == "viewer"


async def test_of_two_owners_who_leave_at_once_one_stays(store: Store) -> None:
    organization_id, ids = await an_organization(store, ada="owner", bob="owner")

    async def leaves(user_id: int) -> None:
        async with store.write() as tx:
            await users.leave(tx, organization_id, user_id, NOON)

    ends = await asyncio.gather(*map(leaves, ids.values()), return_exceptions=True)
    assert sorted(type(each).__name__ for each in ends) == ["Conflict", "NoneType"]
    async with store.read() as tx:
        assert [each.role for each in await users.of_organization(tx, organization_id)] == ["owner"]


async def test_somebody_whom_nobody_has_any_more_is_taken_back_with_a_new_password(store: Store) -> None:
    organization_id, ids = await an_organization(store, ada="owner", bob="admin")
    await a_session(store, ids["bob"], "bob's")
    async with store.write() as tx:
        for nobody in ("bob@example.com", "eve@example.com"):
            assert await users.take_back(tx, nobody, "Eve", "new", NOON) is None
        await users.leave(tx, organization_id, ids["bob"], NOON)
        back = await users.take_back(tx, " BOB@example.com", "Robert", "new", NOON)
        assert back is not None
        assert (back.id, back.name, back.password_hash) == (ids["bob"], "Robert", "new")
        assert await users.by_email(tx, "bob@example.com") == back
        assert await users.organizations_of(tx, back.id) == []
    assert not await good(store, "bob's")


async def test_of_two_organizations_that_take_somebody_back_at_once_one_does(store: Store) -> None:
    organization_id, ids = await an_organization(store, ada="owner", bob="admin")
    async with store.write() as tx:
        await users.leave(tx, organization_id, ids["bob"], NOON)
        other = await tenants.create_organization(tx, "Other", NOON)

    async def takes_back(where: int) -> bool:
        async with store.write() as tx:
            found = await users.take_back(tx, "bob@example.com", f"of {where}", f"hash of {where}", NOON)
            if found is not None:
                await asyncio.sleep(0.05)  # the other one comes meanwhile
                await users.join(tx, where, found.id, "viewer", NOON)
            return found is not None

    assert sorted(await asyncio.gather(takes_back(organization_id), takes_back(other))) == [False, True]
    async with store.read() as tx:
        [(where, _)] = await users.organizations_of(tx, ids["bob"])
        found = await users.by_email(tx, "bob@example.com")
    assert found is not None
    assert (found.name, found.password_hash) == (f"of {where}", f"hash of {where}")


# Sessions ---------------------------------------------------------------------------------------------------


async def a_session(store: Store, user_id: int, name: str) -> None:
    async with store.write() as tx:
        await users.begin_session(tx, user_id, name, NOON, NOON + timedelta(hours=1))


async def good(store: Store, name: str, **after: float) -> bool:
    async with store.read() as tx:
        return await users.session(tx, name, NOON + timedelta(**after)) is not None


async def test_a_session_is_good_until_its_end_or_until_it_is_ended(store: Store) -> None:
    user = await a_user(store)
    await a_session(store, user.id, "one")
    await a_session(store, user.id, "two")
    async with store.write() as tx:
        await users.session_used(tx, "one", NOON + timedelta(minutes=5))
        found = await users.session(tx, "one", NOON)
        assert found is not None
        assert (found.user, found.last_used_at) == (user, NOON + timedelta(minutes=5))
    assert await good(store, "one", minutes=59)
    assert not await good(store, "one", minutes=60)
    async with store.write() as tx:
        await users.end_session(tx, "one", NOON)
    assert (await good(store, "one"), await good(store, "two")) == (False, True)
    assert not await good(store, "three")


async def test_a_new_password_ends_every_session_of_that_user_only(store: Store) -> None:
    ada, bob = await a_user(store), await a_user(store, "bob@example.com")
    await a_session(store, ada.id, "ada's")
    await a_session(store, bob.id, "bob's")
    async with store.write() as tx:
        await users.set_password(tx, ada.id, "another", NOON)
        found = await users.by_email(tx, ada.email)
    assert found is not None
    assert found.password_hash == "another"
    assert (await good(store, "ada's"), await good(store, "bob's")) == (False, True)


async def test_whoever_leaves_is_signed_out(store: Store) -> None:
    organization_id, ids = await an_organization(store, ada="owner", bob="admin")
    await a_session(store, ids["bob"], "bob's")
    async with store.write() as tx:
        await users.leave(tx, organization_id, ids["bob"], NOON)
    assert not await good(store, "bob's")


# Tries to sign in -------------------------------------------------------------------------------------------


async def test_failures_are_counted_by_account_until_one_succeeds_or_they_are_old(store: Store) -> None:
    async with store.write() as tx:
        assert await users.failures(tx, "ada", NOON) == (0, None)
        await users.note_try(tx, "ada", 3, NOON)
        await users.note_try(tx, "bob", 1, NOON)
        assert await users.failures(tx, "ada", NOON + FORGET_AFTER) == (3, NOON)
        assert (await users.failures(tx, "ada", NOON + FORGET_AFTER + timedelta(seconds=1)))[0] == 0
        await users.note_try(tx, "ada", 0, NOON)
        assert await users.failures(tx, "ada", NOON) == (0, None)
        assert await users.failures(tx, "bob", NOON) == (1, NOON)
        # Whoever is noted later sweeps what is old.
        await users.note_try(tx, "ada", 1, NOON + FORGET_AFTER + timedelta(seconds=1))
        assert await users.failures(tx, "bob", NOON) == (0, None)

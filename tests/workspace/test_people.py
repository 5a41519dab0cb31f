"""People without the API: setting up, signing in, and what a database away leaves behind."""

from __future__ import annotations

from contextlib import suppress

import pytest

from rapida.errors import Conflict, InvalidField, NotFound, NotSignedIn, TooManyTries
from rapida.store import Store, audit, tenants, users
from rapida.vault.sealing import Keyring, Vault
from rapida.workspace.demo import bootstrap
from rapida.workspace.people import LONGEST_WAIT_S, NewUser, People
from tests.api.conftest import PASSWORD, quick_passwords
from tests.databases import Place, open_store
from tests.switchboard.ready_node import NOON, HandClock, an_assistant

ADA = NewUser("ada@example.com", "Ada", PASSWORD)


def people(store: Store, clock: HandClock | None = None) -> People:
    return People(store, clock or HandClock(), quick_passwords())


async def test_an_installation_without_a_first_start_gets_its_organization_from_the_owner(
    place: Place,
) -> None:
    async with open_store(place) as store:
        owned = await people(store).set_up(ADA, "Engines", "Desk", "cli")
        # A server that starts later leaves the owner's project alone.
        vault = Vault(Keyring({"k1": b"k" * 32}))
        assert await bootstrap(store, vault, an_assistant(), public_host=None, now=NOON) is None
        async with store.read() as tx:
            assert (await tenants.organization(tx, owned.project.organization_id)).name == "Engines"
            assert (await users.member(tx, owned.project.organization_id, owned.user.id)).role == "owner"


async def test_a_wrong_newcomer_leaves_nothing_and_a_second_owner_is_refused(place: Place) -> None:
    async with open_store(place) as store:
        with pytest.raises(InvalidField):
            await people(store).set_up(NewUser("ada", "Ada", PASSWORD), "E", "D", "cli")
        assert await people(store).owner_needed()
        await people(store).set_up(ADA, "E", "D", "cli")
        with pytest.raises(Conflict, match="set up already"):
            await people(store).set_up(NewUser("b@example.com", "B", PASSWORD), "E", "D", "cli")


async def test_the_owner_is_never_locked_out_for_longer_than_a_minute(place: Place) -> None:
    clock = HandClock()
    async with open_store(place) as store:
        mine = people(store, clock)
        await mine.set_up(ADA, "E", "D", "cli")
        for _ in range(40):
            clock.turn(seconds=LONGEST_WAIT_S)
            with pytest.raises(NotSignedIn):
                await mine.sign_in("ada@example.com", "a wrong password")
        clock.turn(seconds=LONGEST_WAIT_S)
        assert (await mine.sign_in("ADA@example.com", PASSWORD)).user.email == "ada@example.com"


async def test_a_forgotten_password_is_replaced_and_every_session_is_over(place: Place) -> None:
    async with open_store(place) as store:
        mine = people(store)
        await mine.set_up(ADA, "Engines", "Desk", "cli")
        session = await mine.sign_in("ada@example.com", PASSWORD)
        for _ in range(8):
            with suppress(NotSignedIn, TooManyTries):
                await mine.sign_in("ada@example.com", "guessed wrong")
        user = await mine.reset_password(" ADA@example.com", "another good one", "cli")
        async with store.read() as tx:
            assert await users.session(tx, session.token.digest, NOON) is None
            organization_id = (await users.organizations_of(tx, user.id))[0][0]
            (deed, *_) = await audit.page(tx, organization_id, 0, None, 10, whole=True)
        assert (deed.entry.action, deed.entry.subject) == ("member.password", f"user:{user.id}")
        assert (await mine.sign_in("ada@example.com", "another good one")).user.id == user.id
        with pytest.raises(NotSignedIn):
            await mine.sign_in("ada@example.com", PASSWORD)
        with pytest.raises(NotFound, match="users list"):
            await mine.reset_password("bob@example.com", "another good one", "cli")
        with pytest.raises(InvalidField):
            await mine.reset_password("ada@example.com", "short", "cli")

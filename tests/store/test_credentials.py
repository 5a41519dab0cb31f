"""Credentials: sealed on the way in, opened only by the vault, and never in the file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from alembic import command
from sqlalchemy import Connection, update

from rapida.errors import Conflict, NotFound, VaultError
from rapida.store import credentials, migrate
from rapida.store.tables import credentials as table
from rapida.vault.sealing import Keyring, Vault
from tests.databases import Place
from tests.switchboard.ready_node import NOON, SID, TOKEN, ReadyNode, add_credential, open_ready_node


async def test_a_credential_opens_to_what_was_put_in(ready: ReadyNode) -> None:
    async with ready.node.store.read() as tx:
        found = await credentials.find(tx, ready.credential_id)
    secret = ready.node.vault.open(found.place, found.sealed)
    assert (secret["account_sid"], secret["account_token"]) == (SID, TOKEN)
    assert found.account == SID


async def test_no_secret_stands_in_the_database_files(tmp_path: Path) -> None:
    async with open_ready_node(tmp_path):
        on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SID.encode() in on_disk
    assert TOKEN.encode() not in on_disk


async def test_a_row_whose_bytes_were_put_on_another_row_does_not_open(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        other = await add_credential(
            tx,
            ready.node.vault,
            ready.project_id,
            "Other",
            "AC" + "9" * 32,
            account_token="other-token",
        )
        mine = await credentials.find(tx, ready.credential_id)
        await tx.execute(
            update(table)
            .where(table.c.id == other)
            .values(wrapped_key=mine.sealed.wrapped_key, ciphertext=mine.sealed.ciphertext)
        )
        swapped = await credentials.find(tx, other)
    with pytest.raises(VaultError):
        ready.node.vault.open(swapped.place, swapped.sealed)


@pytest.mark.parametrize("altered", [{"base_url": "https://thief.example.net"}, {"provider": "openai"}])
async def test_a_row_whose_host_or_provider_was_altered_does_not_open_until_the_secret_is_entered_again(
    ready: ReadyNode, altered: dict[str, str]
) -> None:
    vault = ready.node.vault
    async with ready.node.store.write() as tx:
        await tx.execute(update(table).where(table.c.id == ready.credential_id).values(**altered))
        found = await credentials.find(tx, ready.credential_id)
        with pytest.raises(VaultError, match="provider or host of its row was altered"):
            vault.open(found.place, found.sealed)
        vault.verify(await credentials.sample(tx))  # which is no reason not to start
        home = "https://home.example.org"
        draft = credentials.CredentialDraft(
            project_id=found.project_id,
            provider=found.provider,
            name="Twilio",
            secret={"account_token": "new"},
            account=SID,
            base_url=home,
        )
        again = await credentials.replace(tx, vault, found, draft, NOON, NOON + timedelta(hours=24))
    assert vault.open(again.place, again.sealed) == {"account_token": "new"}
    assert again.retired == ()


async def test_the_start_sample_can_be_had_from_every_schema_there_was(place: Place) -> None:
    steps = ("base", "0001", "0002", "0003", "0004", "head")
    async with open_ready_node(place) as ready, ready.node.store.write() as tx:
        sampled: list[list[str]] = []
        for step in reversed(steps):
            await tx.run_sync(_at_version, step)
            sampled.append([sealed.key_id for _, sealed in await credentials.sample(tx)])
    assert sampled == [["k1"]] * 5 + [[]]


def _at_version(connection: Connection, version: str) -> None:
    (command.upgrade if version == "head" else command.downgrade)(migrate.config(connection), version)


async def test_two_credentials_of_a_project_cannot_share_a_name(ready: ReadyNode) -> None:
    with pytest.raises(Conflict, match="already has a credential called 'Twilio'"):
        async with ready.node.store.write() as tx:
            await add_credential(tx, ready.node.vault, ready.project_id, "Twilio", SID)


async def test_a_project_has_one_credential_for_an_account(ready: ReadyNode) -> None:
    vault = ready.node.vault
    with pytest.raises(Conflict, match="for this account: 'Twilio'"):
        async with ready.node.store.write() as tx:
            await add_credential(tx, vault, ready.project_id, "Twin", SID)
    async with ready.node.store.write() as tx:
        # Secrets without an account, such as API keys, are not counted as the same.
        await add_credential(tx, vault, ready.project_id, "One key", "")
        await add_credential(tx, vault, ready.project_id, "Another key", "")


async def test_a_replaced_secret_stays_readable_under_its_own_end_only(ready: ReadyNode) -> None:
    vault, until = ready.node.vault, NOON + timedelta(hours=24)
    async with ready.node.store.write() as tx:
        old = await credentials.find(tx, ready.credential_id)
        draft = credentials.CredentialDraft(old.project_id, "twilio", "Twilio", {"account_token": "new"}, SID)
        new = await credentials.replace(tx, vault, old, draft, NOON, until)
    (retired,) = new.retired
    assert vault.open(new.place, new.sealed) == {"account_token": "new"}
    assert vault.open(new.place_of(retired), retired.sealed)["account_token"] == TOKEN
    forever = msgspec.structs.replace(retired, until=until + timedelta(days=365))
    for place, sealed in ((new.place, retired.sealed), (new.place_of(forever), forever.sealed)):
        with pytest.raises(VaultError):
            vault.open(place, sealed)


async def test_a_key_that_seals_only_a_replaced_secret_is_missed_all_the_same(ready: ReadyNode) -> None:
    newer = Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
    async with ready.node.store.write() as tx:
        old = await credentials.find(tx, ready.credential_id)
        draft = credentials.CredentialDraft(old.project_id, "twilio", "Twilio", {"account_token": "new"}, SID)
        for vault in (ready.node.vault, newer):
            old = await credentials.replace(tx, vault, old, draft, NOON, NOON + timedelta(hours=24))
        sealed = await credentials.sample(tx)
    newer.verify(sealed)
    with pytest.raises(VaultError, match="the key 'k1' is not loaded"):
        Vault(Keyring({"k2": b"2" * 32})).verify(sealed)


async def test_a_rewrap_takes_replaced_secrets_along_and_drops_those_that_prove_no_more(
    ready: ReadyNode,
) -> None:
    vault, newer = ready.node.vault, Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
    async with ready.node.store.write() as tx:
        found = await credentials.find(tx, ready.credential_id)
        draft = credentials.CredentialDraft(
            found.project_id, "twilio", "Twilio", {"account_token": "new"}, SID
        )
        for hours in (1, 24):
            found = await credentials.replace(tx, vault, found, draft, NOON, NOON + timedelta(hours=hours))
        assert len(found.retired) == 2
        assert await credentials.rewrap(tx, newer, NOON + timedelta(hours=2)) == (1, ())
        assert await credentials.rewrap(tx, newer, NOON + timedelta(hours=2)) == (0, ())
        moved = await credentials.find(tx, ready.credential_id)
    only_new = Vault(Keyring({"k2": b"2" * 32}))
    (left,) = moved.retired
    assert only_new.open(moved.place_of(left), left.sealed) == {"account_token": "new"}


async def test_uses_add_up_by_day_and_a_deleted_credential_is_left_out(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        for day, number in ((22, 2), (22, 3), (23, 1)):
            await credentials.count_uses(tx, date(2026, 11, day), {ready.credential_id: number, 99: 7})
        assert await credentials.uses(tx, ready.credential_id) == {"2026-11-23": 1, "2026-11-22": 5}


async def test_a_missing_credential_is_not_found(ready: ReadyNode) -> None:
    async with ready.node.store.read() as tx:
        assert await credentials.find_if_any(tx, 99) is None
        with pytest.raises(NotFound, match="there is no credential 99"):
            await credentials.find(tx, 99)


async def test_the_start_sample_holds_rows_of_every_key_in_use(ready: ReadyNode) -> None:
    newer = Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
    async with ready.node.store.write() as tx:
        await add_credential(tx, ready.node.vault, ready.project_id, "Same key", "", t="x")
        await add_credential(tx, newer, ready.project_id, "New key", "", t="x")
        sample = await credentials.sample(tx)
    assert sorted(sealed.key_id for _, sealed in sample) == ["k1", "k1", "k2"]
    newer.verify(sample)


async def test_rewrapping_leaves_no_row_on_the_old_key_and_no_secret_changed(ready: ReadyNode) -> None:
    newer = Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
    async with ready.node.store.write() as tx:
        assert await credentials.rewrap(tx, newer, NOON) == (1, ())
        assert await credentials.rewrap(tx, newer, NOON) == (0, ())
        found = await credentials.find(tx, ready.credential_id)
    assert Vault(Keyring({"k2": b"2" * 32})).open(found.place, found.sealed)["account_token"] == TOKEN


async def test_an_altered_row_keeps_neither_the_start_nor_a_rotation_from_the_others(
    ready: ReadyNode,
) -> None:
    vault, newer = ready.node.vault, Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
    async with ready.node.store.write() as tx:
        newest = await add_credential(tx, vault, ready.project_id, "Newest", "AC" + "8" * 32)
        await tx.execute(update(table).where(table.c.id == newest).values(wrapped_key=b"x" * 60))
        vault.verify(await credentials.sample(tx))
        assert await credentials.rewrap(tx, newer, NOON) == (1, (newest,))
        moved = await credentials.find(tx, ready.credential_id)
        assert newer.open(moved.place, moved.sealed)["account_token"] == TOKEN
        assert (await credentials.find(tx, newest)).sealed.key_id == "k1"
        with pytest.raises(VaultError):  # of the old key only the altered row is left
            newer.verify(await credentials.sample(tx))


async def test_of_each_key_the_newest_few_rows_are_looked_at(ready: ReadyNode) -> None:
    vault = ready.node.vault
    async with ready.node.store.write() as tx:
        ids = [
            await add_credential(tx, vault, ready.project_id, f"No. {number}", f"AC{number:032d}")
            for number in range(credentials.SAMPLED)
        ]
        found = [place.credential_id for place, _ in await credentials.sample(tx)]
    assert found == ids[::-1]


async def test_a_replaced_secret_that_was_altered_is_gone_once_a_new_one_is_entered(ready: ReadyNode) -> None:
    vault, until = ready.node.vault, NOON + timedelta(hours=24)
    async with ready.node.store.write() as tx:
        old = await credentials.find(tx, ready.credential_id)
        draft = credentials.CredentialDraft(old.project_id, "twilio", "Twilio", {"account_token": "new"}, SID)
        new = await credentials.replace(tx, vault, old, draft, NOON, until)
        altered = msgspec.to_builtins([msgspec.structs.replace(new.retired[0], wrapped_key=b"x" * 60)])
        await tx.execute(update(table).where(table.c.id == old.id).values(retired=altered))
        found = await credentials.find(tx, old.id)
        newest = await credentials.replace(tx, vault, found, draft, NOON, until)
    assert [vault.open(newest.place_of(each), each.sealed) for each in newest.retired] == [
        {"account_token": "new"}
    ]


async def test_credentials_are_listed_renamed_verified_and_removed(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        other = await add_credential(
            tx, ready.node.vault, ready.project_id, "Spare", "AC" + "5" * 32, account_token="t"
        )
        first = await credentials.find(tx, ready.credential_id)
        listed = await credentials.page(tx, ready.project_id, None, 9)
        assert [each.id for each in listed] == [other, first.id]
        assert await credentials.page(tx, ready.project_id, other, 9) == [first]
        assert await credentials.of_account(tx, "twilio", SID) == [first]
        renamed = await credentials.rename(tx, first, "Main", NOON)
        assert (renamed.id, renamed.name) == (first.id, "Main")
        with pytest.raises(Conflict):
            await credentials.rename(tx, renamed, "Spare", NOON)
        await credentials.verified(tx, other, NOON)
        assert (await credentials.find(tx, other)).verified_at == NOON
        await credentials.remove(tx, other)
        assert await credentials.by_key(tx) == {"k1": 1}
    with pytest.raises(Conflict, match="a deployment still uses"):
        async with ready.node.store.write() as tx:
            await credentials.remove(tx, first.id)

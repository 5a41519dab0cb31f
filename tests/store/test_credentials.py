"""Credentials: sealed on the way in, opened only by the vault, and never in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from rapida.errors import Conflict, NotFound, VaultError
from rapida.store import credentials
from rapida.store.tables import credentials as table
from rapida.vault import Keyring, Vault
from tests.switchboard.office import NOON, SID, TOKEN, Office, add_credential, open_office


async def test_a_credential_opens_to_what_was_put_in(office: Office) -> None:
    async with office.exchange.store.read() as tx:
        found = await credentials.find(tx, office.credential_id)
    secret = office.exchange.vault.open(found.place, found.sealed)
    assert (secret["account_sid"], secret["account_token"]) == (SID, TOKEN)
    assert found.account == SID


async def test_no_secret_stands_in_the_database_files(tmp_path: Path) -> None:
    async with open_office(tmp_path):
        on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SID.encode() in on_disk
    assert TOKEN.encode() not in on_disk


async def test_a_row_whose_bytes_were_put_on_another_row_does_not_open(office: Office) -> None:
    async with office.exchange.store.write() as tx:
        other = await add_credential(
            tx, office.exchange.vault, office.project_id, "Other", SID, account_token="other-token"
        )
        mine = await credentials.find(tx, office.credential_id)
        await tx.execute(
            update(table)
            .where(table.c.id == other)
            .values(wrapped_key=mine.sealed.wrapped_key, ciphertext=mine.sealed.ciphertext)
        )
        swapped = await credentials.find(tx, other)
    with pytest.raises(VaultError):
        office.exchange.vault.open(swapped.place, swapped.sealed)


async def test_two_credentials_of_a_project_cannot_share_a_name(office: Office) -> None:
    with pytest.raises(Conflict, match="already has a credential called 'Twilio'"):
        async with office.exchange.store.write() as tx:
            await add_credential(tx, office.exchange.vault, office.project_id, "Twilio", SID)


async def test_a_missing_credential_is_not_found(office: Office) -> None:
    async with office.exchange.store.read() as tx:
        assert await credentials.find_if_any(tx, 99) is None
        with pytest.raises(NotFound, match="there is no credential 99"):
            await credentials.find(tx, 99)


async def test_the_start_sample_holds_one_row_for_every_key_in_use(office: Office) -> None:
    newer = Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
    async with office.exchange.store.write() as tx:
        await add_credential(tx, office.exchange.vault, office.project_id, "Same key", SID, t="x")
        await add_credential(tx, newer, office.project_id, "New key", SID, t="x")
        sample = await credentials.sample(tx)
    assert sorted(sealed.key_id for _, sealed in sample) == ["k1", "k2"]
    newer.verify(sample)


async def test_rewrapping_leaves_no_row_on_the_old_key_and_no_secret_changed(office: Office) -> None:
    newer = Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
    async with office.exchange.store.write() as tx:
        assert await credentials.rewrap(tx, newer, NOON) == 1
        assert await credentials.rewrap(tx, newer, NOON) == 0
        found = await credentials.find(tx, office.credential_id)
    assert Vault(Keyring({"k2": b"2" * 32})).open(found.place, found.sealed)["account_token"] == TOKEN

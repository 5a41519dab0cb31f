"""What stood at a number is kept sealed, bound to its account, and moves to a new key with the secrets."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from rapida.errors import VaultError
from rapida.store import connected_numbers, credentials, deployments
from rapida.store.connected_numbers import ConnectedNumber
from rapida.store.tables import connected_numbers as table
from rapida.vault.sealing import Keyring, Vault
from tests.databases import Place
from tests.switchboard.ready_node import NOON, open_ready_node

KEY = ("PN1", "+14155550100")
KEPT = ConnectedNumber({"asks": "https://ada:word@old.example.com"}, [{"asks": "https://calls.example.org"}])


async def test_what_is_kept_comes_back_and_moves_to_a_new_key_and_to_no_other_number(place: Place) -> None:
    async with open_ready_node(place) as ready:
        vault, newer = ready.node.vault, Vault(Keyring({"k2": b"2" * 32, "k1": b"k" * 32}))
        async with ready.node.store.write() as tx:
            mine = await credentials.find(tx, ready.credential_id)
            assert await connected_numbers.find(tx, vault, mine, "PN1") is None
            for settings in (ConnectedNumber({}, []), KEPT):  # the later one counts
                await connected_numbers.keep(tx, vault, mine, KEY, settings, NOON)
            assert await connected_numbers.find(tx, vault, mine, "PN1") == KEPT
            assert await connected_numbers.ids(tx, mine.id) == {"PN1"}
            assert await connected_numbers.rewrap(tx, newer) == (1, ())
            assert await connected_numbers.by_key(tx) == {"k2": 1}
            assert await connected_numbers.find(tx, newer, mine, "PN1") == KEPT
            await tx.execute(update(table).values(key_id="k1", number_id="PN2"))
            assert await connected_numbers.rewrap(tx, newer) == (0, (mine.id,))
            with pytest.raises(VaultError):
                await connected_numbers.find(tx, vault, mine, "PN2")
            await connected_numbers.forget(tx, mine.id, "PN2")
            assert await connected_numbers.ids(tx, mine.id) == set()


async def test_it_goes_with_its_credential(place: Place) -> None:
    async with open_ready_node(place) as ready, ready.node.store.write() as tx:
        mine = await credentials.find(tx, ready.credential_id)
        await connected_numbers.keep(tx, ready.node.vault, mine, KEY, KEPT, NOON)
        await deployments.remove_phone(tx, ready.assistant_id)
        await credentials.remove(tx, mine.id)
        assert await connected_numbers.ids(tx, mine.id) == set()

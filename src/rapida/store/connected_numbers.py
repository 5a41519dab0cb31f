"""What stood at a carrier's number before it was connected here, so that it can be put back.

Settings are sealed like a credential's secret, to which they are bound: an address may hold a password. They
go when the credential goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select, update

from ..errors import VaultError
from ..vault.sealing import Sealed, SecretBinding, Vault
from .credentials import Credential, Rewrapped
from .db import Transaction
from .tables import connected_numbers


@dataclass(frozen=True, repr=False)
class ConnectedNumber:
    """Both by the carrier's names for settings."""

    before: Mapping[str, str]
    """What stood at the number."""
    ours: Sequence[Mapping[str, str]]
    """What was set in its place. Several while nobody knows which of them the carrier took."""


async def find(
    tx: Transaction, vault: Vault, credential: Credential, number_id: str
) -> ConnectedNumber | None:
    """What is kept of a number; None = it was not connected here. Raises `VaultError`."""
    at = connected_numbers.c
    found = await tx.execute(
        select(at.key_id, at.wrapped_key, at.ciphertext).where(
            at.credential_id == credential.id, at.number_id == number_id
        )
    )
    if (row := found.first()) is None:
        return None
    told = vault.open(_place(credential.project_id, credential.id, number_id), Sealed(*row))
    return ConnectedNumber(*(msgspec.json.decode(told[name]) for name in ("before", "ours")))


async def keep(
    tx: Transaction,
    vault: Vault,
    credential: Credential,
    key: tuple[str, str],
    settings: ConnectedNumber,
    now: datetime,
) -> None:
    """Keep what stood at a number, in place of what was kept of it. `key` is (carrier's name, number)."""
    number_id, number = key
    place = _place(credential.project_id, credential.id, number_id)
    told = {"before": settings.before, "ours": settings.ours}
    sealed = vault.seal(place, {name: msgspec.json.encode(each).decode() for name, each in told.items()})
    values = {"number": number, "updated_at": now, **_columns(sealed)}
    at = connected_numbers.c
    mine = (at.credential_id == credential.id, at.number_id == number_id)
    if (await tx.execute(update(connected_numbers).where(*mine).values(**values))).rowcount == 0:
        whose = {"project_id": credential.project_id, "credential_id": credential.id, "number_id": number_id}
        await tx.execute(insert(connected_numbers).values(**whose, **values, created_at=now))


async def forget(tx: Transaction, credential_id: int, number_id: str) -> None:
    """Keep nothing of a number any more."""
    at = connected_numbers.c
    await tx.execute(
        delete(connected_numbers).where(at.credential_id == credential_id, at.number_id == number_id)
    )


async def ids(tx: Transaction, credential_id: int) -> set[str]:
    """The numbers of an account that were connected here, by the carrier's names for them."""
    at = connected_numbers.c
    return set((await tx.execute(select(at.number_id).where(at.credential_id == credential_id))).scalars())


async def by_key(tx: Transaction) -> Counter[str]:
    """How many rows each key of the vault seals."""
    return Counter((await tx.execute(select(connected_numbers.c.key_id))).scalars())


async def rewrap(tx: Transaction, vault: Vault) -> Rewrapped:
    """Wrap every row by the vault's first key. `shut` are the credentials of rows that do not open."""
    at = connected_numbers.c
    found = await tx.execute(select(connected_numbers).where(at.key_id != vault.key_id).with_for_update())
    changed, shut = 0, set[int]()
    for row in found.all():
        sealed = Sealed(row.key_id, row.wrapped_key, row.ciphertext)
        try:
            moved = vault.rewrap(_place(row.project_id, row.credential_id, row.number_id), sealed)
        except VaultError:
            shut.add(row.credential_id)
            continue
        await tx.execute(update(connected_numbers).where(at.id == row.id).values(**_columns(moved)))
        changed += 1
    return Rewrapped(changed, tuple(sorted(shut)))


def _place(project_id: int, credential_id: int, number_id: str) -> SecretBinding:
    return SecretBinding(project_id, credential_id, part=f"number/{number_id}")


def _columns(sealed: Sealed) -> dict[str, object]:
    return {
        "key_id": sealed.key_id,
        "wrapped_key": sealed.wrapped_key,
        "ciphertext": sealed.ciphertext,
    }

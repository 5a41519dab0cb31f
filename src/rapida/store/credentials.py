"""Credentials: sealed secrets and the public facts beside them. Opening one needs the vault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import Conflict, NotFound
from ..vault import Place, Sealed, Vault
from .db import Transaction
from .tables import credentials


@dataclass(frozen=True)
class Credential:
    """A stored credential. `account` is the provider's public name of the account (Twilio's AccountSid)."""

    id: int
    project_id: int
    provider: str
    name: str
    account: str
    base_url: str | None
    sealed: Sealed

    @property
    def place(self) -> Place:
        """Where the secret is bound to."""
        return Place(self.project_id, self.id)


_FIND = select(credentials).where(credentials.c.id == bindparam("wanted"))


@dataclass(frozen=True, repr=False)
class Draft:
    """A credential to be: its secret is still readable."""

    project_id: int
    provider: str
    name: str
    secret: Mapping[str, str]
    account: str = ""


async def create(tx: Transaction, vault: Vault, draft: Draft, now: datetime) -> Credential:
    """Seal a draft into a new row. Raises `Conflict` when the project has a credential of that name."""
    # The seal is bound to the row's id, which only the database can give: the row is filled in two steps.
    try:
        made = await tx.execute(
            insert(credentials)
            .values(
                project_id=draft.project_id,
                provider=draft.provider,
                name=draft.name,
                account=draft.account,
                key_id=vault.key_id,
                wrapped_key=b"",
                ciphertext=b"",
                created_at=now,
                updated_at=now,
            )
            .returning(credentials.c.id)
        )
    except IntegrityError as taken:
        raise Conflict(f"the project already has a credential called {draft.name!r}") from taken
    credential_id = made.scalar_one()
    await _set_sealed(
        tx, credential_id, vault.seal(Place(draft.project_id, credential_id), draft.secret), now
    )
    return await find(tx, credential_id)


async def find(tx: Transaction, credential_id: int) -> Credential:
    """Raises `NotFound`."""
    found = await find_if_any(tx, credential_id)
    if found is None:
        raise NotFound("credential", credential_id)
    return found


async def find_if_any(tx: Transaction, credential_id: int) -> Credential | None:
    """The credential, or None when it was deleted."""
    found = await tx.execute(_FIND, {"wanted": credential_id})
    row = found.mappings().first()
    return None if row is None else credential(row)


async def sample(tx: Transaction) -> list[tuple[Place, Sealed]]:
    """One sealed row for every key in use, for `vault.open_vault`."""
    newest = select(func.max(credentials.c.id)).group_by(credentials.c.key_id)
    found = await tx.execute(select(credentials).where(credentials.c.id.in_(newest)))
    return [(each.place, each.sealed) for each in map(credential, found.mappings())]


async def rewrap(tx: Transaction, vault: Vault, now: datetime) -> int:
    """Wrap every secret by the vault's first key; how many changed."""
    found = await tx.execute(select(credentials).where(credentials.c.key_id != vault.key_id))
    rows = [credential(row) for row in found.mappings()]
    for each in rows:
        await _set_sealed(tx, each.id, vault.rewrap(each.place, each.sealed), now)
    return len(rows)


async def _set_sealed(tx: Transaction, credential_id: int, sealed: Sealed, now: datetime) -> None:
    await tx.execute(
        update(credentials)
        .where(credentials.c.id == credential_id)
        .values(
            key_id=sealed.key_id,
            wrapped_key=sealed.wrapped_key,
            ciphertext=sealed.ciphertext,
            updated_at=now,
        )
    )


def credential(row: RowMapping) -> Credential:
    """A row of a statement that selects the whole table."""
    at = credentials.c
    return Credential(
        row[at.id],
        row[at.project_id],
        row[at.provider],
        row[at.name],
        row[at.account],
        row[at.base_url],
        Sealed(row[at.key_id], row[at.wrapped_key], row[at.ciphertext]),
    )

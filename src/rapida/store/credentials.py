"""Credentials: sealed secrets and the public facts beside them. Opening one needs the vault.

A replaced secret stays for a while as a retired one: it may prove what was signed with it, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from ..errors import Conflict, NotFound, VaultError
from ..vault.sealing import Sealed, SecretBinding, Vault
from .db import Transaction
from .tables import credential_uses, credentials


class Retired(msgspec.Struct, frozen=True):
    """A replaced secret, and until when it proves."""

    until: datetime
    key_id: str
    wrapped_key: bytes
    ciphertext: bytes

    @property
    def sealed(self) -> Sealed:
        """What the vault opens, at the credential's place with the part `part_of(until)`."""
        return Sealed(self.key_id, self.wrapped_key, self.ciphertext)


@dataclass(frozen=True)
class Credential:
    """A stored credential. `account` is the provider's public name of the account (a carrier's id for it)."""

    id: int
    project_id: int
    provider: str
    name: str
    account: str
    base_url: str | None
    sealed: Sealed
    retired: tuple[Retired, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    verified_at: datetime | None = None

    @property
    def place(self) -> SecretBinding:
        """Where the secret is bound to, and whom it may be sent to."""
        return _place(self.project_id, self.id, self.provider, self.base_url)

    def place_of(self, retired: Retired) -> SecretBinding:
        """Where a replaced secret is bound to: its end cannot be put off without breaking the seal."""
        return SecretBinding(self.project_id, self.id, part_of(retired.until))


def _place(project_id: int, credential_id: int, provider: str, base_url: str | None) -> SecretBinding:
    return SecretBinding(project_id, credential_id, goes_to=f"{provider} {base_url or ''}")


def part_of(until: datetime) -> str:
    """The part of a place for a secret that proves until then."""
    return f"retired/{int(until.timestamp() * 1000)}"


SAMPLED = 5
"""How many rows of a key show whether it is the right one: some may have been altered."""

_FIND = select(credentials).where(credentials.c.id == bindparam("wanted"))
_OF_ACCOUNT = (
    select(credentials)
    .where(credentials.c.provider == bindparam("provider"), credentials.c.account == bindparam("account"))
    .order_by(credentials.c.id)
)


@dataclass(frozen=True, repr=False)
class CredentialDraft:
    """A credential to be: its secret is still readable."""

    project_id: int
    provider: str
    name: str
    secret: Mapping[str, str]
    account: str = ""
    base_url: str | None = None


async def create(tx: Transaction, vault: Vault, draft: CredentialDraft, now: datetime) -> Credential:
    """Seal a draft into a new row.

    Raises `Conflict` when the project has a credential of that name, or one for the same account.
    """
    await _refuse_double(tx, draft.project_id, draft.provider, draft.name, draft.account)
    # The seal is bound to the row's id, which only the database can give: the row is filled in two steps.
    values = {
        "project_id": draft.project_id,
        "provider": draft.provider,
        "name": draft.name,
        "account": draft.account,
        "base_url": draft.base_url,
        "key_id": vault.key_id,
        "wrapped_key": b"",
        "ciphertext": b"",
        "created_at": now,
        "updated_at": now,
    }
    try:
        made = await tx.execute(insert(credentials).values(values).returning(credentials.c.id))
    except IntegrityError as taken:
        raise Conflict("the project already has a credential of that name or account") from taken
    credential_id = made.scalar_one()
    place = _place(draft.project_id, credential_id, draft.provider, draft.base_url)
    sealed = vault.seal(place, draft.secret)
    await _set(tx, credential_id, _sealed_values(sealed))
    return await find(tx, credential_id)


async def replace(
    tx: Transaction,
    vault: Vault,
    old: Credential,
    draft: CredentialDraft,
    now: datetime,
    proves_until: datetime,
) -> Credential:
    """Put a draft in the place of a credential's secret, name and address.

    What was sealed before proves until `proves_until`. Raises `Conflict` as `create` does.
    """
    await _refuse_double(tx, old.project_id, draft.provider, draft.name, draft.account, but=old.id)
    kept = [each for each in old.retired if each.until > now and _opens(vault, old, each)]
    kept = [*kept, *_retire(vault, old, proves_until)] if draft.account == old.account else []
    sealed = vault.seal(_place(old.project_id, old.id, old.provider, draft.base_url), draft.secret)
    facts = {
        "name": draft.name,
        "account": draft.account,
        "base_url": draft.base_url,
        "retired": _plain(kept),
        "updated_at": now,
        "verified_at": None,
    }
    await _set(tx, old.id, facts | _sealed_values(sealed))
    return await find(tx, old.id)


def _opens(vault: Vault, owner: Credential, retired: Retired) -> bool:
    try:
        vault.open(owner.place_of(retired), retired.sealed)
    except VaultError:
        return False
    return True


def _retire(vault: Vault, old: Credential, proves_until: datetime) -> list[Retired]:
    """The secret that is being replaced; one that does not open (its row was altered) proves no more."""
    try:
        secret = vault.open(old.place, old.sealed)
    except VaultError:
        return []
    again = vault.seal(SecretBinding(old.project_id, old.id, part_of(proves_until)), secret)
    return [Retired(proves_until, again.key_id, again.wrapped_key, again.ciphertext)]


async def rename(tx: Transaction, old: Credential, name: str, now: datetime) -> Credential:
    """Raises `Conflict` when the project has a credential of that name."""
    await _refuse_double(tx, old.project_id, old.provider, name, "", but=old.id)
    await _set(tx, old.id, {"name": name, "updated_at": now})
    return await find(tx, old.id)


async def verified(tx: Transaction, credential_id: int, at: datetime) -> None:
    """The provider has accepted the secret."""
    await _set(tx, credential_id, {"verified_at": at})


async def remove(tx: Transaction, credential_id: int) -> None:
    """Delete a credential. Raises `Conflict` when a deployment still names it."""
    try:
        await tx.execute(delete(credentials).where(credentials.c.id == credential_id))
    except IntegrityError as used:
        raise Conflict("a deployment still uses this credential: give it another one first") from used


async def find(tx: Transaction, credential_id: int, *, lock: bool = False) -> Credential:
    """Raises `NotFound`. With `lock`, nobody else changes it before the transaction ends."""
    statement = _FIND.with_for_update(key_share=True) if lock else _FIND
    row = (await tx.execute(statement, {"wanted": credential_id})).mappings().first()
    if row is None:
        raise NotFound("credential", credential_id)
    return credential(row)


async def find_if_any(tx: Transaction, credential_id: int) -> Credential | None:
    """The credential, or None when it was deleted."""
    found = await tx.execute(_FIND, {"wanted": credential_id})
    row = found.mappings().first()
    return None if row is None else credential(row)


async def of_account(tx: Transaction, provider: str, account: str) -> list[Credential]:
    """All projects' credentials of a provider's account, which is only what a person typed."""
    found = await tx.execute(_OF_ACCOUNT, {"provider": provider, "account": account})
    return [credential(row) for row in found.mappings()]


async def page(tx: Transaction, project_id: int, before: int | None, limit: int) -> list[Credential]:
    """The credentials of a project, newest first; `before` is an id."""
    wanted = select(credentials).where(credentials.c.project_id == project_id)
    if before is not None:
        wanted = wanted.where(credentials.c.id < before)
    found = await tx.execute(wanted.order_by(credentials.c.id.desc()).limit(limit))
    return [credential(row) for row in found.mappings()]


async def sample(tx: Transaction) -> list[tuple[SecretBinding, Sealed]]:
    """The newest sealed rows of every key in use, a few of each, for `vault.open_vault`.

    It is asked before the schema is brought up to date, and so reads what every version had.
    """
    at, there = credentials.c, await tx.run_sync(_columns)
    if not there:
        return []
    place = func.row_number().over(partition_by=at.key_id, order_by=at.id.desc()).label("place")
    ranked = select(at.id, place).subquery()
    found = await tx.execute(
        select(at.id, at.project_id, at.key_id, at.wrapped_key, at.ciphertext)
        .join(ranked, ranked.c.id == at.id)
        .where(ranked.c.place <= SAMPLED)
        .order_by(at.id.desc())
    )
    rows = [(SecretBinding(row.project_id, row.id), Sealed(*row[2:])) for row in found]
    if at.retired.name in there:
        found = await tx.execute(select(at.id, at.project_id, at.retired).where(at.retired.is_not(None)))
        for row in found:
            for old in msgspec.convert(row.retired, tuple[Retired, ...]):
                rows.append((SecretBinding(row.project_id, row.id, part_of(old.until)), old.sealed))
    return rows


def _columns(connection: Connection) -> set[str]:
    """The columns that the table has so far; none before there is one."""
    found = inspect(connection)
    if not found.has_table(credentials.name):
        return set()
    return {each["name"] for each in found.get_columns(credentials.name)}


async def by_key(tx: Transaction) -> dict[str, int]:
    """How many secrets each key seals, replaced ones included."""
    found = await tx.execute(select(credentials))
    counted: Counter[str] = Counter()
    for each in map(credential, found.mappings()):
        counted.update([each.sealed.key_id, *(old.key_id for old in each.retired)])
    return dict(sorted(counted.items()))


class Rewrapped(NamedTuple):
    """How many rows changed, and the ids of those that do not open: they stay as they are."""

    changed: int
    shut: tuple[int, ...]


async def rewrap(tx: Transaction, vault: Vault, now: datetime) -> Rewrapped:
    """Wrap every secret by the vault's first key and drop those that prove no more."""
    found = await tx.execute(
        select(credentials)
        .where((credentials.c.key_id != vault.key_id) | credentials.c.retired.is_not(None))
        .order_by(credentials.c.id)
        .with_for_update(key_share=True)
    )
    changed, shut = 0, list[int]()
    for each in [credential(row) for row in found.mappings()]:
        try:
            moved = [_rewrapped(vault, each, old) for old in each.retired if old.until > now]
            sealed = each.sealed
            if sealed.key_id != vault.key_id:
                sealed = vault.rewrap(each.place, sealed)
        except VaultError:
            shut.append(each.id)
            continue
        if sealed != each.sealed or moved != list(each.retired):
            await _set(tx, each.id, {"retired": _plain(moved)} | _sealed_values(sealed))
            changed += 1
    return Rewrapped(changed, tuple(shut))


def _rewrapped(vault: Vault, owner: Credential, old: Retired) -> Retired:
    if old.key_id == vault.key_id:
        return old
    sealed = vault.rewrap(owner.place_of(old), old.sealed)
    return Retired(old.until, sealed.key_id, sealed.wrapped_key, sealed.ciphertext)


# Uses


async def count_uses(tx: Transaction, day: date, uses: Mapping[int, int]) -> None:
    """Add to the number of uses of a day, by credential; deleted ones are left out."""
    for credential_id, number in sorted(uses.items()):
        if await find_if_any(tx, credential_id) is None:
            continue
        key = {"credential_id": credential_id, "day": day.isoformat()}
        mine = (credential_uses.c.credential_id == credential_id, credential_uses.c.day == day.isoformat())
        more = update(credential_uses).where(*mine).values(uses=credential_uses.c.uses + number)
        if (await tx.execute(more)).rowcount:
            continue
        try:
            async with tx.begin_nested():
                await tx.execute(insert(credential_uses).values(**key, uses=number))
        except IntegrityError:  # another process was the day's first, or the credential has just gone
            await tx.execute(more)


async def uses(tx: Transaction, credential_id: int, days: int = 30) -> dict[str, int]:
    """Uses by day (ISO), newest first."""
    found = await tx.execute(
        select(credential_uses.c.day, credential_uses.c.uses)
        .where(credential_uses.c.credential_id == credential_id)
        .order_by(credential_uses.c.day.desc())
        .limit(days)
    )
    return {row.day: row.uses for row in found}


async def _refuse_double(
    tx: Transaction, project_id: int, provider: str, name: str, account: str, but: int = 0
) -> None:
    at = credentials.c
    same: ColumnElement[bool] = at.name == name
    if account:
        same = same | ((at.provider == provider) & (at.account == account))
    found = await tx.execute(select(at.name).where(at.project_id == project_id, at.id != but, same).limit(1))
    if (row := found.first()) is None:
        return
    if row.name == name:
        raise Conflict(f"the project already has a credential called {name!r}")
    raise Conflict(f"the project already has a credential for this account: {row.name!r}; replace its values")


async def _set(tx: Transaction, credential_id: int, values: Mapping[str, Any]) -> None:
    await tx.execute(update(credentials).where(credentials.c.id == credential_id).values(**values))


def _sealed_values(sealed: Sealed) -> dict[str, Any]:
    return {
        "key_id": sealed.key_id,
        "wrapped_key": sealed.wrapped_key,
        "ciphertext": sealed.ciphertext,
    }


def _plain(retired: Sequence[Retired]) -> list[Any] | None:
    return msgspec.to_builtins(retired) if retired else None


def credential(row: RowMapping) -> Credential:
    """A row of a statement that selects the whole table."""
    at = credentials.c
    return Credential(
        id=row[at.id],
        project_id=row[at.project_id],
        provider=row[at.provider],
        name=row[at.name],
        account=row[at.account],
        base_url=row[at.base_url],
        sealed=Sealed(row[at.key_id], row[at.wrapped_key], row[at.ciphertext]),
        retired=msgspec.convert(row[at.retired], tuple[Retired, ...]) if row[at.retired] else (),
        created_at=row[at.created_at],
        updated_at=row[at.updated_at],
        verified_at=row[at.verified_at],
    )

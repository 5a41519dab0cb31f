"""Users, their membership in organizations, and their sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from msgspec import Struct
from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import Conflict, NotFound
from .db import Transaction
from .tables import login_tries, members, sessions, users

Role = Literal["viewer", "editor", "admin", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the one who may least to the one who may most; each may what those before it may."""
FORGET_AFTER = timedelta(hours=1)
"""Failed tries older than this count no more."""


class User(Struct, frozen=True):
    """A person. `password_hash` stays in here and in the table."""

    id: int
    email: str
    name: str
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None = None

    def __repr__(self) -> str:
        return f"User({self.id}, {self.email!r})"


class Member(Struct, frozen=True):
    """A person's place in an organization."""

    user_id: int
    email: str
    name: str
    role: Role
    created_at: datetime


class Session(Struct, frozen=True):
    """A signed-in browser, found by its token's digest."""

    user: User
    expires_at: datetime
    last_used_at: datetime | None


_COLUMNS = [users.c[name] for name in User.__struct_fields__]


async def create(tx: Transaction, email: str, name: str, password_hash: str, now: datetime) -> User:
    """Raises `Conflict` when somebody has that address."""
    address = canonical(email)
    values = {"email": address, "name": name, "password_hash": password_hash, "created_at": now}
    try:
        made = await tx.execute(insert(users).values(values).returning(users.c.id))
    except IntegrityError as taken:
        raise Conflict(f"there is already a user with the address {address!r}") from taken
    return User(made.scalar_one(), address, name, password_hash, now)


async def take_back(tx: Transaction, email: str, name: str, password_hash: str, now: datetime) -> User | None:
    """Give somebody whom no organization has any more a new name and password; None for everybody else.

    What they signed in before stays over. Whoever is still a member somewhere keeps what they chose.
    """
    found = await tx.execute(
        select(*_COLUMNS)
        .where(users.c.email == canonical(email), users.c.disabled_at.is_(None))
        .with_for_update()  # of two organizations that take somebody back at once, one is second
    )
    row = found.first()
    if row is None or await organizations_of(tx, row.id):
        return None
    await set_password(tx, row.id, password_hash, now)
    await tx.execute(update(users).where(users.c.id == row.id).values(name=name))
    return User(row.id, row.email, name, password_hash, row.created_at)


def canonical(email: str) -> str:
    """Addresses are compared without regard to case."""
    return email.strip().lower()


async def exist(tx: Transaction) -> bool:
    """Whether there is any user yet."""
    return (await tx.execute(select(users.c.id).limit(1))).first() is not None


async def by_email(tx: Transaction, email: str) -> User | None:
    """A user who may still sign in."""
    found = await tx.execute(
        select(*_COLUMNS).where(users.c.email == canonical(email), users.c.disabled_at.is_(None))
    )
    row = found.first()
    return None if row is None else User(*row)


async def set_password(tx: Transaction, user_id: int, password_hash: str, now: datetime) -> None:
    """A new password; every session of the user ends."""
    await tx.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))
    await tx.execute(
        update(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


# Membership


async def join(tx: Transaction, organization_id: int, user_id: int, role: Role, now: datetime) -> None:
    """Raises `Conflict` for somebody who is a member already."""
    try:
        await tx.execute(
            insert(members).values(
                organization_id=organization_id, user_id=user_id, role=role, created_at=now
            )
        )
    except IntegrityError as already:
        raise Conflict("this user is already a member of the organization") from already


async def organizations_of(tx: Transaction, user_id: int) -> list[tuple[int, Role]]:
    """The organizations of a user with their role, oldest first."""
    found = await tx.execute(
        select(members.c.organization_id, members.c.role)
        .where(members.c.user_id == user_id)
        .order_by(members.c.organization_id)
    )
    return [(row.organization_id, row.role) for row in found]


async def of_organization(tx: Transaction, organization_id: int) -> list[Member]:
    """Everybody in an organization, oldest member first."""
    found = await tx.execute(_members(organization_id).order_by(users.c.id))
    return [Member(*row) for row in found]


async def members_page(tx: Transaction, organization_id: int, after: int | None, limit: int) -> list[Member]:
    """Some of them; `after` is a user's id."""
    wanted = _members(organization_id)
    if after is not None:
        wanted = wanted.where(users.c.id > after)
    found = await tx.execute(wanted.order_by(users.c.id).limit(limit))
    return [Member(*row) for row in found]


def _members(organization_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(users.c.id, users.c.email, users.c.name, members.c.role, members.c.created_at)
        .join(members, members.c.user_id == users.c.id)
        .where(members.c.organization_id == organization_id)
    )


async def member(tx: Transaction, organization_id: int, user_id: int) -> Member:
    """Raises `NotFound`."""
    row = (await tx.execute(_members(organization_id).where(users.c.id == user_id))).first()
    if row is None:
        raise NotFound("member", user_id)
    return Member(*row)


async def set_role(tx: Transaction, organization_id: int, user_id: int, role: Role) -> None:
    """Change a member's role. Raises `Conflict` when no owner would be left."""
    await _keep_an_owner(tx, organization_id, user_id, role)
    await tx.execute(
        update(members)
        .where(members.c.organization_id == organization_id, members.c.user_id == user_id)
        .values(role=role)
    )


async def leave(tx: Transaction, organization_id: int, user_id: int, now: datetime) -> None:
    """End a membership and the user's sessions. Raises `Conflict` when no owner would be left."""
    await _keep_an_owner(tx, organization_id, user_id, None)
    await tx.execute(
        delete(members).where(members.c.organization_id == organization_id, members.c.user_id == user_id)
    )
    await tx.execute(
        update(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def _keep_an_owner(tx: Transaction, organization_id: int, user_id: int, role: Role | None) -> None:
    # All owners are locked: two who demote each other at once would leave none.
    found = await tx.execute(
        select(members.c.user_id)
        .where(members.c.organization_id == organization_id, members.c.role == "owner")
        .order_by(members.c.user_id)
        .with_for_update()
    )
    if role != "owner" and set(found.scalars()) == {user_id}:
        raise Conflict("an organization needs an owner: make somebody else one first")


# Sessions


async def begin_session(
    tx: Transaction, user_id: int, token_hash: str, now: datetime, expires_at: datetime
) -> None:
    """Remember a signed-in browser."""
    await tx.execute(
        insert(sessions).values(
            token_hash=token_hash, user_id=user_id, created_at=now, expires_at=expires_at, last_used_at=now
        )
    )


async def session(tx: Transaction, token_hash: str, now: datetime) -> Session | None:
    """A session that is still good, of a user who may still sign in."""
    found = await tx.execute(
        select(*_COLUMNS, sessions.c.expires_at, sessions.c.last_used_at)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(
            sessions.c.token_hash == token_hash,
            sessions.c.revoked_at.is_(None),
            sessions.c.expires_at > now,
            users.c.disabled_at.is_(None),
        )
    )
    row = found.first()
    return None if row is None else _session(row)


def _session(row: Row[Any]) -> Session:
    return Session(User(*list(row)[:-2]), row.expires_at, row.last_used_at)


async def end_session(tx: Transaction, token_hash: str, now: datetime) -> None:
    """Sign a browser out."""
    await tx.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(revoked_at=now))


async def session_used(tx: Transaction, token_hash: str, now: datetime) -> None:
    """Note that a session was used."""
    await tx.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(last_used_at=now))


# Tries to sign in


async def failures(tx: Transaction, account: str, now: datetime) -> tuple[int, datetime | None]:
    """How often in a row an account's password was wrong, and when last; the row is locked."""
    found = await tx.execute(
        select(login_tries.c.failures, login_tries.c.last_at)
        .where(login_tries.c.account == account)
        .with_for_update()
    )
    row = found.first()
    return (0, None) if row is None or row.last_at + FORGET_AFTER < now else (row.failures, row.last_at)


async def note_try(tx: Transaction, account: str, count: int, now: datetime) -> None:
    """Write the number of failures; old rows of all accounts go with it."""
    await tx.execute(
        delete(login_tries).where(
            (login_tries.c.account == account) | (login_tries.c.last_at < now - FORGET_AFTER)
        )
    )
    if count:
        await tx.execute(insert(login_tries).values(account=account, failures=count, last_at=now))


async def count(tx: Transaction) -> int:
    """How many users there are."""
    return (await tx.execute(select(func.count()).select_from(users))).scalar_one()

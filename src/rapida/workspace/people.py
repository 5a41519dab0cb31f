"""People: how the first one arrives, how they sign in, and how guessing is slowed down.

What must hold together is one transaction here, so that the API and the command line cannot differ. Who may
do what is the API's table.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..errors import Conflict, InvalidField, NotAllowed, NotFound, NotSignedIn, TooManyTries
from ..node.clock import Clock
from ..store import Store, Transaction, api_keys, audit, tenants, users
from ..store.api_keys import ApiKey
from ..store.db import alone
from ..store.tenants import Project
from ..store.users import Role, User
from ..vault import tokens
from ..vault.passwords import Passwords, check
from ..vault.tokens import Token
from .actor import MASK

CODE_FILE = "setup-code"
SESSION_FOR = timedelta(days=14)
"""How long a sign-in lasts: a daily user signs in twice a month."""
FREE_TRIES = 5
"""So many wrong passwords in a row cost nothing; each further one doubles the wait."""
LONGEST_WAIT_S = 60
"""Long enough to make guessing hopeless, too short to lock the owner out."""
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@dataclass(frozen=True)
class NewUser:
    """Who a person wants to be."""

    email: str
    name: str
    password: str

    def check(self) -> None:
        """Raises `InvalidField`."""
        if not _EMAIL.fullmatch(self.email.strip()):
            raise InvalidField("email", "write an address such as ada@example.com")
        check(self.password)


@dataclass(frozen=True)
class OwnProject:
    """What a first run created."""

    user: User
    project: Project
    key: ApiKey
    key_token: Token


@dataclass(frozen=True)
class SignedIn:
    """A new session: its token goes into the browser's cookie."""

    user: User
    token: Token
    expires_at: datetime


class People:
    """The users of this installation."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords | None = None) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords or Passwords()

    async def owner_needed(self) -> bool:
        """Whether nobody has set this installation up yet."""
        async with self._store.read() as tx:
            return not await users.exist(tx)

    async def set_up(self, newcomer: NewUser, organization: str, project: str, actor: str) -> OwnProject:
        """Make the first user the owner of everything, with a first API key, in one transaction.

        The organization and project that a first start created are taken over under new names, the demo with
        them. Raises `InvalidField`, or `Conflict` when somebody was first.
        """
        newcomer.check()
        if not await self.owner_needed():
            raise _already()
        password_hash = await self._passwords.hash(newcomer.password)
        now = self._clock()
        async with self._store.write() as tx:
            await alone(tx, "setup")
            if await users.exist(tx):
                raise _already()
            mine = await _take_over(tx, organization, project, now)
            user = await users.create(tx, newcomer.email, newcomer.name, password_hash, now)
            await users.join(tx, mine.organization_id, user.id, "owner", now)
            token = tokens.new_api_key()
            draft = api_keys.NewApiKey(mine.id, "First key", "admin")
            key = await api_keys.create(tx, draft, token.prefix, token.digest, now)
            await audit.add(
                tx,
                audit.AuditEntry(
                    organization_id=mine.organization_id,
                    project_id=None,
                    actor=actor,
                    action="setup",
                    subject=f"user:{user.id}",
                    at=now,
                    detail={"before": None, "after": _shown(user, "owner")},
                ),
            )
        return OwnProject(user, mine, key, token)

    async def add(self, newcomer: NewUser, organization_id: int, role: Role, actor: str) -> User:
        """A further user, member of an organization; one who was removed comes back as a new one would.

        Raises `InvalidField`, or `Conflict` for the address of a member of this or another organization.
        """
        newcomer.check()
        email, name = newcomer.email, newcomer.name
        password_hash = await self._passwords.hash(newcomer.password)
        now = self._clock()
        async with self._store.write() as tx:
            user = await users.take_back(tx, email, name, password_hash, now)
            if user is None:
                user = await users.create(tx, email, name, password_hash, now)
            await users.join(tx, organization_id, user.id, role, now)
            entry = audit.AuditEntry(
                organization_id=organization_id,
                project_id=None,
                actor=actor,
                action="member.create",
                subject=f"user:{user.id}",
                at=now,
                detail={"before": None, "after": _shown(user, role)},
            )
            await audit.add(tx, entry)
        return user

    async def sign_in(self, email: str, password: str) -> SignedIn:
        """Raises `NotSignedIn`, whatever was wrong, or `TooManyTries`."""
        account = tokens.digest(users.canonical(email))
        await self._count_try(account)
        async with self._store.read() as tx:
            user = await users.by_email(tx, email)
        fits = await self._passwords.fits(password, None if user is None else user.password_hash)
        if user is None or not fits:
            raise NotSignedIn("the address or the password is wrong")
        return await self.begin_session(user, account)

    async def begin_session(self, user: User, account: str = "") -> SignedIn:
        """A session for somebody who has just proved who they are."""
        token, now = tokens.new_session(), self._clock()
        async with self._store.write() as tx:
            if account:
                await users.note_try(tx, account, 0, now)
            await users.begin_session(tx, user.id, token.digest, now, now + SESSION_FOR)
        return SignedIn(user, token, now + SESSION_FOR)

    async def end_session(self, token: str) -> None:
        """Sign a browser out."""
        async with self._store.write() as tx:
            await users.end_session(tx, tokens.digest(token), self._clock())

    async def change_password(self, user: User, old: str, new: str, actor: str) -> None:
        """Replace a password and end every session. Raises `NotAllowed` or `InvalidField`."""
        check(new)
        await self._count_try(tokens.digest(user.email))
        if not await self._passwords.fits(old, user.password_hash):
            raise NotAllowed("the present password is wrong")
        password_hash = await self._passwords.hash(new)
        now = self._clock()
        async with self._store.write() as tx:
            await users.set_password(tx, user.id, password_hash, now)
            await _note_password(tx, user, actor, now)

    async def reset_password(self, email: str, password: str, actor: str) -> User:
        """Give somebody who forgot theirs a new password; every session of theirs is over.

        Raises `NotFound` or `InvalidField`.
        """
        check(password)
        password_hash, now = await self._passwords.hash(password), self._clock()
        async with self._store.write() as tx:
            user = await users.by_email(tx, email)
            if user is None:
                raise NotFound("user", email, "`rapida users list` shows them all")
            await users.set_password(tx, user.id, password_hash, now)
            await users.note_try(tx, tokens.digest(users.canonical(email)), 0, now)
            await _note_password(tx, user, actor, now)
        return user

    async def _count_try(self, account: str) -> None:
        """Count a try as failed before it is looked at: tries that come at once are all counted."""
        now = self._clock()
        async with self._store.write() as tx:
            await alone(tx, f"login {account}")
            failed, last_at = await users.failures(tx, account, now)
            if last_at is not None and failed >= FREE_TRIES:
                wait_s = min(2 ** (failed - FREE_TRIES), LONGEST_WAIT_S)
                left_s = wait_s - (now - last_at).total_seconds()
                if left_s > 0:
                    raise TooManyTries("too many wrong passwords for this account", round(left_s) + 1)
            await users.note_try(tx, account, min(failed + 1, 1000), now)


class SetupCode:
    """The one-time code of a first run: what proves that whoever sets up can read the server's terminal.

    An address proves nothing here, since through a tunnel everyone looks local.
    """

    def __init__(self, data_dir: Path, configured: str | None) -> None:
        self._path = data_dir / CODE_FILE
        self._configured = configured

    def prepare(self) -> str:
        """The code, made and kept for its owner only if there was none."""
        if (known := self._known()) is not None:
            return known
        code = secrets.token_urlsafe(16)
        draft = self._path.with_suffix(".part")
        draft.unlink(missing_ok=True)
        draft.touch(0o600)
        draft.write_text(f"{code}\n", encoding="ascii")
        draft.replace(self._path)
        return code

    def check(self, code: str) -> None:
        """Raises `NotAllowed` for another code, and for every code once it is spent."""
        known = self._known()
        if known is None or not tokens.same(known, code):
            raise NotAllowed(
                f"the setup code is wrong: `rapida serve` printed it, and it stands in {CODE_FILE} in the "
                "data directory (or in RAPIDA_SETUP_CODE); without such a file, restart `rapida serve`"
            )

    def spend(self) -> None:
        """The code has done its work."""
        self._path.unlink(missing_ok=True)

    def _known(self) -> str | None:
        if self._configured is not None:
            return self._configured
        try:
            return self._path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None


async def _note_password(tx: Transaction, user: User, actor: str, now: datetime) -> None:
    """Write down in each of the user's organizations that the password is another one."""
    for organization_id, _ in await users.organizations_of(tx, user.id):
        entry = audit.AuditEntry(
            organization_id=organization_id,
            project_id=None,
            actor=actor,
            action="member.password",
            subject=f"user:{user.id}",
            at=now,
            detail={"before": {"password": MASK}, "after": {"password": MASK}},
        )
        await audit.add(tx, entry)


def _shown(user: User, role: Role) -> dict[str, str]:
    return {"email": user.email, "name": user.name, "role": role}


async def _take_over(tx: Transaction, organization: str, project: str, now: datetime) -> Project:
    found = await tenants.first_project(tx)
    if found is None:
        organization_id = await tenants.create_organization(tx, organization, now)
        return await tenants.create_project(tx, organization_id, project, now)
    await tenants.rename_organization(tx, found.organization_id, organization)
    await tenants.rename_project(tx, found.id, project)
    return await tenants.project(tx, found.id)


def _already() -> Conflict:
    return Conflict("this installation has been set up already: sign in, or ask its owner for an account")

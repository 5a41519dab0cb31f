"""Who presents an API key or a session, and in which project they act.

When it was last used is kept coarsely beside either; a database that cannot take that down keeps nobody out.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from ..errors import NotFound, NotSignedIn, StoreError
from ..node.clock import Clock
from ..store import Store, Transaction, api_keys, tenants, users
from ..store.users import Role
from ..vault import tokens
from .actor import Actor

_log = structlog.get_logger(__name__)

USED_EVERY = timedelta(minutes=5)
"""Last use is kept this coarsely: it is no reason to write at every request."""


class Identities:
    """Finds the actor behind a secret that was presented."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of_key(self, key: str, wanted: int | None) -> Actor:
        """The actor of an API key; `wanted` is the project asked for, if one was named.

        Raises `NotSignedIn`, `NotFound` for a project that is not the key's, or `StoreError`.
        """
        now, digest = self._clock(), tokens.digest(key)
        async with self._store.read() as tx:
            found = await api_keys.presented(tx, digest, now)
        if found is None:
            raise NotSignedIn("the API key is unknown, expired or revoked")
        known, organization_id = found
        if _is_coarse(known.last_used_at, now):
            await self._note(lambda tx: api_keys.used(tx, known.id, now))
        if wanted not in (None, known.project_id):
            raise NotFound("project", wanted)
        return Actor(organization_id, known.project_id, known.role, f"key:{known.id}")

    async def of_session(self, token: str, wanted: int | None) -> Actor:
        """The actor of a person's session. Raises as `of_key` does."""
        now, digest = self._clock(), tokens.digest(token)
        async with self._store.read() as tx:
            session = await users.session(tx, digest, now)
            if session is None:
                raise NotSignedIn("the session is over: sign in again")
            user = session.user
            organization_id, project_id, role = await _place(tx, user.id, wanted)
        if _is_coarse(session.last_used_at, now):
            await self._note(lambda tx: users.session_used(tx, digest, now))
        return Actor(organization_id, project_id, role, f"user:{user.id}", user)

    async def _note(self, write: Callable[[Transaction], Coroutine[Any, Any, None]]) -> None:
        try:
            async with self._store.write() as tx:
                await write(tx)
        except StoreError as away:
            _log.warning("last_use_not_kept", reason=str(away))


async def _place(tx: Transaction, user_id: int, wanted: int | None) -> tuple[int, int, Role]:
    """The organization, project and role a person acts in: the project asked for, or their first."""
    for organization_id, role in await users.organizations_of(tx, user_id):
        for project in await tenants.projects_of(tx, organization_id):
            if wanted in (None, project.id):
                return organization_id, project.id, role
    if wanted is not None:
        raise NotFound("project", wanted)
    raise NotSignedIn("you are no longer a member of any organization")


def _is_coarse(last: datetime | None, now: datetime) -> bool:
    return last is None or last + USED_EVERY < now

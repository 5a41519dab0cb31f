"""On whose behalf something is done: a person or an API key in a project, or the command line.

Every function that changes what people set up is given one. The actor's name stands in the audit, in the
transaction of the change itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ..errors import NotAllowed, NotFound
from ..store import Transaction, audit
from ..store.tenants import Project
from ..store.users import ROLES, Role, User

MASK: Final = "••••••••"
"""In place of a secret: in the audit, and wherever one is shown."""


@dataclass(frozen=True)
class Actor:
    """Who acts, in which project, with which role. `user` is None for a program."""

    organization_id: int
    project_id: int
    role: Role
    name: str
    """As the audit has it: `user:3`, `key:7`, `cli`."""
    user: User | None = None

    @property
    def user_id(self) -> int | None:
        return None if self.user is None else self.user.id

    def may(self, least: Role) -> bool:
        """Whether the actor's role is `least` or above."""
        return ROLES.index(self.role) >= ROLES.index(least)

    def must_be(self, least: Role, what: str) -> None:
        """Raises `NotAllowed`; for what depends on what is asked, not on the route that it is asked by."""
        if not self.may(least):
            raise NotAllowed(f"{what} needs the role {least}; yours is {self.role}")

    def owns(self, project_id: int, kind: str, key: object) -> None:
        """Raises `NotFound` for a row of another project, as if it did not exist."""
        if project_id != self.project_id:
            raise NotFound(kind, key)

    async def note(self, tx: Transaction, at: datetime, action: str, subject: str, **detail: Any) -> None:
        """Write what is done in the project into the audit, in the transaction that does it.

        `detail` has `before` and `after`: what is changed, without secrets; None = not there.
        """
        await audit.add(tx, self._entry(self.project_id, at, action, subject, detail))

    async def note_once(
        self, tx: Transaction, at: datetime, action: str, subject: str, every: timedelta
    ) -> None:
        """The same, but once in a while: a player asks for a file in pieces, which is one deed."""
        entry = self._entry(self.project_id, at, action, subject, {})
        if not await audit.has_since(tx, entry, at - every):
            await audit.add(tx, entry)

    async def note_for_all(
        self, tx: Transaction, at: datetime, action: str, subject: str, **detail: Any
    ) -> None:
        """The same for what reaches beyond one project: only people are shown it."""
        await audit.add(tx, self._entry(None, at, action, subject, detail))

    def _entry(
        self, project_id: int | None, at: datetime, action: str, subject: str, detail: dict[str, Any]
    ) -> audit.AuditEntry:
        return audit.AuditEntry(
            organization_id=self.organization_id,
            project_id=project_id,
            actor=self.name,
            action=action,
            subject=subject,
            at=at,
            detail=detail,
        )


def command_line(project: Project) -> Actor:
    """A person at the server's own terminal, who may do everything in a project."""
    return Actor(project.organization_id, project.id, "owner", "cli")

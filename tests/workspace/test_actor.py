"""An actor may what their role may, in their own project."""

from __future__ import annotations

import pytest

from rapida.errors import NotAllowed, NotFound
from rapida.store import tenants
from rapida.workspace.actor import Actor, command_line
from tests.switchboard.ready_node import ReadyNode
from tests.workspace.actors import audited

EDITOR = Actor(1, 2, "editor", "key:7")


def test_a_role_may_what_those_below_it_may() -> None:
    assert [EDITOR.may(role) for role in ("viewer", "editor", "admin", "owner")] == [True, True, False, False]
    EDITOR.must_be("viewer", "looking")
    with pytest.raises(NotAllowed, match=r"naming a host needs the role admin; yours is editor"):
        EDITOR.must_be("admin", "naming a host")


def test_a_row_of_another_project_does_not_exist() -> None:
    EDITOR.owns(2, "credential", 5)
    with pytest.raises(NotFound, match=r"credential 5"):
        EDITOR.owns(3, "credential", 5)


async def test_what_the_command_line_does_is_written_into_the_audit_as_its_own(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        actor = command_line(await tenants.project(tx, ready.project_id))
        await actor.note(tx, ready.clock.now, "key.create", "key:1", role="viewer")
    assert actor.may("owner")
    assert await audited(ready) == [("cli", "key.create", "key:1")]

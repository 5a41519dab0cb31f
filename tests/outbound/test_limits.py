"""How much a project may dial is read and set alike by whatever door."""

from __future__ import annotations

import pytest

from rapida.errors import NotFound
from rapida.outbound.limits import CredentialLimits, ProjectLimits, change, read
from tests.switchboard.ready_node import ReadyNode
from tests.workspace.actors import a_stranger, an_actor, audited


async def test_limits_that_were_set_are_read_and_written_into_the_audit(ready: ReadyNode) -> None:
    before = await read(ready.node, ready.project_id)
    assert (before.concurrent_calls, before.calls_per_day, list(before.credentials)) == (20, 100, [])
    wanted = ProjectLimits(2.5, 7, 9, [CredentialLimits(ready.credential_id, 1.5, 3)])
    assert await change(ready.node, await an_actor(ready), wanted) == wanted
    assert await read(ready.node, ready.project_id) == wanted
    assert await audited(ready) == [("test", "outbound_limits.set", f"project:{ready.project_id}")]


async def test_nothing_is_set_where_one_credential_is_not_the_projects(ready: ReadyNode) -> None:
    stranger = await a_stranger(ready)
    wanted = ProjectLimits(2.5, 7, 9, [CredentialLimits(ready.credential_id, 1.5, 3)])
    with pytest.raises(NotFound):
        await change(ready.node, stranger, wanted)
    assert (await read(ready.node, stranger.project_id)).calls_per_day == 100

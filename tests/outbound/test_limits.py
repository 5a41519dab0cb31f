"""How much a project may dial is read and set alike by whatever door."""

from __future__ import annotations

import pytest

from rapida.errors import NotFound
from rapida.outbound.limits import CredentialLimits, ProjectLimits, change, read
from tests.switchboard.office import Office
from tests.workspace.actors import a_stranger, an_actor, audited


async def test_limits_that_were_set_are_read_and_written_into_the_audit(office: Office) -> None:
    before = await read(office.node, office.project_id)
    assert (before.concurrent_calls, before.calls_per_day, list(before.credentials)) == (20, 100, [])
    wanted = ProjectLimits(2.5, 7, 9, [CredentialLimits(office.credential_id, 1.5, 3)])
    assert await change(office.node, await an_actor(office), wanted) == wanted
    assert await read(office.node, office.project_id) == wanted
    assert await audited(office) == [("test", "outbound_limits.set", f"project:{office.project_id}")]


async def test_nothing_is_set_where_one_credential_is_not_the_projects(office: Office) -> None:
    stranger = await a_stranger(office)
    wanted = ProjectLimits(2.5, 7, 9, [CredentialLimits(office.credential_id, 1.5, 3)])
    with pytest.raises(NotFound):
        await change(office.node, stranger, wanted)
    assert (await read(office.node, stranger.project_id)).calls_per_day == 100

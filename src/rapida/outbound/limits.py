"""How much a project may dial, as people read and set it: its own limits and those of its credentials."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from ..node.node import Node
from ..store import Transaction, credentials, pace
from ..store.pace import DialLimit
from ..workspace.actor import Actor
from ..workspace.etags import must_match


class CredentialLimits(Struct, frozen=True):
    """How fast, and how many calls at once, one credential may dial; 0 = no limit of ours."""

    credential_id: int
    calls_per_second: float
    concurrent_calls: int


class ProjectLimits(Struct, frozen=True):
    """The same for a project as a whole, how many calls a day (UTC), and its credentials' own limits."""

    calls_per_second: float
    concurrent_calls: int
    calls_per_day: int
    credentials: Sequence[CredentialLimits] = ()


async def read(node: Node, project_id: int) -> ProjectLimits:
    """A project's limits, and those of the credentials that have dialled or were given some.

    A project that has none yet is given the defaults. Raises `StoreError`.
    """
    async with node.store.write() as tx:
        return await _read(tx, project_id)


async def change(
    node: Node, actor: Actor, limits: ProjectLimits, based_on: str | None = None
) -> ProjectLimits:
    """Set the limits of the actor's project; they hold from the next call on, over all servers.

    Raises `NotFound` for a credential that is not the project's, `Stale` where `based_on` is not the ETag of
    the limits that hold, and `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        before = await _read(tx, actor.project_id)
        must_match(based_on, before, "the limits", shown=msgspec.to_builtins(before))
        for each in limits.credentials:
            credential = await credentials.find(tx, each.credential_id)
            actor.owns(credential.project_id, "credential", each.credential_id)
        await _write(tx, actor.project_id, limits)
        subject = f"project:{actor.project_id}"
        after = await _read(tx, actor.project_id)
        told = {"before": msgspec.to_builtins(before), "after": msgspec.to_builtins(after)}
        await actor.note(tx, now, "outbound_limits.set", subject, **told)
        return after


async def _write(tx: Transaction, project_id: int, limits: ProjectLimits) -> None:
    # The project's lane first, in the order in which a dial takes them: no two processes then hold one lane
    # each and wait for the other.
    await pace.limit(
        tx,
        project_id,
        pace.WHOLE_PROJECT,
        calls_per_second=limits.calls_per_second,
        concurrent_calls=limits.concurrent_calls,
        calls_per_day=limits.calls_per_day,
    )
    for each in limits.credentials:
        await pace.limit(
            tx,
            project_id,
            each.credential_id,
            calls_per_second=each.calls_per_second,
            concurrent_calls=each.concurrent_calls,
        )


async def _read(tx: Transaction, project_id: int) -> ProjectLimits:
    whole, *others = await pace.limits(tx, project_id)
    return ProjectLimits(
        calls_per_second=whole.calls_per_second,
        concurrent_calls=whole.concurrent_calls,
        calls_per_day=whole.calls_per_day,
        credentials=[_of_credential(lane) for lane in others],
    )


def _of_credential(lane: DialLimit) -> CredentialLimits:
    return CredentialLimits(lane.credential_id, lane.calls_per_second, lane.concurrent_calls)

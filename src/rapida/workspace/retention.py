"""For how long a project keeps its conversations, as people set it."""

from __future__ import annotations

from ..node.node import Node
from ..store import retention
from .actor import Actor
from .etags import must_match


async def change(node: Node, actor: Actor, days: int | None, based_on: str | None = None) -> None:
    """Set it for the actor's project; None = for ever. What is older is erased within minutes.

    Raises `Stale` where `based_on` is not the ETag of what holds, and `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        before = await retention.days(tx, actor.project_id)
        must_match(based_on, {"days": before}, "the rules of retention")
        await retention.put(tx, actor.project_id, days, now)
        subject = f"project:{actor.project_id}"
        told = {"before": {"days": before}, "after": {"days": days}}
        await actor.note(tx, now, "retention.set", subject, **told)

"""Pages of facts as people change them: written and removed, noted in the audit."""

from __future__ import annotations

import asyncio
import re

from ..errors import InvalidField
from ..knowledge import passages
from ..knowledge.passages import Passage
from ..knowledge.search import stored
from ..node.node import Node
from ..store import knowledge
from ..store.knowledge import FactsPage
from .actor import Actor

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
"""How the name of a page is written."""


async def put(node: Node, actor: Actor, name: str, text: str) -> tuple[FactsPage, tuple[Passage, ...]]:
    """Write a page of the actor's project, or write it anew; also the passages that it has.

    Raises `InvalidField` for a name that is none, `ConfigurationError` for a page without passages, and
    `StoreError`.
    """
    actor.must_be("editor", "writing a page of facts")
    if not re.fullmatch(NAME, name):
        raise InvalidField("name", f"{name!r} must be 1 to 64 lower-case letters, digits, - and _")
    # A long page takes YAML's reader a second.
    found = await asyncio.to_thread(passages.read, text, name)
    now = node.clock()
    async with node.store.write() as tx:
        page = await knowledge.put(tx, actor.project_id, name, text, stored(found), now)
        await actor.note(tx, now, "knowledge.put", f"knowledge:{name}", passages=len(found))
    return page, found


async def remove(node: Node, actor: Actor, name: str) -> None:
    """Remove a page of the actor's project. Raises `NotFound` and `StoreError`."""
    actor.must_be("editor", "removing a page of facts")
    now = node.clock()
    async with node.store.write() as tx:
        await knowledge.remove(tx, actor.project_id, name)
        await actor.note(tx, now, "knowledge.remove", f"knowledge:{name}")

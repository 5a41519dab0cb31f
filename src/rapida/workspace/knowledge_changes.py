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
from .etags import etag_of, must_match

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
"""How the name of a page is written."""
MOST_EXCERPT = 2_000
"""Characters of a page that the audit keeps: what was meant is seen, and a page saved every minute does not
fill the database."""


def etag(text: str) -> str:
    """How a page with this text stands."""
    return etag_of(_written(text))


async def put(
    node: Node, actor: Actor, name: str, text: str, based_on: str | None = None
) -> tuple[FactsPage, tuple[Passage, ...]]:
    """Write a page of the actor's project, or write it anew; also the passages that it has.

    Raises `InvalidField` for a name that is none, `ConfigurationError` for a page without passages, `Stale`
    where `based_on` is not the ETag of the page that is there, and `StoreError`.
    """
    actor.must_be("editor", "writing a page of facts")
    if not re.fullmatch(NAME, name):
        raise InvalidField("name", f"{name!r} must be 1 to 64 lower-case letters, digits, - and _")
    # A long page takes YAML's reader a second.
    found = await asyncio.to_thread(passages.read, text, name)
    now = node.clock()
    async with node.store.write() as tx:
        before = await knowledge.written(tx, actor.project_id, name)
        must_match(based_on, _written(before), "the page")
        page = await knowledge.put(tx, actor.project_id, name, text, stored(found), now)
        told = {"before": _excerpt(before), "after": _excerpt(text), "passages": len(found)}
        await actor.note(tx, now, "knowledge.put", f"knowledge:{name}", **told)
    return page, found


async def remove(node: Node, actor: Actor, name: str, based_on: str | None = None) -> None:
    """Remove a page of the actor's project. Raises `NotFound`, `Stale` as `put`, and `StoreError`."""
    actor.must_be("editor", "removing a page of facts")
    now = node.clock()
    async with node.store.write() as tx:
        before = await knowledge.written(tx, actor.project_id, name)
        if before is not None:
            must_match(based_on, _written(before), "the page")
        await knowledge.remove(tx, actor.project_id, name)
        await actor.note(
            tx, now, "knowledge.remove", f"knowledge:{name}", before=_excerpt(before), after=None
        )


def _written(text: str | None) -> dict[str, str] | None:
    return None if text is None else {"text": text}


def _excerpt(text: str | None) -> dict[str, object] | None:
    """What the audit keeps of a page: its beginning, and which text it was."""
    if text is None:
        return None
    return {"text": text[:MOST_EXCERPT], "characters": len(text), "etag": etag(text)}

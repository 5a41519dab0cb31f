"""Timelines of conversations: their journals read, drawn once, and kept for who asks again.

A journal that still grows is drawn anew when it has grown. Reading and drawing take milliseconds for a minute
of call, so they happen in a thread.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from .. import __version__
from ..errors import NotFound
from ..node.call_files import CallFiles, kept_names
from ..node.node import Node
from ..store import contexts, events
from ..telemetry.journal import read
from ..timeline.draw import CallFacts, draw
from ..timeline.shapes import Timeline
from ..workspace.actor import Actor
from .record_files import own

KEPT = 64
"""Timelines that are kept, the least used forgotten first: at 100 kB for ten minutes some megabytes."""


class NoJournal(NotFound):
    """A conversation without a journal on this server."""


@dataclass(frozen=True)
class Stamp:
    """What a timeline was drawn from: it changes with anything that could change the drawing."""

    size_bytes: int
    written_ns: int
    happenings: int

    def __str__(self) -> str:
        return f"{__version__}-{self.size_bytes}-{self.written_ns}-{self.happenings}"


class Timelines:
    """The timelines of this server's conversations."""

    def __init__(self, node: Node, files: CallFiles) -> None:
        self._node = node
        self._files = files
        self._drawn: OrderedDict[int, tuple[Stamp, Timeline]] = OrderedDict()

    async def of(self, actor: Actor, conversation_id: int) -> tuple[Stamp, Timeline]:
        """A conversation's timeline as it is now.

        Raises `NotFound`, also for a foreign one, `NoJournal`, `JournalError`, `ProviderUnavailable` for a
        file store, or `StoreError`.
        """
        async with self._node.store.read() as tx:
            await own(tx, actor, conversation_id)
            happened = await events.of_conversation(tx, conversation_id)
            legs = await contexts.of_conversation(tx, conversation_id)
        name, _ = kept_names(self._files.paths, conversation_id)
        try:
            path = await self._files.here(name)
            file = await asyncio.to_thread(path.stat)
        except FileNotFoundError as gone:
            self._drawn.pop(conversation_id, None)
            raise NoJournal(
                "journal of conversation", conversation_id, "without one there is no timeline"
            ) from gone
        stamp = Stamp(file.st_size, file.st_mtime_ns, len(happened))
        known = self._drawn.get(conversation_id)
        if known is None or known[0] != stamp:
            verified = [leg.verified for leg in legs if leg.verified is not None]
            facts = CallFacts(
                [(each.at, each.happening) for each in happened], all(verified) if verified else None
            )
            known = stamp, await asyncio.to_thread(lambda: draw(read(path), facts))
            self._drawn[conversation_id] = known
            while len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(conversation_id)
        return known

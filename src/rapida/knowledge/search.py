"""The pages of facts of every project, searched: read from the database once, embedded once, kept in memory.

A page that was written anew has another version, and is read again. Vectors are kept beside the passages, so
that another server, and this one when it starts again, need not embed them a second time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from msgspec import Struct

from ..embeddings.base import Embedder
from ..store import Store
from ..store import knowledge as rows
from ..store.knowledge import FactsPage, StoredPassage
from .index import Found, Index, Vectors, middle, texts_of
from .passages import Passage

MOST_INDEXES = 64
"""Kept in memory: 500 passages have 0.8 MB of vectors."""
FindEmbedder = Callable[[str], Awaitable[Embedder | None]]
"""The embedder of a name, started; None = what it needs is not installed here."""
_STORED = np.dtype("<f4")


async def by_words(_name: str) -> None:
    """A `FindEmbedder` that finds none."""


class _Ready(Struct, frozen=True):
    """A page as it was read, its index, and what embedded it."""

    page: FactsPage
    index: Index
    embedder: Embedder | None


class Knowledge:
    """Searches pages of facts."""

    def __init__(self, store: Store, embedder: FindEmbedder) -> None:
        self._store = store
        self._embedder = embedder
        self._indexes: dict[tuple[int, str], _Ready] = {}

    async def search(
        self, project_id: int, name: str, question: str, *, embeddings: str = "", most: int = 3
    ) -> list[Found]:
        """The passages of a page that fit best; by words where there are no `embeddings`.

        Raises `NotFound` for a page that is not there, `StoreError`, and what starting the embedder raises.
        """
        async with self._store.read() as tx:
            page = await rows.find(tx, project_id, name)
        embedder = await self._embedder(embeddings) if embeddings else None
        index = await self._index(page, embedder)
        vector = None if embedder is None else (await embedder.embed([question]))[0]
        return index.search(question, vector, most)

    async def prepare(self, project_id: int, name: str, *, embeddings: str = "") -> None:
        """Read a page and embed it, so that its first question need not wait. Raises as `search` does."""
        async with self._store.read() as tx:
            page = await rows.find(tx, project_id, name)
        await self._index(page, await self._embedder(embeddings) if embeddings else None)

    async def refresh(self) -> None:
        """Read and embed again the pages in use here that were written anew; forget those that are gone.

        Raises as `search` does.
        """
        if not self._indexes:
            return
        async with self._store.read() as tx:
            there = await rows.of_ids(tx, {kept.page.id for kept in self._indexes.values()})
        for key, kept in list(self._indexes.items()):
            page = there.get(kept.page.id)
            if page is None:
                self._indexes.pop(key, None)
            elif page != kept.page:
                await self._index(page, kept.embedder)

    async def _index(self, page: FactsPage, embedder: Embedder | None) -> Index:
        key = (page.id, "" if embedder is None else embedder.model)
        if (kept := self._indexes.get(key)) is None or kept.page != page:
            kept = _Ready(page, await self._made(page, embedder), embedder)
        self._indexes.pop(key, None)
        self._indexes[key] = kept  # behind all others: the first is the one not used for longest
        if len(self._indexes) > MOST_INDEXES:
            del self._indexes[next(iter(self._indexes))]
        return kept.index

    async def _made(self, page: FactsPage, embedder: Embedder | None) -> Index:
        async with self._store.read() as tx:
            stored = await rows.passages(tx, page.id)
        passages = [Passage(each.title, each.text, each.asked) for each in stored]
        if embedder is None:
            return Index(passages)
        vectors = _kept(stored, embedder.model)
        if vectors is None:
            vectors = np.stack([middle(await embedder.embed(texts_of(each))) for each in passages])
            bytes_of = [np.asarray(each, _STORED).tobytes() for each in vectors]
            async with self._store.write() as tx:
                await rows.keep_vectors(tx, page, embedder.model, bytes_of)
        return Index(passages, vectors, embedder.answers_at)


def _kept(stored: Sequence[StoredPassage], model: str) -> Vectors | None:
    """The vectors that were kept, if all of them are of this model."""
    found = [each.vector for each in stored if each.model == model and each.vector]
    if not found or len(found) != len(stored):
        return None
    return np.stack([np.frombuffer(each, _STORED).astype(np.float32) for each in found])


def stored(passages: Sequence[Passage]) -> list[StoredPassage]:
    """Passages as the database keeps them, not embedded yet."""
    return [StoredPassage(each.title, each.text, each.asked) for each in passages]

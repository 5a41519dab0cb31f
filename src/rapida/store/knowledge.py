"""Pages of facts, by project and name, and the passages that each was cut into."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, delete, insert, select, update

from ..errors import NotFound
from .db import Transaction, alone
from .tables import knowledge_pages, knowledge_passages


class FactsPage(Struct, frozen=True):
    """A page without its text. `version` counts up with every change."""

    id: int
    project_id: int
    name: str
    version: int
    updated_at: datetime


class StoredPassage(Struct, frozen=True):
    """A passage and, once it was embedded, its vector: 32-bit floats, little end first, of `model`."""

    title: str
    text: str
    asked: tuple[str, ...] = ()
    model: str | None = None
    vector: bytes | None = None


_PAGE = [knowledge_pages.c[name] for name in FactsPage.__struct_fields__]
_PASSAGE = [knowledge_passages.c[name] for name in StoredPassage.__struct_fields__]


async def put(
    tx: Transaction, project_id: int, name: str, text: str, passages: Sequence[StoredPassage], now: datetime
) -> FactsPage:
    """Write a page, or write it anew; its old passages are gone."""
    await alone(tx, f"knowledge pages of project {project_id}")
    there = await _find(tx, project_id, name)
    if there is None:
        written = insert(knowledge_pages).values(
            project_id=project_id, name=name, text=text, version=1, updated_at=now
        )
        page_id = (await tx.execute(written.returning(knowledge_pages.c.id))).scalar_one()
    else:
        page_id = there.id
        changed = update(knowledge_pages).where(knowledge_pages.c.id == page_id)
        await tx.execute(changed.values(text=text, version=there.version + 1, updated_at=now))
        await tx.execute(delete(knowledge_passages).where(knowledge_passages.c.page_id == page_id))
    rows = [
        {"page_id": page_id, "number": number, "title": each.title, "text": each.text, "asked": each.asked}
        for number, each in enumerate(passages)
    ]
    await tx.execute(insert(knowledge_passages), rows)
    return await find(tx, project_id, name)


async def find(tx: Transaction, project_id: int, name: str) -> FactsPage:
    """Raises `NotFound`, naming the pages there are."""
    if (found := await _find(tx, project_id, name)) is not None:
        return found
    there = ", ".join(page.name for page in await of_project(tx, project_id)) or "none"
    raise NotFound("page of facts", repr(name), f"there is {there}")


async def text_of(tx: Transaction, page_id: int) -> str:
    """A page as it was written."""
    found = await tx.execute(select(knowledge_pages.c.text).where(knowledge_pages.c.id == page_id))
    return found.scalar_one()


async def written(tx: Transaction, project_id: int, name: str) -> str | None:
    """The text of a page, which nobody else writes before the transaction ends; None = there is none."""
    await alone(tx, f"knowledge pages of project {project_id}")
    there = await _find(tx, project_id, name)
    return None if there is None else await text_of(tx, there.id)


async def of_project(tx: Transaction, project_id: int) -> list[FactsPage]:
    """Every page of a project, by name."""
    wanted = select(*_PAGE).where(knowledge_pages.c.project_id == project_id)
    return [FactsPage(*row) for row in await tx.execute(wanted.order_by(knowledge_pages.c.name))]


async def of_ids(tx: Transaction, page_ids: Collection[int]) -> dict[int, FactsPage]:
    """Those of some pages that are there, by their ids."""
    found = await tx.execute(select(*_PAGE).where(knowledge_pages.c.id.in_(page_ids)))
    return {row.id: FactsPage(*row) for row in found}


async def passages(tx: Transaction, page_id: int) -> list[StoredPassage]:
    """A page's passages, in their order."""
    wanted = select(*_PASSAGE).where(knowledge_passages.c.page_id == page_id)
    found = await tx.execute(wanted.order_by(knowledge_passages.c.number))
    return [
        StoredPassage(each.title, each.text, tuple(each.asked), each.model, each.vector) for each in found
    ]


async def keep_vectors(tx: Transaction, page: FactsPage, model: str, vectors: Sequence[bytes]) -> bool:
    """Keep the embeddings of a page's passages; false if the page was changed in the meantime."""
    there = await _find(tx, page.project_id, page.name)
    if there != page:
        return False
    kept = update(knowledge_passages).where(
        knowledge_passages.c.page_id == page.id, knowledge_passages.c.number == bindparam("row")
    )
    rows = [{"row": number, "bytes": each} for number, each in enumerate(vectors)]
    await tx.execute(kept.values(model=model, vector=bindparam("bytes")), rows)
    return True


async def remove(tx: Transaction, project_id: int, name: str) -> None:
    """Raises `NotFound`."""
    page = await find(tx, project_id, name)
    await tx.execute(delete(knowledge_pages).where(knowledge_pages.c.id == page.id))


async def _find(tx: Transaction, project_id: int, name: str) -> FactsPage | None:
    wanted = select(*_PAGE).where(knowledge_pages.c.project_id == project_id, knowledge_pages.c.name == name)
    row = (await tx.execute(wanted)).first()
    return None if row is None else FactsPage(*row)

"""Pages of facts of a project: written whole, read, tried with a question, removed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from ..knowledge.search import Knowledge
from ..node.node import Node
from ..store import knowledge as pages
from ..store.knowledge import FactsPage
from ..workspace import knowledge_changes
from .auth import CallerHere
from .forms import Form, IfMatch, Page, router

_EXAMPLE = (
    "- title: Parking\n  text: There is free parking behind the building.\n  asked: [Where can I park]\n"
)
_MOST_PAGE_CHARS = 900_000
"""Less than a request may hold; 500 passages of 600 characters are a third of it."""
_Named = Annotated[
    str,
    InPath(
        pattern=knowledge_changes.NAME,
        description="The page's, which `search_knowledge` names",
        examples=["facts"],
    ),
]


class FactsForm(Form):
    """A page as it is written: a YAML list of `title`, `text` and `asked`, or Markdown with headings."""

    text: str = Field(max_length=_MOST_PAGE_CHARS, examples=[_EXAMPLE])


class QuestionForm(Form):
    """What a caller might ask. `embeddings` compares meanings; empty = words alone."""

    question: str = Field(min_length=1, max_length=500, examples=["Is there somewhere to leave my car?"])
    embeddings: str = Field("minilm", max_length=100)


class FactsView(BaseModel):
    """A page. `version` counts up whenever it is written."""

    name: str
    version: int
    updated_at: datetime


class PassageView(BaseModel):
    """One answer: what is said, and ways to ask for it."""

    title: str
    text: str
    asked: list[str]


class FactsDetail(FactsView):
    """A page as it was written, and the passages that were made of it."""

    text: str
    passages: list[PassageView]


class FoundView(BaseModel):
    """A passage and how well it fits; of the first, whether a caller is told it."""

    title: str
    text: str
    score: float
    said: bool


class FoundList(BaseModel):
    """The passages that fit best, the best first."""

    found: list[FoundView]


def routes(node: Node, knowledge: Knowledge) -> APIRouter:
    """`/v1/knowledge`; `knowledge` is what this server's calls search."""
    made = router("Knowledge")
    _add_reading(made, node)
    _add_writing(made, node)
    _add_asking(made, knowledge)
    return made


def _add_reading(made: APIRouter, node: Node) -> None:
    @made.get("/v1/knowledge", operation_id="listFactsPages", summary="List the pages of facts")
    async def list_pages(caller: CallerHere) -> Page[FactsView]:
        """Every page of the project, by name, without its text."""
        async with node.store.read() as tx:
            found = await pages.of_project(tx, caller.project_id)
        return Page(items=[_shown(each) for each in found])

    @made.get("/v1/knowledge/{name}", operation_id="readFactsPage", summary="Read a page of facts")
    async def read_page(name: _Named, caller: CallerHere, response: Response) -> FactsDetail:
        """Its text, to be changed and written again, and its passages."""
        async with node.store.read() as tx:
            page = await pages.find(tx, caller.project_id, name)
            text, passages = await pages.text_of(tx, page.id), await pages.passages(tx, page.id)
        response.headers["etag"] = knowledge_changes.etag(text)
        shown = [PassageView(title=each.title, text=each.text, asked=list(each.asked)) for each in passages]
        return FactsDetail(**_shown(page).model_dump(), text=text, passages=shown)


def _add_writing(made: APIRouter, node: Node) -> None:
    @made.put("/v1/knowledge/{name}", operation_id="writeFactsPage", summary="Write a page of facts")
    async def write_page(
        name: _Named, form: FactsForm, caller: CallerHere, response: Response, if_match: IfMatch = None
    ) -> FactsDetail:
        """A new one, or one anew: calls in progress answer from it at once. 422 tells the wrong passage."""
        page, passages = await knowledge_changes.put(node, caller, name, form.text, if_match)
        response.headers["etag"] = knowledge_changes.etag(form.text)
        shown = [PassageView(title=each.title, text=each.text, asked=list(each.asked)) for each in passages]
        return FactsDetail(**_shown(page).model_dump(), text=form.text, passages=shown)

    @made.delete(
        "/v1/knowledge/{name}",
        operation_id="deleteFactsPage",
        summary="Remove a page of facts",
        status_code=204,
    )
    async def delete_page(name: _Named, caller: CallerHere, if_match: IfMatch = None) -> None:
        """For good. An assistant that searches it says then that it does not know."""
        await knowledge_changes.remove(node, caller, name, if_match)


def _add_asking(made: APIRouter, knowledge: Knowledge) -> None:
    @made.post("/v1/knowledge/{name}/ask", operation_id="askFactsPage", summary="Try a page of facts")
    async def ask_page(name: _Named, form: QuestionForm, caller: CallerHere) -> FoundList:
        """What a caller with this question would be told, and what came near it."""
        found = await knowledge.search(caller.project_id, name, form.question, embeddings=form.embeddings)
        shown = [
            FoundView(
                title=each.passage.title,
                text=each.passage.text,
                score=round(each.score, 3),
                said=each.answers and each is found[0],
            )
            for each in found
        ]
        return FoundList(found=shown)


def _shown(page: FactsPage) -> FactsView:
    return FactsView(name=page.name, version=page.version, updated_at=page.updated_at)

"""What the resources' requests and answers share: strict forms, pages, ids and described problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from .guarded import GuardedRoute

T = TypeVar("T")
U = TypeVar("U")

PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody we know", **PROBLEM},
    403: {"description": "The role is too small", **PROBLEM},
    404: {"description": "No such thing in this project", **PROBLEM},
    409: {"description": "It contradicts what already holds", **PROBLEM},
    422: {"description": "A field is wrong; `errors` names it", **PROBLEM},
}


class Form(BaseModel):
    """What comes in: the right types and no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Page(BaseModel, Generic[T]):
    """A part of a list, newest first. `next_cursor` asks for what follows; null = that was all."""

    items: list[T]
    next_cursor: str | None = None


RowId = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most")]
Cursor = Annotated[
    str | None, Query(pattern=r"^[0-9]{1,15}$", description="`next_cursor` of the page before this one")
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")
]


def router(tag: str) -> APIRouter:
    """A router of guarded routes."""
    return APIRouter(tags=[tag], route_class=GuardedRoute, responses=PROBLEMS)


def before(cursor: str | None) -> int | None:
    """The id below which a page begins."""
    return None if cursor is None else int(cursor)


def page(found: Sequence[U], limit: int, id_of: Callable[[U], int], show: Callable[[U], T]) -> Page[T]:
    """A page of what was found when one more than `limit` was asked for."""
    shown = found[:limit]
    following = str(id_of(shown[-1])) if len(found) > limit else None
    return Page(items=[show(each) for each in shown], next_cursor=following)

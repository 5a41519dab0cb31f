"""What the resources' requests and answers share: strict forms, pages, ids and described problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Header, Path, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from .guarded import GuardedRoute

T = TypeVar("T")
U = TypeVar("U")

PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
STORE_AWAY: dict[int | str, dict[str, Any]] = {
    502: {"description": "The file store refuses, or cannot be reached: try again shortly", **PROBLEM}
}
"""Of what reads or deletes a call's files. With the data directory as their store it does not come."""


class Form(BaseModel):
    """What comes in: the right types and no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Page(BaseModel, Generic[T]):
    """A part of a list. `next_cursor` asks for what follows; null = that was all."""

    items: list[T]
    next_cursor: str | None = None


RowId = Annotated[int, Path(ge=1, lt=2**53)]
IfMatch = Annotated[
    str | None,
    Header(max_length=1000, description="The ETag of what was read: 412 if it changed since. `*` = as it is"),
]
"""A parameter called `if_match`; the document then tells of the 412 and of the ETag (`document.py`)."""
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most")]
Cursor = Annotated[
    str | None, Query(pattern=r"^[0-9]{1,15}$", description="`next_cursor` of the page before this one")
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")
]


def _written(value: object) -> object:
    """Raises `ValueError` for what pydantic would read as seconds since 1970."""
    if isinstance(value, str) and not value[:5].endswith("-"):
        raise ValueError("write a time after RFC 3339, such as 2026-03-02T12:00:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A time with its zone, as text."""


def router(tag: str) -> APIRouter:
    """A router of guarded routes."""
    return APIRouter(tags=[tag], route_class=GuardedRoute)


def before(cursor: str | None) -> int | None:
    """The id below which a page begins; of a list with the oldest first, the id above which it does."""
    return None if cursor is None else int(cursor)


def page(found: Sequence[U], limit: int, id_of: Callable[[U], int], show: Callable[[U], T]) -> Page[T]:
    """A page of what was found when one more than `limit` was asked for."""
    shown = found[:limit]
    following = str(id_of(shown[-1])) if len(found) > limit else None
    return Page(items=[show(each) for each in shown], next_cursor=following)

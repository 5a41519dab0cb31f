"""Following `next_cursor` through a list, page by page, as its reader asks for more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class PageOf(Protocol[T]):
    """A part of a list."""

    items: list[T]
    next_cursor: str | None


def every(page: Callable[[str | None], PageOf[T]]) -> Iterator[T]:
    """Everything in a list; a page is asked for when the one before it is used up."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


async def every_async(page: Callable[[str | None], Awaitable[PageOf[T]]]) -> AsyncIterator[T]:
    """The same for asyncio."""
    cursor: str | None = None
    while True:
        found = await page(cursor)
        for each in found.items:
            yield each
        cursor = found.next_cursor
        if cursor is None:
            return

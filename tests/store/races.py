"""Two processes at one row: neither writes before the other has asked the database too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager

from tests.doubles.store_double import StoreDouble

Waits = Callable[[StoreDouble], Awaitable[None]]


@contextmanager
def racing(one: StoreDouble, other: StoreDouble) -> Iterator[Waits]:
    """Two transactions at once; what is given is awaited in each before its end, with its own store."""
    asked = {one: asyncio.Event(), other: asyncio.Event()}

    async def until_the_other_asks(mine: StoreDouble) -> None:
        async with asyncio.timeout(120):
            await asked[other if mine is one else one].wait()
        await asyncio.sleep(0.05)  # on PostgreSQL its first statement need not be the one that must wait

    with ExitStack() as watched:
        for store, event in asked.items():
            watched.enter_context(store.statements(lambda _, event=event: event.set()))
        yield until_the_other_asks

"""A real database in which a test decides what fails: it is away, or loses a commit or its answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import Connection, event

from rapida.errors import StoreError
from rapida.store import Store, Transaction

AWAY = "the database cannot be reached"

Writing = AbstractAsyncContextManager[Transaction]


class HeldAnswer:
    """A commit that was carried out, and whose answer waits until the test gives it."""

    def __init__(self) -> None:
        self.committed = asyncio.Event()
        self.answered = asyncio.Event()


class StoreDouble(Store):
    """A store as every other, until a test says what goes wrong."""

    def __init__(self, url: str, **how: Any) -> None:
        super().__init__(url, **how)
        self._reason = ""
        self._next: deque[Callable[[Writing], Writing]] = deque()
        self._from_then_on: Callable[[Writing], Writing] | None = None
        self._reads_to_refuse = 0
        self._most_pages = 0

    # What goes wrong

    def goes_away(self, reason: str = AWAY) -> None:
        """From here on no transaction begins."""
        self._reason = reason

    def comes_back(self) -> None:
        """From here on nothing fails."""
        self._reason, self._from_then_on, self._reads_to_refuse = "", None, 0
        self._next.clear()

    def refuses_the_next_read(self) -> None:
        self._reads_to_refuse += 1

    def refuses_the_next_write(self) -> None:
        self._next.append(lambda _: _refused())

    def loses_the_next_answer(self) -> None:
        """The next write is committed, and its writer is told that the connection was lost."""
        self._next.append(_unanswered)

    def holds_the_next_answer(self) -> HeldAnswer:
        """The next write is committed, and its writer hears so only when the test says."""
        held = HeldAnswer()
        self._next.append(lambda writing: _held(writing, held))
        return held

    def loses_writes(self, after: int) -> None:
        """So many writes are still taken; every later one is lost before its commit."""
        self._next.extend([lambda writing: writing] * after)
        self._from_then_on = _lost

    def has_no_room(self) -> None:
        """A SQLite database may grow no further, as on a full disk; on every connection from now on."""
        if not self._most_pages:
            event.listen(self._engine.sync_engine, "begin", self._cap)
        self._most_pages = 1  # fewer than it has: it stays as large as it is

    def has_room_again(self) -> None:
        self._most_pages = 1_000_000

    def _cap(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={self._most_pages}")

    # What it is asked

    @contextmanager
    def statements(self, told: Callable[[str], object]) -> Iterator[None]:
        """Tell of each statement that is asked meanwhile, in order."""

        def asked(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            told(statement)

        engine = self._engine.sync_engine
        event.listen(engine, "before_cursor_execute", asked)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", asked)

    # What a store does

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction]:
        if refused := self._reason or (AWAY if self._reads_to_refuse else ""):
            self._reads_to_refuse = max(0, self._reads_to_refuse - 1)
            raise StoreError(refused)
        async with super().read() as tx:
            yield tx

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Transaction]:
        async with self._faulty(super().write()) as tx:
            yield tx

    def _faulty(self, writing: Writing) -> Writing:
        if self._reason:
            return _refused(self._reason)
        fault = self._next.popleft() if self._next else self._from_then_on
        return fault(writing) if fault else writing


@asynccontextmanager
async def _refused(reason: str = AWAY) -> AsyncGenerator[Transaction]:
    raise StoreError(reason)
    yield  # what makes it a generator


@asynccontextmanager
async def _unanswered(writing: Writing) -> AsyncGenerator[Transaction]:
    async with writing as tx:
        yield tx
    raise StoreError("the connection was lost")


@asynccontextmanager
async def _held(writing: Writing, held: HeldAnswer) -> AsyncGenerator[Transaction]:
    async with writing as tx:
        yield tx
    held.committed.set()
    await held.answered.wait()


@asynccontextmanager
async def _lost(writing: Writing) -> AsyncGenerator[Transaction]:
    async with writing as tx:
        yield tx
        raise StoreError("the database db.internal is away")

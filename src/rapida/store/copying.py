"""One database copied into another, of whichever kind: every row with its id, and where ids go on.

The rows are those of one instant, and they arrive in one transaction: a copy that fails leaves the new
database empty. An id is never given twice, so where ids go on is copied too: rows may have been deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, func, insert, inspect, literal, select, text, tuple_

from ..errors import ConfigurationError, StoreError
from . import migrate, postgres
from .db import Store, Transaction
from .tables import executors, live_news, metadata, news, servers

ROWS_AT_ONCE = 500
"""Of the widest table, a transcript's lines, some 0.5 MB."""
LEFT_OUT = frozenset({servers.name, executors.name, news.name, live_news.name})
"""Who was alive at the old database, and what they told each other, is nothing to the new one."""
TABLES: tuple[Table, ...] = tuple(each for each in metadata.sorted_tables if each.name not in LEFT_OUT)
"""In an order in which every row finds what it refers to."""


class NotCopied(ConfigurationError):
    """The copy was not made; the new database holds nothing of it."""


async def copy(
    source: Store, target: Store, tell: Callable[[str, int], None] = lambda table, rows: None
) -> int:
    """Copy every row; how many there were. `tell` hears of each table and its rows.

    Raises `NotCopied` for a source of another version and a target that is not empty, and `StoreError`.
    """
    async with source.read() as old:
        if not await old.run_sync(migrate.is_current):
            raise NotCopied(
                "the database to copy is not of this version: start `rapida serve` on it once, stop it, and "
                "copy then"
            )
        async with target.read() as new:
            await new.run_sync(_refuse_rows)
        await target.migrate()
        copied = 0
        async with target.write() as new:
            for each in TABLES:
                rows = await _copy_table(old, new, each)
                tell(each.name, rows)
                copied += rows
            await _go_on_from(old, new)
    return copied


def _refuse_rows(connection: Connection) -> None:
    there = set(inspect(connection).get_table_names())
    for each in TABLES:
        if each.name in there and connection.scalar(select(1).select_from(each).limit(1)) is not None:
            raise NotCopied(
                f"the database to copy to is not empty: {each.name!r} has rows. Name one without, since two "
                "installations cannot be joined"
            )


async def _copy_table(old: Transaction, new: Transaction, table: Table) -> int:
    key = tuple_(*table.primary_key.columns)
    after: list[Any] = []
    while True:
        some = select(table).order_by(*key.clauses).limit(ROWS_AT_ONCE)
        some = some.where(key > tuple_(*after)) if after else some
        rows = (await old.execute(some)).mappings().all()
        if not rows:
            break
        await new.execute(insert(table), [dict(row) for row in rows])
        after = [literal(rows[-1][column.name], column.type) for column in table.primary_key.columns]
    counted = select(func.count()).select_from(table)
    wanted, there = (await old.execute(counted)).scalar_one(), (await new.execute(counted)).scalar_one()
    if wanted != there:
        raise StoreError(
            f"of {wanted} rows of {table.name!r} {there} arrived: nothing was kept", retryable=False
        )
    return there


async def _go_on_from(old: Transaction, new: Transaction) -> None:
    """Let the new database number rows from where the old one would have."""
    for table in TABLES:
        column = table.c.get("id")
        if column is None or column.identity is None:
            continue
        last = await _last_number(old, table)
        if last is None:
            continue
        if new.dialect.name == postgres.NAME:
            # https://www.postgresql.org/docs/current/functions-sequence.html
            await new.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"),
                {"table": table.name, "last": last},
            )
        else:
            # https://www.sqlite.org/autoinc.html: the table has no key, and a row once one was inserted.
            await new.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
            await new.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"),
                {"table": table.name, "last": last},
            )


async def _last_number(old: Transaction, table: Table) -> int | None:
    """The last id that was given out, deleted rows included; None = none ever was."""
    if old.dialect.name == postgres.NAME:
        asked = text(
            "SELECT last_value FROM pg_sequences WHERE format('%I.%I', schemaname, sequencename)::regclass"
            " = pg_get_serial_sequence(:table, 'id')::regclass"
        )
    else:
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    return (await old.execute(asked, {"table": table.name})).scalar_one_or_none()

"""A copied database: the same rows under the same ids, in either direction, and no id given twice."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Double,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
)

from rapida.store import Store, copying
from rapida.store.columns import AnyText, Document, Instant
from rapida.store.copying import TABLES, NotCopied
from rapida.store.tables import audit, metadata, organizations
from tests.databases import Server, sqlite_place
from tests.switchboard.ready_node import NOON

LAST = 7
"""Ids are given up to here; the row of the last one is deleted again."""


def some(column: Any, nth: int) -> Any:
    """A value of a column's type that differs from row to row."""
    kinds: list[tuple[type, Any]] = [
        (AnyText, f"{column.name} {nth} – ☎"),
        (Instant, NOON + timedelta(microseconds=nth)),
        (Uuid, uuid.UUID(int=nth)),
        (Boolean, nth % 2 == 0),
        (LargeBinary, bytes([0, nth, 255])),
        (Double, nth + 0.25),
        (BigInteger, 2**40 + nth),
        (Text, f"{column.name} {nth}"),
        (DateTime, NOON),
        (type(Document), {"nth": [nth, None, "ü"], "deep": {"a": 1.5}}),
    ]
    return next(value for kind, value in kinds if isinstance(column.type, kind))


async def fill(store: Store) -> None:
    """Rows in each table, which name rows of the others; of numbered ones the last is gone again."""
    async with store.write() as tx:
        for each in metadata.sorted_tables:
            await tx.execute(insert(each), [row(each, nth) for nth in (3, LAST)])
        for each in (organizations, audit):
            await tx.execute(insert(each), [row(each, LAST) | {"id": LAST + 1}])
            await tx.execute(delete(each).where(each.c.id == LAST + 1))


def row(each: Table, nth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column in each.columns:
        [*refers] = column.foreign_keys
        if column.name == "id" and column.identity is not None:
            made["id"] = nth
        elif refers:
            target = refers[0].column
            made[column.name] = nth if target.identity is not None else some(target, nth)
        else:
            made[column.name] = some(column, nth)
    return made


def another(directory: Path) -> Path:
    (other := directory / "other").mkdir()
    return other


async def rows(store: Store) -> dict[str, list[Any]]:
    async with store.read() as tx:
        return {each.name: sorted(map(tuple, await tx.execute(select(each))), key=repr) for each in TABLES}


async def next_id(store: Store, table: Table) -> int:
    async with store.write() as tx:
        made = {name: value for name, value in row(table, 3).items() if name != "id"}
        made |= {"name": "another"} if "name" in table.c else {}
        return (await tx.execute(insert(table).values(made).returning(table.c.id))).scalar_one()


async def test_every_row_keeps_its_id_from_one_kind_to_the_other_and_back(
    postgresql: Server, tmp_path: Path
) -> None:
    async with postgresql.migrated_database() as url:
        first = Store((await sqlite_place(tmp_path)).url)
        second, third = Store(url), Store(f"sqlite+aiosqlite:///{tmp_path / 'back.db'}")
        await fill(first)
        told: dict[str, int] = {}
        assert await copying.copy(first, second, told.__setitem__) == sum(told.values()) == 2 * len(TABLES)
        assert set(told.values()) == {2}
        assert await copying.copy(second, third) == 2 * len(TABLES)
        assert await rows(first) == await rows(second) == await rows(third)
        for table in (organizations, audit):
            assert [await next_id(each, table) for each in (first, second, third)] == [LAST + 2] * 3
        for store in (first, second, third):
            await store.aclose()


async def test_a_database_with_rows_is_not_copied_into_and_stays_as_it_is(
    store: Store, tmp_path: Path
) -> None:
    other = Store((await sqlite_place(another(tmp_path))).url)
    await fill(store)
    before = await rows(store)
    with pytest.raises(NotCopied, match="' has rows"):
        await copying.copy(other, store)
    assert await rows(store) == before
    await other.aclose()


async def test_a_database_of_another_version_is_not_copied(store: Store, tmp_path: Path) -> None:
    empty = Store(f"sqlite+aiosqlite:///{tmp_path / 'no.db'}")
    with pytest.raises(NotCopied, match="start `rapida serve` on it once"):
        await copying.copy(empty, store)
    await empty.aclose()


async def test_a_copy_that_does_not_count_up_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Store((await sqlite_place(another(tmp_path))).url)
    await fill(store)

    async def broken(old: object, new: object) -> None:
        raise copying.StoreError("the numbers were not set")

    monkeypatch.setattr(copying, "_go_on_from", broken)
    with pytest.raises(copying.StoreError, match="numbers"):
        await copying.copy(store, target)
    assert not any((await rows(target)).values())
    await target.aclose()

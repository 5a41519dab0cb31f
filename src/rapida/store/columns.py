"""What every table is made of: column types and columns, spelled once for both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import SchemaItem

Number = BigInteger().with_variant(Integer(), "sqlite")
"""Numeric ids: below 2^53 for any life span, and never reused (see `Table` in tables.py)."""

Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON that can be asked into on PostgreSQL."""


class AnyText(TypeDecorator[str]):
    """Text of any length. A NUL, which PostgreSQL refuses, is kept as the replacement character."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        return value.replace("\0", "\ufffd") if value is not None and "\0" in value else value


class Instant(TypeDecorator[datetime]):
    """A point in time, aware and in UTC on both sides. SQLite stores it as text that sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def number_key() -> Column[Any]:
    """`id`, assigned by the database."""
    return Column("id", Number, Identity(), primary_key=True)


def refers(
    name: str, target: str, *, optional: bool = False, cascade: bool = False, **more: Any
) -> Column[Any]:
    """A foreign key to `table.column`; `cascade` = the row goes when its target goes."""
    rule = "CASCADE" if cascade else None
    return Column(name, ForeignKey(target, ondelete=rule), nullable=optional, **more)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, *items: SchemaItem, numbered: bool = True, **more: Any) -> Table:
    if not numbered:
        return Table(name, metadata, *items, **more)
    return Table(name, metadata, number_key(), *items, sqlite_autoincrement=True, **more)


def text(name: str, *, optional: bool = False, **more: Any) -> Column[Any]:
    return Column(name, AnyText, nullable=optional, **more)


def instant(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=optional)


def number(name: str, *, optional: bool = False, **more: Any) -> Column[Any]:
    return Column(name, Number, nullable=optional, **more)


def document(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Document, nullable=optional)


def flag(name: str, **more: Any) -> Column[Any]:
    return Column(name, Boolean, nullable=False, **more)

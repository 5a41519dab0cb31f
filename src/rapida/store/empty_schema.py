"""The schema of an empty SQLite database, as all migrations together make it, in one file of statements.

A first start runs them in some milliseconds; walking the migrations, with the import of Alembic, takes most
of a second. `make docs` writes the file anew after a new migration, and a test compares the two.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from . import migrate

FILE = migrate.FOLDER / "empty_schema.sql"
_BETWEEN = ";\n\n"
_OURS = "sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
_ENTRIES = text(f"SELECT sql FROM sqlite_master WHERE {_OURS} ORDER BY rootpage")  # noqa: S608


def make(connection: Connection) -> bool:
    """Run the statements, in the caller's transaction; false where this is no empty SQLite database."""
    if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
        return False
    for statement in FILE.read_text(encoding="utf-8").split(_BETWEEN):
        connection.exec_driver_sql(statement)
    return True


def drawn(connection: Connection) -> str:
    """The statements that make a database like this one, whose migrations have been run."""
    version = connection.scalars(migrate.APPLIED).one()
    applied = f"INSERT INTO alembic_version VALUES ('{version}')"  # noqa: S608 - a number of our own
    statements = [*connection.scalars(_ENTRIES), applied]
    return _BETWEEN.join(statements) + "\n"


async def _draw() -> None:
    from .db import Store  # noqa: PLC0415 - it makes its schema from here

    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite+aiosqlite:///{Path(folder) / 'empty.db'}")
        async with store.write() as tx:
            await tx.run_sync(migrate.walk)
            written = await tx.run_sync(drawn)
        await store.aclose()
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != written:
        FILE.write_text(written, encoding="utf-8")
        sys.stdout.write(f"redrew {FILE.name}\n")


if __name__ == "__main__":
    asyncio.run(_draw())

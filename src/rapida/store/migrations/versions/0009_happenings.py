"""Events are kept as what happened, each a document that says its kind, instead of a name and a detail."""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Number
from rapida.store.event_names import from_named, named
from rapida.store.events import read

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 1000
EVENTS = sa.table(
    "events", sa.column("id", Number), sa.column("name", sa.Text()), sa.column("happening", Document)
)


def upgrade() -> None:
    # In place: on SQLite a new column that is never null would need a value for the rows that are there.
    op.execute("ALTER TABLE events RENAME COLUMN detail TO happening")
    _convert(lambda name, detail: {"happening": msgspec.to_builtins(from_named(name, detail))})
    op.drop_column("events", "name")


def downgrade() -> None:
    op.add_column("events", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    _convert(lambda _, document: dict(zip(("name", "happening"), named(read(document)), strict=True)))
    op.execute("ALTER TABLE events RENAME COLUMN happening TO detail")


def _convert(values: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
    """Give every row the values that follow from its name and its document."""
    database, last = op.get_bind(), 0
    some = sa.select(EVENTS).order_by(EVENTS.c.id).limit(AT_ONCE)
    while rows := database.execute(some.where(EVENTS.c.id > last)).all():
        changes = [{"row": row.id, **values(row.name, row.happening)} for row in rows]
        changed = sa.update(EVENTS).where(EVENTS.c.id == sa.bindparam("row"))
        names = [name for name in changes[0] if name != "row"]
        database.execute(changed.values({name: sa.bindparam(name) for name in names}), changes)
        last = rows[-1].id

"""Bringing the schema up to date, in-process, when the server starts.

The steps themselves are in `migrations/versions/`, in the order their numbers say.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from ..errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
HEAD = max(step.name[:4] for step in (FOLDER / "versions").glob("[0-9]*.py"))
"""The number of the last step: the schema that this version of the program reads and writes."""
APPLIED = text("SELECT version_num FROM alembic_version")


def is_current(connection: Connection) -> bool:
    """Whether the last step that this database has seen is `HEAD`."""
    found = inspect(connection).has_table("alembic_version")
    return found and list(connection.scalars(APPLIED)) == [HEAD]


def has_schema(connection: Connection) -> bool:
    """Whether any version of this program has prepared this database."""
    return inspect(connection).has_table("alembic_version")


def config(connection: Connection) -> Config:
    """Alembic's configuration, bound to an open transaction instead of a URL."""
    from alembic.config import Config  # noqa: PLC0415 - see `upgrade`

    made = Config()
    # Alembic reads % as an interpolation.
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Bring a database to the last step, in the caller's transaction. Raises `StoreError`."""
    from . import empty_schema  # noqa: PLC0415 - it walks these steps to be written

    if is_current(connection) or (empty_schema.make(connection) and is_current(connection)):
        return
    walk(connection)


def walk(connection: Connection) -> None:
    """Run every step this database has not seen, in the caller's transaction. Raises `StoreError`."""
    # Half a second to import, which each command would pay for a schema that is nearly always current.
    from alembic import command  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    try:
        command.upgrade(config(connection), "head")
    except CommandError as unknown:
        written = ", ".join(connection.scalars(APPLIED))
        raise StoreError(
            f"the database was written by a newer version of Rapida (its schema is {written}, and this "
            f"version knows those up to {HEAD}): start that version, or restore a backup",
            retryable=False,
        ) from unknown

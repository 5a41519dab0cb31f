"""Bringing the schema up to date, in-process, when the server starts.

The steps themselves are in `migrations/versions/`, in the order their numbers say.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from ..errors import StoreError

FOLDER = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's configuration, bound to an open transaction instead of a URL."""
    made = Config()
    # Alembic reads % as an interpolation.
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Run every step this database has not seen, in the caller's transaction. Raises `StoreError`."""
    try:
        command.upgrade(config(connection), "head")
    except CommandError as unknown:
        raise StoreError(
            "the database was written by a newer version of Rapida: start that version, or restore a backup",
            retryable=False,
        ) from unknown

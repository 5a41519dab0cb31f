"""`rapida db`: the database as a whole, moved from one kind to the other."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ..errors import ConfigurationError
from ..node.clock import utc_now
from ..node.peers import DEAD_AFTER
from ..settings import load
from ..settings_read import database_url
from ..store import Store, migrate, servers
from ..store.copying import copy as copy_rows
from .running import run

app = typer.Typer(help="Move the database to PostgreSQL, or back.", no_args_is_help=True)

OTHER = Annotated[
    str,
    typer.Option(
        "--to",
        help="An empty database: `postgresql://user@host/database`, or `sqlite:////directory/file.db`. A "
        "password is better left to PGPASSWORD than written into a command.",
    ),
]


@app.callback()
def db() -> None:
    """Move the database to PostgreSQL, or back."""


@app.command()
def copy(to: OTHER) -> None:
    """Copy the database into an empty one, with every id, while no server runs.

    Recordings, journals and the key stay in the data directory. Afterwards set RAPIDA_DATABASE_URL to the new
    database, and start.
    """
    run("db copy", _copy(to))


async def _copy(to: str) -> None:
    settings = load()
    wanted = database_url("--to", to)
    if wanted == settings.database_url:
        raise ConfigurationError("--to names the database that is in use: name another one")
    if settings.configured_database_url is None and not (settings.data_dir / "rapida.db").exists():
        raise ConfigurationError(
            f"there is no database in {str(settings.data_dir.absolute())!r}: set RAPIDA_DATA_DIR or "
            "RAPIDA_DATABASE_URL"
        )
    os.umask(0o077)  # a file that is made holds what people said, and sealed secrets
    source, target = Store(settings.database_url), Store(wanted)
    try:
        async with source.read() as tx:
            known = await tx.run_sync(migrate.is_current)
            if known and await servers.others(tx, "", utc_now() - DEAD_AFTER):
                raise ConfigurationError(
                    "a server runs on this database, or was killed half a minute ago: stop it first, since "
                    "what it writes meanwhile would not be in the copy"
                )
        copied = await copy_rows(source, target, lambda table, rows: typer.echo(f"{table}\t{rows}"))
    finally:
        await source.aclose()
        await target.aclose()
    typer.echo(f"{copied} rows copied, and counted in both")

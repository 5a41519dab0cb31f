"""`rapida backup`: copy an installation while it runs, so that it can be started from the copy.

The database is copied by SQLite's own means, as of one instant, while servers go on writing; a copied file of
a database in use would be torn. PostgreSQL is backed up by its own tools: then the files alone are copied.
The key stays behind unless it is asked for: with it a copy gives away every secret.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigurationError, RapidaError
from ..settings import Settings, load

DATABASE = "rapida.db"
KEY_FILE = "master.key"
"""`vault.KEY_FILE`, without the libraries that a vault takes."""
FOLDERS = ("recordings", "journals", "unwritten")
PAGES_AT_ONCE = 1024
"""4 MiB: between two such steps the servers get their turn."""


def backup(
    to: Annotated[Path, typer.Argument(help="A new or empty directory; `rapida restore` takes it.")],
    with_key: Annotated[
        bool,
        typer.Option("--with-key", help="Copy the key too: who has the copy can then open every secret."),
    ] = False,
) -> None:
    """Copy the data directory and its database, while servers go on."""
    try:
        settings = load()
        _check(settings, to)
        try:
            _copy(settings, to, with_key)
        except (OSError, sqlite3.Error) as failed:
            raise ConfigurationError(f"the backup in {str(to)!r} is not whole: {failed}") from failed
    except RapidaError as wrong:
        typer.echo(f"rapida backup: {wrong}", err=True)
        raise typer.Exit(1) from wrong
    typer.echo(f"copied {settings.data_dir} to {to}")
    if settings.configured_database_url is not None:
        typer.echo("the database is not in it: back it up with its own tools (pg_dump)")
    if not (to / KEY_FILE).exists():
        kept = "RAPIDA_MASTER_KEY" if settings.master_key is not None else str(settings.data_dir / KEY_FILE)
        typer.echo(f"the key is not in it: keep {kept} apart, nothing opens without it")


def _check(settings: Settings, to: Path) -> None:
    if not settings.data_dir.is_dir():
        raise ConfigurationError(
            f"there is no data directory {str(settings.data_dir.absolute())!r}: set RAPIDA_DATA_DIR"
        )
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigurationError(f"{str(to)!r} is not empty: name a new directory")
    if to.absolute().is_relative_to(settings.data_dir.absolute()):
        raise ConfigurationError(f"{str(to)!r} lies within the data directory: name another place")


def _copy(settings: Settings, to: Path, with_key: bool) -> None:
    """The database first: the files that it names are then all there."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    to.chmod(0o700)
    if settings.configured_database_url is None and (settings.data_dir / DATABASE).exists():
        _copy_database(settings.data_dir / DATABASE, to / DATABASE)
    if with_key and (settings.data_dir / KEY_FILE).exists():
        shutil.copy2(settings.data_dir / KEY_FILE, to / KEY_FILE)
    for name in FOLDERS:
        if (settings.data_dir / name).is_dir():
            shutil.copytree(settings.data_dir / name, to / name)


def _copy_database(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(source)) as theirs, closing(sqlite3.connect(target)) as ours:
        theirs.backup(ours, pages=PAGES_AT_ONCE)

"""`rapida restore`: put a backup in the place of a data directory, and make it safe to start from.

What was to be dialled when the copy was made may have been dialled since, and nobody is called a second time:
each such call becomes `unknown`, as one of which nobody can tell. The key is tried before anything is put in
place, and a restore that fails leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from ..errors import ConfigurationError, StoreError
from ..node.clock import utc_now
from ..node.peers import DEAD_AFTER
from ..outbound.settling import lose_unfinished
from ..settings import Settings, load, prepare_data_dir
from ..store import Store, Transaction, credentials, migrate, servers
from ..vault.sealing import open_vault
from .backup import DATABASE, FOLDERS, KEY_FILE
from .running import as_started, run

REASON: Final = "the database was restored from a backup: whether it was dialled since is not known"


def restore(
    backup: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="What `rapida backup` has written.")],
) -> None:
    """Put a backup into the data directory, which must be new or empty, while no server runs.

    With RAPIDA_DATABASE_URL restore the database first, by its own tools. Calls that were to be dialled are
    not dialled: each becomes `unknown`.
    """
    run("restore", _restore(backup))


async def _restore(backup: Path) -> None:
    settings = load()
    _check(settings, backup)
    target = settings.data_dir.absolute()
    prepare_data_dir(target)
    # Within its place, which may be a disk of its own: the files need only be renamed then.
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=target) as made:
        beside = Path(made) / "data"
        try:
            _copy(backup, beside)
        except OSError as failed:
            raise ConfigurationError(f"{str(backup)!r} cannot be copied: {failed}") from failed
        lost = await _made_safe(replace(settings, data_dir=beside))
        for each in beside.iterdir():
            each.rename(target / each.name)
    typer.echo(f"restored {backup} to {target}")
    typer.echo(f"{lost} calls that were to be dialled are unknown now: they are not dialled again")
    typer.echo(f"start with `{as_started()} serve`")


def _check(settings: Settings, backup: Path) -> None:
    target = settings.data_dir
    own_database = settings.configured_database_url is None
    if not backup.is_dir() or not any((backup / each).exists() for each in (DATABASE, KEY_FILE, *FOLDERS)):
        raise ConfigurationError(f"{str(backup)!r} is no backup: name a directory of `rapida backup`")
    if own_database and not (backup / DATABASE).exists():
        raise ConfigurationError(
            f"there is no {DATABASE} in {str(backup)!r}: it was made of an installation whose database is "
            "elsewhere; restore that one by its own tools, and set RAPIDA_DATABASE_URL"
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigurationError(
            f"the data directory {str(target.absolute())!r} is not empty: stop its server and move it away"
        )


def _copy(backup: Path, to: Path) -> None:
    to.mkdir(mode=0o700)
    for name in (DATABASE, KEY_FILE):
        if (backup / name).exists():
            shutil.copy2(backup / name, to / name)
            (to / name).chmod(0o600)
    for name in FOLDERS:
        if (backup / name).is_dir():
            shutil.copytree(backup / name, to / name)


async def _made_safe(settings: Settings) -> int:
    """See that the key opens it and no server runs, and lose what was to be dialled. How much that was."""
    os.umask(0o077)
    store = Store(settings.database_url)
    try:
        async with store.read() as tx:
            await _check_database(tx, settings)
        await store.migrate()
        return await lose_unfinished(store, REASON, utc_now())
    finally:
        await store.aclose()


async def _check_database(tx: Transaction, settings: Settings) -> None:
    sealed = await credentials.sample(tx)
    if sealed and settings.master_key is None and not (settings.data_dir / KEY_FILE).exists():
        raise ConfigurationError(
            f"the backup holds no key: put the {KEY_FILE} that was kept apart into it, or set "
            "RAPIDA_MASTER_KEY"
        )
    if sealed:
        open_vault(settings.master_key, settings.data_dir, sealed)
    if settings.configured_database_url is None:
        return  # a copy, which no server knows
    if not await tx.run_sync(migrate.has_schema):
        raise StoreError("the database of RAPIDA_DATABASE_URL is empty: restore it first, by its own tools")
    if await servers.others(tx, "", utc_now() - DEAD_AFTER):
        raise ConfigurationError("a server runs on this database, or did half a minute ago: stop it first")

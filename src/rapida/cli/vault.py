"""`rapida vault`: which keys seal what, and moving every secret to a new key without stopping anything.

A secret is opened with any loaded key and sealed with the first. So: load the new key everywhere behind the
old one, then put it first everywhere, then rotate, then drop the old one. Servers say which keys they have
loaded, and nothing is sealed with one that a living server lacks.
"""

from __future__ import annotations

import typer

from ..errors import VaultError
from ..settings import load
from ..workspace import vault_changes, vault_state
from .local_store import opened
from .running import run

app = typer.Typer(help="Keys of the vault, and moving secrets to a new one.", no_args_is_help=True)


@app.command()
def status() -> None:
    """Show how many secrets each key seals."""
    run("vault", _status())


@app.command()
def rotate() -> None:
    """Seal every secret with the first key of RAPIDA_MASTER_KEY. Servers go on meanwhile.

    Every server must have been restarted with the new key loaded before; one that was not is named, and
    nothing is changed.
    """
    run("vault", _rotate())


async def _status() -> None:
    async with opened() as node:
        typer.echo(f"new secrets are sealed with {node.vault.key_id!r}")
        async with node.store.read() as tx:
            sealed = await vault_state.sealed_by(tx)
        for key_id, count in sealed.items():
            typer.echo(f"{key_id}\t{count}")


async def _rotate() -> None:
    async with opened() as node:
        changed, shut = await vault_changes.rotate(node, "cli", from_setting=load().master_key is not None)
        typer.echo(f"{changed} secrets moved to {node.vault.key_id!r}")
        if shut:
            raise VaultError(
                f"the rows of the credentials {', '.join(map(str, shut))} were altered: their secrets do not "
                "open, and were not moved. Enter them again, or delete them, and rotate once more before you "
                "drop the older keys"
            )
        typer.echo("older keys can be dropped once it is the first on every server")

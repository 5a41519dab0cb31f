"""What `rapida vault` does in this machine's database. It imports the store, which takes a second."""

from __future__ import annotations

import typer

from ..errors import VaultError
from ..settings import load
from ..workspace import vault_changes, vault_state
from .local_store import opened


async def status() -> None:
    """Print how many secrets each key seals. Raises `RapidaError`."""
    async with opened() as node:
        typer.echo(f"new secrets are sealed with {node.vault.key_id!r}")
        async with node.store.read() as tx:
            sealed = await vault_state.sealed_by(tx)
        for key_id, count in sealed.items():
            typer.echo(f"{key_id}\t{count}")


async def rotate() -> None:
    """Seal every secret with the first key. Raises `RapidaError`."""
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

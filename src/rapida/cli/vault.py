"""`rapida vault`: which keys seal what, and moving every secret to a new key without stopping anything.

A secret is opened with any loaded key and sealed with the first. So: load the new key everywhere behind the
old one, then put it first everywhere, then rotate, then drop the old one. Servers say which keys they have
loaded, and nothing is sealed with one that a living server lacks.
"""

from __future__ import annotations

import typer

from . import imported
from .running import run

app = typer.Typer(help="Keys of the vault, and moving secrets to a new one.", no_args_is_help=True)


@app.command()
def status() -> None:
    """Show how many secrets each key seals."""
    run("vault", imported("stored_vault").status())


@app.command()
def rotate() -> None:
    """Seal every secret with the first key of RAPIDA_MASTER_KEY. Servers go on meanwhile.

    Every server must have been restarted with the new key loaded before; one that was not is named, and
    nothing is changed.
    """
    run("vault", imported("stored_vault").rotate())

"""`rapida serve`: the whole platform, in one process and the children it owns."""

from __future__ import annotations

import gc

import typer
import uvloop

from .. import app
from ..errors import RapidaError
from ..settings import load
from ..telemetry import log
from .local import note_address


def serve() -> None:
    """Serve calls and the API until told to end; calls in progress are let finish."""
    try:
        settings = load()
        log.configure()
        gc.freeze()
        uvloop.run(app.serve(settings, lambda rapida: note_address(settings, rapida.port)))
    except RapidaError as wrong:
        typer.echo(f"rapida serve: {wrong}", err=True)
        raise typer.Exit(1) from wrong

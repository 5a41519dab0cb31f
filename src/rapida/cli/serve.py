"""`rapida serve`: the whole platform, in one process and the children it owns."""

from __future__ import annotations

import gc
from contextlib import ExitStack

import typer
import uvloop

from .. import app
from ..errors import RapidaError
from ..settings import Settings, load
from ..telemetry import log
from .addresses import noted
from .running import as_started


def serve() -> None:
    """Serve calls and the API until told to end; calls in progress are let finish."""
    try:
        settings = load()
        log.configure()
        gc.freeze()
        with ExitStack() as until_the_end:
            uvloop.run(app.serve(settings, lambda rapida: _started(settings, rapida, until_the_end)))
    except RapidaError as wrong:
        typer.echo(f"rapida serve: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _started(settings: Settings, rapida: app.Rapida, until_the_end: ExitStack) -> None:
    until_the_end.enter_context(noted(settings, rapida.port))
    if rapida.setup_code is not None and settings.setup_code is None:
        typer.echo(
            f"This installation has no owner yet. Its one-time setup code: {rapida.setup_code}\n"
            f"POST it to {rapida.address}/v1/setup, or create the owner with:\n"
            f"    {as_started()} users create EMAIL",
            err=True,
        )

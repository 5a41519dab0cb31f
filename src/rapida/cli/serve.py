"""`rapida serve`: the whole platform, in one process and the children it owns."""

from __future__ import annotations

import gc
import os
import sys
import webbrowser
from contextlib import ExitStack
from typing import Annotated

import typer
import uvloop

from .. import app
from ..errors import RapidaError
from ..settings import Settings, load
from ..telemetry import log
from .addresses import noted
from .running import as_started

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
"""What says that a Linux machine has a screen; without one a browser of the terminal would be opened."""


def serve(
    show: Annotated[
        bool, typer.Option("--open", help="Open the dashboard in this machine's browser, where it has one.")
    ] = False,
) -> None:
    """Serve calls, the API and the dashboard until told to end; calls in progress are let finish."""
    try:
        settings = load()
        log.configure()
        gc.freeze()
        with ExitStack() as until_the_end:
            uvloop.run(app.serve(settings, lambda rapida: _started(settings, rapida, until_the_end, show)))
    except RapidaError as wrong:
        typer.echo(f"rapida serve: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _started(settings: Settings, rapida: app.Rapida, until_the_end: ExitStack, show: bool) -> None:
    until_the_end.enter_context(noted(settings, rapida.port))
    page = rapida.address
    if rapida.setup_code is not None:
        page = f"{rapida.address}/welcome"
        if settings.setup_code is None:
            # Behind the #: a browser keeps it, and sends it to nobody.
            page += f"#{rapida.setup_code}"
            typer.echo(
                f"This installation has no owner yet. Open\n    {page}\n"
                f"or type the code that stands behind the #. Without a browser, create the owner with:\n"
                f"    {as_started()} users create EMAIL",
                err=True,
            )
    if show and has_screen():
        webbrowser.open(page)


def has_screen() -> bool:
    """Whether opening a page would show it to somebody."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in DISPLAYS)

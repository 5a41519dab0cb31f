"""`rapida serve`: the whole platform, in one process and the children it owns, or in several processes."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import webbrowser
from contextlib import ExitStack, closing
from typing import Annotated

import typer
import uvloop

from .. import app
from ..errors import RapidaError
from ..server import listen
from ..settings import Settings, load
from ..supervisor.supervisor import Supervisor
from ..telemetry import log
from .addresses import noted
from .running import as_started

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
"""What says that a Linux machine has a screen; without one a browser of the terminal would be opened."""


def serve(
    processes: Annotated[
        int,
        typer.Option(
            min=1, max=64, help="Server processes on one port: one for each core that calls may use."
        ),
    ] = 1,
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
            if processes == 1:
                uvloop.run(
                    app.serve(settings, lambda rapida: _started(settings, rapida, until_the_end, show))
                )
            else:
                uvloop.run(_supervise(settings, processes, until_the_end, show))
    except RapidaError as wrong:
        typer.echo(f"rapida serve: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _started(settings: Settings, rapida: app.Rapida, until_the_end: ExitStack, show: bool) -> None:
    until_the_end.enter_context(noted(settings, rapida.port))
    _welcome(settings, rapida.setup_code, rapida.address, show)


async def _supervise(settings: Settings, processes: int, until_the_end: ExitStack, show: bool) -> None:
    listening = until_the_end.enter_context(closing(listen(settings)))
    port: int = listening.getsockname()[1]
    supervisor = Supervisor(listening, processes)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.order_end)
    replacing = set[asyncio.Task[None]]()
    loop.add_signal_handler(signal.SIGHUP, lambda: replacing.add(loop.create_task(supervisor.replace_all())))
    code = await supervisor.start()
    until_the_end.enter_context(noted(settings, port))
    _welcome(settings, code, f"http://{settings.address(port)}", show)
    await supervisor.ended()


def _welcome(settings: Settings, setup_code: str | None, address: str, show: bool) -> None:
    page = address
    if setup_code is not None:
        page = f"{address}/welcome"
        if settings.setup_code is None:
            # Behind the #: a browser keeps it, and sends it to nobody.
            page += f"#{setup_code}"
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

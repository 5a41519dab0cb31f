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
from ..errors import ConfigurationError, RapidaError
from ..node.carriers import Carriers
from ..providers import outgoing
from ..server import listen
from ..settings import Settings, load
from ..supervisor.supervisor import Supervisor
from ..telemetry import log
from ..workspace import number_repointing
from . import local_store
from .addresses import noted
from .running import as_started
from .tunnel import opened

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
    tunnel: Annotated[
        str,
        typer.Option(
            metavar="AGENT",
            help="Get a public name for this run from an agent that is installed: ngrok or cloudflared.",
        ),
    ] = "",
    repoint_numbers: Annotated[
        bool,
        typer.Option(
            "--repoint-numbers",
            help="With --tunnel: let numbers that led to a line here at an earlier name ask the new one.",
        ),
    ] = False,
) -> None:
    """Serve calls, the API and the dashboard until told to end; calls in progress are let finish."""
    try:
        settings = load()
        log.configure()
        gc.freeze()
        with ExitStack() as until_the_end:
            if tunnel:
                settings = _tunnelled(settings, tunnel, until_the_end, repoint_numbers)
            elif repoint_numbers:
                raise ConfigurationError("--repoint-numbers goes with --tunnel, which gives the new name")
            if processes == 1:
                uvloop.run(
                    app.serve(settings, lambda rapida: _started(settings, rapida, until_the_end, show))
                )
            else:
                uvloop.run(_supervise(settings, processes, until_the_end, show))
    except RapidaError as wrong:
        typer.echo(f"rapida serve: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _tunnelled(settings: Settings, agent: str, until_the_end: ExitStack, repoint_numbers: bool) -> Settings:
    """The settings with the name that a tunnel gives. Raises `RapidaError`."""
    before = settings.public_host
    host = until_the_end.enter_context(opened(agent, settings.port))
    os.environ["PUBLIC_ASSISTANT_HOST"] = host  # for the processes that this one begins
    typer.echo(f"{agent} leads https://{host} here, until this program ends.", err=True)
    if repoint_numbers:
        # The earlier name leads nowhere any more, so that nothing is lost by doing it before we listen.
        asyncio.run(_repoint(load()))
    elif before != host:
        typer.echo(
            "No number was changed. What leads to another name is pointed here by\n"
            f"    {as_started()} numbers connect NUMBER --assistant ASSISTANT\n"
            "and all of them by --repoint-numbers.",
            err=True,
        )
    return load()


async def _repoint(settings: Settings) -> None:
    async with local_store.opened(settings) as node:
        carriers = Carriers(node.prover, settings.carrier_api_urls)
        outgoing.policy.allow(settings.allow_hosts)
        try:
            for each in await number_repointing.repoint(node, carriers):
                how = f"could not be pointed here: {each.error}" if each.error else "leads here now"
                typer.echo(f"{each.number} {how}", err=True)
        finally:
            await carriers.aclose()


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

"""`rapida demo`: its options, and what is begun before the platform is imported.

The models of voice and ear load in processes of their own, on another core, and need only their files. So
they are started first, and the rest of the demo (`demo_call.py`), whose import takes as long, is imported
meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from .. import stt, tts
from ..assistant import Assistant, Provider
from ..demo import front_desk
from ..errors import RapidaError
from ..providers.build import build
from ..providers.registry import Registry
from ..settings import Settings, load
from ..telemetry import log
from . import imported, sound_card
from .sound_card import SoundCard

INTERRUPTED = 130
"""The exit code of what a Ctrl-C has ended: 128 and the number of SIGINT."""
Begun = Sequence[tuple[str, Provider, asyncio.Task[Any]]]
"""Providers on their way: the family, what an assistant names, and its start."""


def demo(
    talk: Annotated[
        bool, typer.Option("--talk", help="Be the caller, by this machine's microphone and keys.")
    ] = False,
) -> None:
    """Ring the front desk with a simulated phone and show the call; without a terminal, exit with it."""
    try:
        settings = replace(load(), public_host=None, host="127.0.0.1")
        log.configure(level="warning")
        out = Console(highlight=False)
        if talk:
            # Opened first: a machine without sound is told so before anything has started.
            with sound_card.opened() as card:
                reached = uvloop.run(_demo(settings, out, card))
        else:
            reached = uvloop.run(_demo(settings, out))
    except RapidaError as wrong:
        typer.echo(f"rapida demo: {wrong}", err=True)
        raise typer.Exit(1) from wrong
    except KeyboardInterrupt:
        # The call was not over: the end of what stays up after it is an ordinary one.
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(0 if reached else 1)


async def _demo(settings: Settings, out: Console, card: SoundCard | None = None) -> bool:
    async with beginning(front_desk(0)) as begun:
        call = await asyncio.to_thread(imported, "demo_call")
        return await call.held(settings, out, card, begun)


@asynccontextmanager
async def beginning(assistant: Assistant) -> AsyncGenerator[Begun]:
    """The voice and the ear of an assistant, being started; whoever uses them learns if one fails."""
    begun: Begun = [
        (family.family, wanted, asyncio.create_task(_started(family, wanted)))
        for family, wanted in ((tts.CATALOGUE, assistant.tts), (stt.CATALOGUE, assistant.stt))
    ]
    try:
        yield begun
    finally:
        starting = [task for _, _, task in begun]
        for task in starting:
            task.cancel()
        ended = await asyncio.gather(*starting, return_exceptions=True)
        # Closed by the server already, unless it did not come so far.
        for provider in ended:
            if not isinstance(provider, BaseException):
                await provider.aclose()


async def _started(family: Registry[Any], wanted: Provider) -> Any:
    provider = build(family, wanted.name, wanted.options)
    await provider.start()
    return provider

"""How a command that works on the local installation runs, how it fails (one sentence, exit code 1), and how
a person would start another.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Coroutine
from typing import Any

import typer

from ..errors import RapidaError
from ..telemetry import log


def as_started() -> str:
    """How this `rapida` was started, for commands that a person is told to type: it may be on no PATH."""
    return shlex.quote(sys.argv[0])


def run(command: str, work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; what Rapida raises on purpose is told to the person."""
    log.configure(level="warning")
    try:
        asyncio.run(work)
    except RapidaError as wrong:
        typer.echo(f"rapida {command}: {wrong}", err=True)
        raise typer.Exit(1) from wrong

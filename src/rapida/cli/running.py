"""How a command that works on the local installation runs, and how it fails: one sentence, exit code 1."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import typer

from ..errors import RapidaError
from ..telemetry import log


def run(command: str, work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; what Rapida raises on purpose is told to the person."""
    log.configure(level="warning")
    try:
        asyncio.run(work)
    except RapidaError as wrong:
        typer.echo(f"rapida {command}: {wrong}", err=True)
        raise typer.Exit(1) from wrong

"""`rapida replay`: run a recorded call through the core again."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from ..errors import RapidaError
from ..replay import Difference, Replayed
from ..replay import replay as run
from ..settings import load
from ..telemetry import journal
from .local import assistant_version, journal_of


def replay(
    conversation: Annotated[int, typer.Argument(help="The conversation's id.")],
    version: Annotated[
        int | None, typer.Option(help="Replay with this version of the assistant instead of its own.")
    ] = None,
) -> None:
    """Replay a call from its journal; exits 1 if the same assistant decides differently."""
    try:
        settings = load()
        reading = journal.read(journal_of(settings, conversation))
        other = None
        if version is not None:
            other = assistant_version(settings, reading.head, version)
        shown = run(reading, other)
    except RapidaError as wrong:
        typer.echo(f"rapida replay: {wrong}", err=True)
        raise typer.Exit(1) from wrong
    typer.echo(_summary(shown))
    if shown.difference is not None:
        typer.echo(_explain(shown.difference))
        if version is None and reading.head.code_version != __version__:
            typer.echo(
                f"  The journal is of version {reading.head.code_version}, this is {__version__}: what is "
                "decided otherwise on purpose stands in CHANGELOG.md."
            )
        raise typer.Exit(1 if version is None else 0)


def _summary(shown: Replayed) -> str:
    same = "identical" if shown.difference is None else "identical up to the first difference"
    early = "; the journal ends before its call did" if shown.ends_early else ""
    return f"{shown.events} events replayed, {shown.commands} orders {same}{early}"


def _explain(difference: Difference) -> str:
    return (
        f"turn {difference.turn_id}, {difference.at_us / 1e6:.3f} s:\n"
        f"  recorded: {difference.recorded or 'nothing'}\n"
        f"  replayed: {difference.replayed or 'nothing'}"
    )

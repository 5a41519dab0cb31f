"""How commands show what the API answered: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from ..client import ApiError, Client
from ..errors import RapidaError
from .remote import server_and_key

JsonOption = Annotated[bool, typer.Option("--json", help="Print the server's answer instead of a table.")]
Columns = Mapping[str, Callable[[Any], object]]
"""Heading → what stands below it, of one row."""
NOTHING = "–"


@contextmanager
def asking(command: str, url: str, key: str) -> Generator[Client]:
    """The server's API. What it refuses is told to the person, with exit code 1."""
    try:
        server, whose = server_and_key(url, key)
        with Client(server, whose) as api:
            yield api
    except ApiError as refused:
        hint = ": start it with `rapida serve`, or name one with --url" if refused.status == 0 else ""
        typer.echo(f"rapida {command}: {refused}{hint}", err=True)
        raise typer.Exit(1) from refused
    except RapidaError as wrong:
        typer.echo(f"rapida {command}: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def as_json(answer: object) -> None:
    """Print an answer as the server gave it."""
    typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def table(rows: Iterable[object], columns: Columns) -> None:
    """Print rows below headings, each column as wide as it must be."""
    cells = [[name.upper() for name in columns]]
    cells += [[text(of(row)) for of in columns.values()] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    for row in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def listed(rows: Sequence[object], columns: Columns, is_json: bool) -> None:
    """Print a list the one way or the other."""
    if is_json:
        as_json(rows)
    else:
        table(rows, columns)


def text(value: object) -> str:
    """A value in a cell: times to the second, nothing as a dash."""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if value is None or value == "":
        return NOTHING
    return str(value)

"""`rapida keys`: API keys, without a browser. A key is shown once, on standard output alone."""

from __future__ import annotations

from typing import Annotated

import typer

from . import imported
from .running import run

app = typer.Typer(help="Create, list and revoke API keys, headless.", no_args_is_help=True)
ProjectOption = Annotated[int, typer.Option(help="The project's number; 0 = the first one.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    project: ProjectOption = 0,
    role: Annotated[str, typer.Option(help="viewer, editor or admin.")] = "editor",
    days: Annotated[int, typer.Option(help="Days until it expires; 0 = never.", min=0)] = 0,
) -> None:
    """Create a key and print it, this once."""
    run("keys", imported("stored_keys").create(name, project, role, days))


@app.command("list")
def list_keys(project: ProjectOption = 0) -> None:
    """Show a project's keys, without their secrets."""
    run("keys", imported("stored_keys").show_all(project))


@app.command()
def revoke(key: Annotated[int, typer.Argument(help="The key's number.")]) -> None:
    """End a key at once and for good."""
    run("keys", imported("stored_keys").revoke(key))

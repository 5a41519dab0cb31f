"""The `rapida` command. One file per command; each is one line in the table below.

A command's file is imported when the command is asked for: the platform takes a second to import, and a wrong
setting or a phone call need not wait for it.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

BEGAN_S = time.monotonic()
"""When this program began to run, the start of Python itself left out; what is imported below is not."""

import typer  # noqa: E402
from typer.core import TyperGroup  # noqa: E402
from typer.main import get_command  # noqa: E402

from ..settings import misspelt  # noqa: E402

COMMANDS = {
    "serve": "serve:serve",
    "demo": "demo:demo",
    "phone": "local:phone",
    "call": "call:call",
    "replay": "replay:replay",
    "users": "users:app",
    "keys": "keys:app",
    "vault": "vault:app",
}
"""Command → where it is in this folder: a function, or a `Typer` with commands of its own."""


class Commands(TyperGroup):
    """The table as a group of commands."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        found: Any = getattr(import_module(f".{module}", __name__), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(found)
            found = alone
        command = get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="rapida",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def rapida() -> None:
    """A self-hosted voice-AI telephone platform."""
    for odd in misspelt():
        typer.echo(f"rapida: {odd}", err=True)


def main() -> None:
    """The entry point."""
    app()

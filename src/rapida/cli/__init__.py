"""The `rapida` command. One file per command; each is one line in the table below.

A command's file is imported when the command is asked for: the platform takes a second to import, and a wrong
setting or a phone call need not wait for it.
"""

from __future__ import annotations

import gc
import os
import time
from importlib import import_module
from typing import Annotated, Any

BEGAN_S = time.monotonic()
"""When this program began to run, the start of Python itself left out; what is imported below is not."""

import typer  # noqa: E402
from typer.core import TyperCommand, TyperGroup  # noqa: E402
from typer.main import get_command  # noqa: E402

from .. import __version__  # noqa: E402
from ..settings import misspelt  # noqa: E402

COMMANDS = {
    "serve": ("serve:serve", "Serve calls and the API until told to end."),
    "demo": ("demo:demo", "Ring the front desk with a simulated phone and show the call."),
    "phone": ("local:phone", "Ring an assistant with a simulated Twilio phone."),
    "chat": ("chat:chat", "Talk to an assistant in writing, here."),
    "call": ("call:call", "Call somebody, and tell how it goes."),
    "doctor": ("doctor:doctor", "Say why calls do not come through, and what mends it."),
    "assistants": ("assistants:app", "Assistants as files: list, show, export and apply them."),
    "credentials": ("credentials:app", "Secrets for providers: keep, verify, replace them."),
    "numbers": ("numbers:app", "The account's telephone numbers: who answers where."),
    "calls": ("calls:app", "Calls in progress: list, follow and end them."),
    "conversations": ("conversations:app", "What was said: list, show, mark, export, delete."),
    "profile": ("profiles:app", "Servers elsewhere, by name: their addresses and keys."),
    "replay": ("replay:replay", "Replay a call from its journal."),
    "users": ("users:app", "Create and list users, give a new password."),
    "keys": ("keys:app", "Create, list and revoke API keys, headless."),
    "knowledge": ("knowledge:app", "Write, list, try and remove pages of facts."),
    "vault": ("vault:app", "Keys of the vault, and moving secrets to a new one."),
    "models": ("models:app", "List, compare and fetch the files of speech models."),
    "db": ("db:app", "Move the database to PostgreSQL, or back."),
    "backup": ("backup:backup", "Copy the data directory while servers go on."),
    "restore": ("restore:restore", "Put a backup in the place of a data directory."),
}
"""Command → its place in this folder (a function, or a `Typer` with commands of its own), and its summary."""


def imported(module: str) -> Any:
    """A file of this folder.

    What is imported stays: the garbage collector, which looks at it again and again while it grows, took an
    eighth of the time.
    """
    gc.disable()
    try:
        return import_module(f".{module}", __name__)
    finally:
        gc.freeze()
        gc.enable()


class Commands(TyperGroup):
    """The table as a group of commands."""

    listing = False
    """Whether only names and summaries are wanted: then nothing is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        place, summary = COMMANDS[cmd_name]
        if self.listing:
            return TyperCommand(cmd_name, help=summary)
        module, _, attribute = place.partition(":")
        found: Any = getattr(imported(module), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(found)
            found = alone
        command = get_command(found)
        command.name = cmd_name
        return command

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        self.listing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self.listing = False

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self.listing = False


app = typer.Typer(
    name="rapida",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rapida {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_tell_version)
]


Profile = Annotated[
    str, typer.Option(envvar="RAPIDA_PROFILE", help="Ask the server of this name (`rapida profile`).")
]


@app.callback()
def rapida(version: Version = False, profile: Profile = "") -> None:
    """A self-hosted voice-AI telephone platform."""
    del version  # told by its own callback
    if profile:
        os.environ["RAPIDA_PROFILE"] = profile  # where the command looks for it, whichever it is
    from ..telephony import CATALOGUE  # noqa: PLC0415 - most commands need it anyway, and --help does not

    for odd in misspelt(CATALOGUE):
        typer.echo(f"rapida: {odd}", err=True)


def main() -> None:
    """The entry point."""
    app()

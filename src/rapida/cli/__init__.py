"""The `rapida` command. One file per command; each is one line in the list below."""

from __future__ import annotations

import typer

from .demo import demo
from .keys import app as keys
from .local import demo_account
from .phone import phone_command
from .replay import replay
from .serve import serve
from .users import app as users
from .vault import app as vault

app = typer.Typer(
    name="rapida",
    help="A self-hosted voice-AI telephone platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(demo)
app.command("phone")(phone_command(demo_account))
app.command()(replay)
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")
app.add_typer(vault, name="vault")


def main() -> None:
    """The entry point."""
    app()

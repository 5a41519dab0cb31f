"""`rapida users`: people, without a browser. The first one created owns the installation."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import imported
from .running import run

app = typer.Typer(help="Create and list users, headless.", no_args_is_help=True)


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="Their address, with which they sign in.")],
    name: Annotated[str, typer.Option(help="Their name; the address if left out.")] = "",
    role: Annotated[
        str, typer.Option(help="viewer, editor, admin or owner; the first user always owns.")
    ] = "viewer",
    organization: Annotated[str, typer.Option(help="The organization's name, for the first user.")] = "",
    project: Annotated[str, typer.Option(help="The first project's name, for the first user.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Create a user. The first one becomes the owner, and gets an API key, shown once."""
    secret, work = _password(password_stdin), imported("stored_users")
    newcomer = work.NewUser(email, name or email, secret)
    run("users", work.create(newcomer, role, organization or "My organization", project or "My project"))


@app.command()
def password(
    email: Annotated[str, typer.Argument(help="The address of who forgot theirs.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Give a user a new password; wherever they are signed in, they are signed out."""
    secret = _password(password_stdin)
    run("users", imported("stored_users").reset_password(email, secret))


@app.command("list")
def list_users() -> None:
    """Show every member of the first organization."""
    run("users", imported("stored_users").show_all())


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))

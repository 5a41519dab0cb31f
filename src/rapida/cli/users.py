"""`rapida users`: people, without a browser. The first one created owns the installation."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import ConfigurationError
from ..node.node import Node
from ..settings import load
from ..store import tenants, users
from ..store.users import Role
from ..workspace.people import NewUser, People, SetupCode
from .local_store import opened
from .running import run

app = typer.Typer(help="Create and list users, headless.", no_args_is_help=True)
ACTOR = "cli"


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
    newcomer = NewUser(email, name or email, _password(password_stdin))
    run("users", _create(newcomer, role, organization or "My organization", project or "My project"))


@app.command()
def password(
    email: Annotated[str, typer.Argument(help="The address of who forgot theirs.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Give a user a new password; wherever they are signed in, they are signed out."""
    run("users", _reset(email, _password(password_stdin)))


@app.command("list")
def list_users() -> None:
    """Show every member of the first organization."""
    run("users", _list())


async def _create(newcomer: NewUser, role: str, organization: str, project: str) -> None:
    settings = load()
    async with opened(settings) as node:
        people = People(node.store, node.clock)
        if await people.owner_needed():
            owned = await people.set_up(newcomer, organization, project, ACTOR)
            SetupCode(settings.data_dir, settings.setup_code).spend()
            typer.echo(f"{owned.user.email} owns {organization!r}; project {owned.project.id}", err=True)
            typer.echo("The first API key, shown only now:", err=True)
            typer.echo(owned.key_token.text)
            return
        user = await people.add(newcomer, await _organization(node), _role(role), ACTOR)
        typer.echo(f"{user.email} is user {user.id}, {role}")


async def _reset(email: str, new: str) -> None:
    async with opened() as node:
        user = await People(node.store, node.clock).reset_password(email, new, ACTOR)
        typer.echo(f"{user.email} has a new password, and is signed out everywhere")


async def _list() -> None:
    async with opened() as node:
        organization_id = await _organization(node)
        async with node.store.read() as tx:
            found = await users.of_organization(tx, organization_id)
        for each in found:
            typer.echo(f"{each.user_id}\t{each.role}\t{each.email}\t{each.name}")


async def _organization(node: Node) -> int:
    async with node.store.read() as tx:
        project = await tenants.first_project(tx)
    if project is None:
        raise ConfigurationError("there is no organization yet: create the first user")
    return project.organization_id


def _role(text: str) -> Role:
    for role in users.ROLES:
        if role == text:
            return role
    raise ConfigurationError(f"{text!r} is no role; write {', '.join(users.ROLES)}")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))

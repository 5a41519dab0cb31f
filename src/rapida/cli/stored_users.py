"""What `rapida users` does: people in this machine's database. It imports the store, which takes a second."""

from __future__ import annotations

import typer

from ..errors import ConfigurationError
from ..node.node import Node
from ..settings import load
from ..store import tenants, users
from ..store.users import Role
from ..workspace.people import NewUser, People, SetupCode
from .local_store import opened

ACTOR = "cli"


async def create(newcomer: NewUser, role: str, organization: str, project: str) -> None:
    """Add a person; the first one owns the installation. Raises `RapidaError`."""
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


async def reset_password(email: str, new: str) -> None:
    """Give somebody a new password. Raises `RapidaError`."""
    async with opened() as node:
        user = await People(node.store, node.clock).reset_password(email, new, ACTOR)
        typer.echo(f"{user.email} has a new password, and is signed out everywhere")


async def show_all() -> None:
    """Print every member. Raises `RapidaError`."""
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

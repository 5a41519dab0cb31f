"""`rapida keys`: API keys, without a browser. A key is shown once, on standard output alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from ..errors import ConfigurationError, InvalidField, NotFound
from ..store import Transaction, api_keys, tenants
from ..store.tenants import Project
from ..store.users import Role
from ..workspace import api_key_changes
from ..workspace.actor import command_line
from .local_store import opened
from .running import run

app = typer.Typer(help="Create, list and revoke API keys, headless.", no_args_is_help=True)
ROLES: tuple[Role, ...] = ("viewer", "editor", "admin")
ProjectOption = Annotated[int, typer.Option(help="The project's number; 0 = the first one.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    project: ProjectOption = 0,
    role: Annotated[str, typer.Option(help="viewer, editor or admin.")] = "editor",
    days: Annotated[int, typer.Option(help="Days until it expires; 0 = never.", min=0)] = 0,
) -> None:
    """Create a key and print it, this once."""
    run("keys", _create(name, project, role, days))


@app.command("list")
def list_keys(project: ProjectOption = 0) -> None:
    """Show a project's keys, without their secrets."""
    run("keys", _list(project))


@app.command()
def revoke(key: Annotated[int, typer.Argument(help="The key's number.")]) -> None:
    """End a key at once and for good."""
    run("keys", _revoke(key))


async def _create(name: str, project: int, role: str, days: int) -> None:
    if not 1 <= len(name) <= 100:
        raise InvalidField("NAME", "it must have 1 to 100 characters")
    wanted = _role(role)
    async with opened() as node:
        async with node.store.read() as tx:
            owner = await project_of(tx, project)
        expires_at = node.clock() + timedelta(days=days) if days else None
        key, token = await api_key_changes.make(node, command_line(owner), name, wanted, expires_at)
        typer.echo(f"key {key.id} of project {owner.id}, {role}; shown only now:", err=True)
        typer.echo(token.text)


async def _list(project: int) -> None:
    async with opened() as node, node.store.read() as tx:
        for each in await api_keys.of_project(tx, (await project_of(tx, project)).id):
            state = "revoked" if each.revoked_at else f"last used {each.last_used_at or 'never'}"
            typer.echo(f"{each.id}\t{each.role}\t{each.prefix}…\t{each.name}\t{state}")


async def _revoke(key_id: int) -> None:
    async with opened() as node:
        async with node.store.read() as tx:
            owner = await tenants.project(tx, (await api_keys.find(tx, key_id)).project_id)
        await api_key_changes.revoke(node, command_line(owner), key_id)


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise ConfigurationError(f"{text!r} is no role of a key; write {', '.join(ROLES)}")


async def project_of(tx: Transaction, number: int) -> Project:
    """A project by its number; 0 = the first one. Raises `NotFound`."""
    if number:
        return await tenants.project(tx, number)
    found = await tenants.first_project(tx)
    if found is None:
        raise NotFound("project", "yet")
    return found

"""What `rapida keys` does: API keys in this machine's database. It imports the store, a second's work."""

from __future__ import annotations

from datetime import timedelta

import typer

from ..errors import ConfigurationError, InvalidField, NotFound
from ..store import Transaction, api_keys, tenants
from ..store.tenants import Project
from ..store.users import Role
from ..workspace import api_key_changes
from ..workspace.actor import command_line
from .local_store import opened

ROLES: tuple[Role, ...] = ("viewer", "editor", "admin")


async def create(name: str, project: int, role: str, days: int) -> None:
    """Make a key and print it. Raises `RapidaError`."""
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


async def show_all(project: int) -> None:
    """Print a project's keys. Raises `RapidaError`."""
    async with opened() as node, node.store.read() as tx:
        for each in await api_keys.of_project(tx, (await project_of(tx, project)).id):
            state = "revoked" if each.revoked_at else f"last used {each.last_used_at or 'never'}"
            typer.echo(f"{each.id}\t{each.role}\t{each.prefix}…\t{each.name}\t{state}")


async def revoke(key_id: int) -> None:
    """End a key. Raises `RapidaError`."""
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

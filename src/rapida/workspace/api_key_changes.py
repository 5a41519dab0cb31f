"""API keys as people change them: made and revoked, over HTTP or at the server's own terminal."""

from __future__ import annotations

from datetime import datetime

from ..errors import InvalidField
from ..node.node import Node
from ..store import api_keys
from ..store.api_keys import ApiKey, NewApiKey
from ..store.users import Role
from ..vault import tokens
from ..vault.tokens import Token
from .actor import Actor


async def make(
    node: Node, actor: Actor, name: str, role: Role, expires_at: datetime | None
) -> tuple[ApiKey, Token]:
    """A new key of the actor's project, and its secret, which is kept nowhere.

    Raises `NotAllowed` for a role above the actor's own, `InvalidField` for an end that has passed, and
    `StoreError`.
    """
    actor.must_be(role, "making such a key")
    now, token = node.clock(), tokens.new_api_key()
    if expires_at is not None and expires_at <= now:
        raise InvalidField("expires_at", "it must lie in the future")
    async with node.store.write() as tx:
        draft = NewApiKey(actor.project_id, name, role, expires_at)
        key = await api_keys.create(tx, draft, token.prefix, token.digest, now)
        await actor.note(tx, now, "api_key.create", f"api_key:{key.id}", role=role)
    return key, token


async def revoke(node: Node, actor: Actor, key_id: int) -> None:
    """End a key of the actor's project, at once and for good. Raises `NotFound` and `StoreError`."""
    now = node.clock()
    async with node.store.write() as tx:
        actor.owns((await api_keys.find(tx, key_id)).project_id, "API key", key_id)
        await api_keys.revoke(tx, key_id, now)
        await actor.note(tx, now, "api_key.revoke", f"api_key:{key_id}")

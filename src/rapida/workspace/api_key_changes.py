"""API keys as people change them: made and revoked, over HTTP or at the server's own terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..errors import InvalidField
from ..node.node import Node
from ..store import Transaction, api_keys
from ..store.api_keys import ApiKey, NewApiKey
from ..store.users import Role
from ..vault import tokens
from ..vault.tokens import Token
from .actor import Actor
from .etags import etag_of, must_match


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
        await actor.note(tx, now, "api_key.create", f"api_key:{key.id}", before=None, after=shown(key))
    return key, token


async def revoke(node: Node, actor: Actor, key_id: int, based_on: str | None = None) -> None:
    """End a key of the actor's project, at once and for good.

    Raises `NotFound`, `Stale` where `based_on` is not the key's ETag, and `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        old = await own(tx, actor, key_id)
        must_match(based_on, shown(old), "the key")
        await api_keys.revoke(tx, key_id, now)
        told = {"before": shown(old), "after": shown(await api_keys.find(tx, key_id))}
        await actor.note(tx, now, "api_key.revoke", f"api_key:{key_id}", **told)


async def own(tx: Transaction, actor: Actor, key_id: int) -> ApiKey:
    """A key of the actor's project. Raises `NotFound`."""
    key = await api_keys.find(tx, key_id)
    actor.owns(key.project_id, "API key", key_id)
    return key


def shown(key: ApiKey) -> dict[str, Any]:
    """What the audit has of a key: never more of the secret than its beginning."""
    return {
        "name": key.name,
        "prefix": key.prefix,
        "role": key.role,
        "expires_at": key.expires_at and key.expires_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }


def etag(key: ApiKey) -> str:
    """How a key stands; its last use is no change."""
    return etag_of(shown(key))

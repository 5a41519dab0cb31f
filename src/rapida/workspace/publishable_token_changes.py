"""Publishable tokens as people change them: made for one assistant and some pages, and revoked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from ..errors import InvalidField
from ..node.node import Node
from ..store import publishable_tokens
from ..store.publishable_tokens import NewPublishableToken, PublishableToken
from ..vault import tokens
from . import assistant_changes
from .actor import Actor

_ORIGIN: Final = re.compile(
    r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?"
    r"|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?"
)
"""As a browser tells it (RFC 6454, 6.2). No browser gives a microphone to plain http of another machine."""


async def make(
    node: Node, actor: Actor, assistant_id: int, name: str, origins: Sequence[str], calls_per_minute: int
) -> PublishableToken:
    """A new token of an assistant. Raises `NotFound`, `InvalidField` and `StoreError`."""
    known = [origin_of(each, f"origins.{index}") for index, each in enumerate(origins)]
    now = node.clock()
    async with node.store.write() as tx:
        owned = await assistant_changes.own(tx, actor, assistant_id)
        draft = NewPublishableToken(
            actor.project_id,
            owned.id,
            name,
            tokens.new_publishable(),
            list(dict.fromkeys(known)),
            calls_per_minute,
        )
        made = await publishable_tokens.create(tx, draft, now)
        subject = f"publishable_token:{made.id}"
        await actor.note(tx, now, "publishable_token.create", subject, before=None, after=shown(made))
    return made


async def revoke(node: Node, actor: Actor, token_id: int) -> None:
    """End a token of the actor's project, at once and for good. Raises `NotFound` and `StoreError`."""
    now = node.clock()
    async with node.store.write() as tx:
        found = await publishable_tokens.find(tx, token_id)
        actor.owns(found.project_id, "publishable token", token_id)
        await publishable_tokens.revoke(tx, token_id, now)
        after = shown(await publishable_tokens.find(tx, token_id))
        subject = f"publishable_token:{token_id}"
        await actor.note(tx, now, "publishable_token.revoke", subject, before=shown(found), after=after)


def shown(token: PublishableToken) -> dict[str, Any]:
    """A token as the audit has it."""
    revoked_at = token.revoked_at and token.revoked_at.isoformat()
    told = {name: getattr(token, name) for name in ("name", "assistant_id", "origins", "calls_per_minute")}
    return {**told, "revoked_at": revoked_at}


def origin_of(text: str, field: str) -> str:
    """An origin as a browser tells it. Raises `InvalidField`."""
    origin = text.strip().lower().removesuffix("/")
    origin = origin.removesuffix(":443") if origin.startswith("https:") else origin.removesuffix(":80")
    if not _ORIGIN.fullmatch(origin):
        raise InvalidField(
            field,
            "write where the page comes from, such as https://www.example.com: scheme, host and port, no "
            "path; http only for localhost",
        )
    return origin

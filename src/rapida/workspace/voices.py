"""The voices that a provider of speech offers, to this project's account where it has accounts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec

from .. import tts
from ..assistant import Provider
from ..errors import InvalidField, NotFound, UnknownName
from ..node.node import Node
from ..tts.base import ListedVoice
from . import catalogue
from .actor import Actor
from .drafts import credential_of


@dataclass(frozen=True)
class Voices:
    """What may be chosen. `option` is the provider's option that one is set in; empty = it has no list."""

    option: str
    listed: tuple[ListedVoice, ...]


async def of_provider(node: Node, actor: Actor, name: str, credential_id: int | None) -> Voices:
    """A provider's voices, asked of its vendor now.

    Raises `NotFound` for a provider that there is not, `InvalidField` and `NotFound` for a credential that
    cannot be its, and `ProviderError`, `VaultError` and `StoreError`.
    """
    try:
        declared = await asyncio.to_thread(catalogue.declaration, "tts", name)
    except UnknownName as unknown:
        raise NotFound("provider", name, f"there is {', '.join(unknown.known)}") from None
    if declared.missing:
        raise InvalidField("name", declared.missing)
    wanted = Provider(name, credential_id=credential_id)
    async with node.store.read() as tx:
        kept = await credential_of(tx, actor.project_id, "", declared, wanted)
    provider: Any = tts.CATALOGUE.load(name)
    if not hasattr(provider, "voices"):
        return Voices("", ())
    secret = None
    if kept is not None:
        secret = msgspec.convert(node.vault.open(kept.place, kept.sealed), declared.credential)
    base_url = None if kept is None else kept.base_url
    return Voices(provider.voice_option, await provider.voices(secret, base_url))

"""A sentence in a voice that somebody is choosing: heard by nobody else, and kept nowhere.

The voice is made for the sentence and closed behind it: a list is tried from its top to its end, and a
process for each voice would stay. One at a time is made, so that calls in progress keep their processor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from .. import fields
from ..assistant import Provider
from ..audio import wav
from ..errors import ProviderUnavailable, TooManyTries, refuse
from ..node.node import Node
from ..workspace import drafts, named_credentials
from ..workspace.actor import Actor
from .provider_cache import ProviderCache

WITHIN_S = 20.0
"""A local voice starts in two seconds, a vendor answers in one: what takes longer does not come."""
MOST_WAITING = 3
"""So many sentences may wait for their turn: some six seconds of a quick hand on a list."""
AGAIN_IN_S = 2
"""When there is room again: about what a sentence takes."""
_ULAW = wav.Format(encoding="ulaw")


class VoiceSamples:
    """Belongs to the event loop."""

    def __init__(self, node: Node, providers: ProviderCache) -> None:
        self._node = node
        self._providers = providers
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def say(self, actor: Actor, sent: Mapping[str, Any], text: str) -> bytes:
        """A text as a WAV file, mu-law 8 kHz: what a caller would hear. `sent` is an assistant's `tts`.

        Raises `InvalidField` and `NotFound` for a voice that no assistant could have either, `TooManyTries`
        when others wait already, and `ProviderError`, `VaultError` and `StoreError`.
        """
        voice = await self._checked(actor, sent)
        if self._waiting >= MOST_WAITING:
            raise TooManyTries("other voices are being tried just now", AGAIN_IN_S)
        self._waiting += 1
        try:
            async with self._turn, asyncio.timeout(WITHIN_S):
                ulaw = await self._spoken(voice, text)
        except TimeoutError:
            raise ProviderUnavailable(voice.name, f"it said nothing within {WITHIN_S:.0f} s") from None
        finally:
            self._waiting -= 1
        return wav.header(_ULAW, len(ulaw)) + ulaw

    async def _checked(self, actor: Actor, sent: Mapping[str, Any]) -> Provider:
        written, wrong = await named_credentials.resolved(self._node, actor, {"tts": sent})
        refuse([*wrong, *fields.problems(Provider, written["tts"], "tts")])
        voice = msgspec.convert(written["tts"], Provider)
        async with self._node.store.read() as tx:
            await drafts.part(tx, actor.project_id, "tts", "tts", voice)
        return voice

    async def _spoken(self, voice: Provider, text: str) -> bytes:
        speaker = await self._providers.voice(voice)
        try:
            return b"".join([sound.ulaw async for sound in speaker.synthesize(text)])
        finally:
            await speaker.aclose()

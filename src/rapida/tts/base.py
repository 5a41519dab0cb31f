"""Text to speech: one sentence in, mu-law 8 kHz out.

`TextToSpeech` is one per server process and configuration. A synthesis is an async iterator; closing it
cancels the work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from ..call.events import WordTiming


class Sound(Struct, frozen=True):
    """A piece of speech: mu-law 8 kHz mono, any length, and the words that it completes (if told)."""

    ulaw: bytes
    words: tuple[WordTiming, ...] = ()


class ListedVoice(Struct, frozen=True):
    """A voice that somebody may choose."""

    id: str
    """What the provider's option of the voice is set to (`voice_option` names that option)."""
    name: str
    """What people call it."""
    language: str = ""
    """BCP 47; empty = several, or not told."""
    description: str = ""
    """In the provider's own words."""


class TextToSpeech(Protocol):
    """A voice shared by all calls that use this configuration."""

    async def start(self) -> None:
        """Start workers or check the configuration. Raises `ConfigurationError` or `ProviderError`."""
        ...

    async def aclose(self) -> None: ...

    def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """Speak one segment. Raises `ProviderRefused` or `ProviderUnavailable`."""
        ...

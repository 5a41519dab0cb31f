"""Greetings made ready while the stream is still on its way: from the webhook to the first asking.

A voice takes a few hundred milliseconds for its first sound, and the carrier about as long for its stream.
What was made ready waits by the call's context; asked for exactly that sentence, the call's voice gives it at
once. A greeting that failed is spoken anew when the call asks for it, and only there does a failure count.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import cast
from uuid import UUID

import structlog

from ..engine.runner import Providers
from ..errors import OURSELVES, ProviderError, ProviderUnavailable
from ..text.audible import audible
from ..tts.base import Sound, TextToSpeech

_log = structlog.get_logger(__name__)


class Greetings:
    """The sentences in preparation, by the context of their call. Belongs to the event loop."""

    def __init__(self) -> None:
        self._ready: dict[UUID, Ahead] = {}

    def prepare(self, context_id: UUID, voice: TextToSpeech, text: str) -> None:
        """Begin to speak `text`, if there is any."""
        if text:
            self.drop(context_id)
            self._ready[context_id] = Ahead(voice, audible(text) or text)  # as the call will ask for it

    def given(self, context_id: UUID, providers: Providers) -> Providers:
        """The call's providers, their voice with the greeting ready if there is one."""
        ahead = self._ready.get(context_id)
        return providers if ahead is None else replace(providers, tts=ahead)

    def drop(self, context_id: UUID) -> None:
        """The stream will not come, or the call is over."""
        if (ahead := self._ready.pop(context_id, None)) is not None:
            ahead.cancel()


class Ahead:
    """A `TextToSpeech` that has begun one sentence before it is asked; everything else is its voice's."""

    def __init__(self, voice: TextToSpeech, text: str) -> None:
        self._voice = voice
        self._text = text
        self._pieces: asyncio.Queue[Sound | ProviderError | None] = asyncio.Queue()
        """What was spoken; None = the whole sentence was, an error = it could not."""
        self._speaking = asyncio.create_task(self._speak(text))

    async def start(self) -> None:
        """The voice is started already."""

    async def aclose(self) -> None:
        """The voice is shared and closed by its owner."""
        self.cancel()

    def cancel(self) -> None:
        """Nobody will ask."""
        self._speaking.cancel()

    async def _speak(self, text: str) -> None:
        try:
            async with aclosing(self._voiced(text)) as sounds:
                async for sound in sounds:
                    self._pieces.put_nowait(sound)
        except ProviderError as failed:
            self._pieces.put_nowait(failed)
        except Exception as bug:  # noqa: BLE001
            # Nothing awaits this task, and the call that asks for the sentence must not wait for ever.
            _log.exception("greeting_broken")
            self._pieces.put_nowait(ProviderUnavailable(OURSELVES, f"a bug: {type(bug).__name__}"))
        else:
            self._pieces.put_nowait(None)

    def _voiced(self, text: str) -> AsyncGenerator[Sound, None]:
        # A voice is written as an async generator, and closing it is what cancels its request.
        return cast("AsyncGenerator[Sound, None]", self._voice.synthesize(text))

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """Speak one segment, the one that is ready from where it was kept. Raises as the voice does."""
        if text == self._text:
            self._text = ""  # given away once; asked again, it is spoken again
            said = False
            try:
                while isinstance(piece := await self._pieces.get(), Sound):
                    said = True
                    yield piece
            finally:
                self._speaking.cancel()
            if piece is None:
                return
            if said:
                raise piece
        async with aclosing(self._voiced(text)) as sounds:
            async for sound in sounds:
                yield sound

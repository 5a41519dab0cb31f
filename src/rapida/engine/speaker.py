"""The shell around the voice: segments become sound one after the other and go to the pacer.

One segment is in work at a time, so its sound lies behind that of the segment before it; synthesis runs far
ahead of the ear, so nothing waits for that. Each segment is padded to a whole millisecond, so that positions
counted in bytes and in milliseconds agree exactly.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from ..audio.g711 import SAMPLES_PER_MS, SILENCE
from ..call.commands import CancelSynthesis, FinishUtterance, StartSynthesis
from ..call.events import (
    Event,
    SynthesisBegan,
    SynthesisEnded,
    SynthesisFailed,
    SynthesisProgressed,
    WordTiming,
)
from ..errors import ProviderError
from ..tts.base import Sound, TextToSpeech
from .pacer import Pacer
from .tasks import Spawn

PROGRESS_EVERY_S = 1.0
"""How often the core learns how much of a sentence has been synthesised: it waits seconds for that, not
less."""


class Speaker:
    """Runs the syntheses of one call; `emit` gets their events in order."""

    def __init__(
        self, voice: TextToSpeech, pacer: Pacer, emit: Callable[[Event], None], spawn: Spawn
    ) -> None:
        self._voice = voice
        self._pacer = pacer
        self._emit = emit
        self._spawn = spawn
        self._waiting: deque[StartSynthesis | FinishUtterance] = deque()
        self._segment_id = 0
        self._failed_id = 0
        """The segment that failed last: nothing follows it before the core has said what becomes of it."""
        self._task: asyncio.Task[None] | None = None
        self.characters = 0

    def start(self, order: StartSynthesis) -> None:
        """Speak a segment behind all others; its utterance keeps its place among the utterances."""
        self._pacer.open(order.utterance_id)
        # A segment spoken again makes void what was said to be the end before it.
        self._waiting = deque(
            other
            for other in self._waiting
            if not (isinstance(other, FinishUtterance) and other.utterance_id == order.utterance_id)
        )
        self._then(order)

    def finish(self, order: FinishUtterance) -> None:
        """Tell the pacer that an utterance is whole, once the sound of all its segments is there."""
        self._then(order)

    def _then(self, order: StartSynthesis | FinishUtterance) -> None:
        self._waiting.append(order)
        if self._task is None:
            self._next()

    def clear(self) -> None:
        """Everything still to be spoken or finished is void."""
        self._waiting.clear()
        self._failed_id = 0

    def cancel(self, order: CancelSynthesis) -> None:
        """Drop a segment; what it gave the pacer is the pacer's to drop."""
        if order.segment_id == self._failed_id:
            self._failed_id = 0
        elif order.segment_id == self._segment_id and self._task is not None:
            self._segment_id = 0
            self._task.cancel()
        else:
            self._waiting = deque(
                s for s in self._waiting if isinstance(s, FinishUtterance) or s.segment_id != order.segment_id
            )
        self._pacer.drop_segment(order.segment_id)

    def _next(self) -> None:
        self._task, self._segment_id = None, 0
        while self._waiting and self._task is None and not self._failed_id:
            order = self._waiting.popleft()
            if isinstance(order, FinishUtterance):
                self._pacer.finish(order.utterance_id)
            else:
                self._segment_id = order.segment_id
                self._task = self._spawn(self._run(order))
                self._task.add_done_callback(lambda _: self._next())

    async def _run(self, order: StartSynthesis) -> None:
        segment_id, length, words = order.segment_id, 0, list[WordTiming]()
        loop = asyncio.get_running_loop()
        told_at = loop.time()
        self.characters += len(order.text)
        stream = self._voice.synthesize(order.text)
        try:
            # A voice is written as an async generator, and closing it is what cancels its request.
            async with aclosing(cast("AsyncGenerator[Sound, None]", stream)):
                async for sound in stream:
                    if not length and sound.ulaw:
                        self._emit(SynthesisBegan(segment_id))
                    elif loop.time() - told_at >= PROGRESS_EVERY_S:
                        told_at = loop.time()
                        self._emit(SynthesisProgressed(segment_id))
                    length += len(sound.ulaw)
                    words += sound.words
                    self._pacer.enqueue(order.utterance_id, segment_id, sound.ulaw)
        except ProviderError as failed:
            self._failed_id = self._segment_id
            self._emit(SynthesisFailed(segment_id, str(failed), failed.retryable, failed.provider))
        else:
            padding = SILENCE * (-length % SAMPLES_PER_MS)
            if padding:
                self._pacer.enqueue(order.utterance_id, segment_id, padding)
            duration_ms = (length + len(padding)) // SAMPLES_PER_MS
            self._emit(SynthesisEnded(segment_id, duration_ms, tuple(words)))

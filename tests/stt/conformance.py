"""What every recogniser must do, whoever makes it: suites that each provider's test file runs.

A provider's test subclasses `SttConformance` (or `SttHearsSound`, if it truly listens), and gives two
fixtures: `recogniser`, a *started* `SpeechToText`, and `spoken`, speech it ought to understand. Nothing here
knows a provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from rapida.call.commands import FinishTranscription
from rapida.call.events import (
    Question,
    TranscriptChanged,
    TranscriptFinal,
    TranscriptionFailed,
    TranscriptionFinished,
    TranscriptionRefused,
)
from rapida.stt.base import Heard, SpeechToText, Transcriber

BYTES_PER_MS = 8
CHUNK_MS = 100
ULAW_SILENCE = b"\xff"
LEAD_MS = 500
"""Silence before and after the speech that a call feeds."""


@dataclass(frozen=True)
class Spoken:
    """Speech, the words in it, and the question it answers."""

    ulaw: bytes
    text: str
    question: Question = field(default_factory=Question)

    @property
    def duration_ms(self) -> int:
        return len(self.ulaw) // BYTES_PER_MS


class Caller:
    """One call as a recogniser meets it: sound goes in by position, what was heard is kept in order."""

    def __init__(self, recogniser: SpeechToText, *, position_ms: int = 0) -> None:
        self.heard: list[Heard] = []
        self.position_ms = position_ms
        self._changed = asyncio.Event()
        self._last_id = 0
        self.transcriber: Transcriber = recogniser.transcriber(self._emit, language="en-US")

    def _emit(self, event: Heard) -> None:
        self.heard.append(event)
        self._changed.set()

    def sends(self, ulaw: bytes) -> None:
        for at in range(0, len(ulaw), CHUNK_MS * BYTES_PER_MS):
            chunk = ulaw[at : at + CHUNK_MS * BYTES_PER_MS]
            self.transcriber.feed(self.position_ms, chunk)
            self.position_ms += len(chunk) // BYTES_PER_MS

    def is_silent(self, for_ms: int) -> None:
        self.sends(ULAW_SILENCE * (for_ms * BYTES_PER_MS))

    def finishes(self, start_ms: int, question: Question) -> int:
        """Ask for the finals of the sound from `start_ms` to here; the id of the request."""
        self._last_id += 1
        self.transcriber.finish(FinishTranscription(self._last_id, start_ms, self.position_ms, question))
        return self._last_id

    def says(self, spoken: Spoken) -> int:
        """Silence, the speech, the request, silence; the id of the request."""
        self.is_silent(LEAD_MS)
        start_ms = self.position_ms
        self.sends(spoken.ulaw)
        request = self.finishes(start_ms, spoken.question)
        self.is_silent(LEAD_MS)
        return request

    async def until(self, done: Callable[[list[Heard]], bool], within_s: float = 120) -> None:
        async with asyncio.timeout(within_s):
            while not done(self.heard):
                self._changed.clear()
                await self._changed.wait()

    async def until_answered(self, request: int) -> None:
        await self.until(lambda heard: request in answered(heard))


def answered(heard: list[Heard]) -> list[int]:
    """The requests that are over, in order."""
    return [
        event.transcription_id
        for event in heard
        if isinstance(event, TranscriptionFinished | TranscriptionRefused)
    ]


def finals(heard: list[Heard]) -> list[TranscriptFinal]:
    return [event for event in heard if isinstance(event, TranscriptFinal)]


def said(heard: list[Heard]) -> str:
    """The words of all finals, lower case, without punctuation."""
    text = " ".join(final.text for final in finals(heard)).lower()
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


@asynccontextmanager
async def calling(recogniser: SpeechToText, *, position_ms: int = 0) -> AsyncIterator[Caller]:
    """A call whose transcriber runs; cancelled at the end, as a call does."""
    caller = Caller(recogniser, position_ms=position_ms)
    running = asyncio.create_task(_run(caller.transcriber))
    await asyncio.sleep(0)  # it has begun before anybody speaks, as in a call
    try:
        yield caller
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _run(transcriber: Transcriber) -> None:
    await transcriber.run()


class SttConformance:
    """Subclass it as `Test…`, with fixtures `recogniser` and `spoken`."""

    @pytest.fixture
    async def recogniser(self) -> SpeechToText:
        raise AssertionError("the subclass gives the recogniser")

    @pytest.fixture
    def spoken(self) -> Spoken:
        raise AssertionError("the subclass gives the speech")

    async def test_speech_is_answered_with_its_words_and_then_the_end(
        self, recogniser: SpeechToText, spoken: Spoken
    ) -> None:
        async with calling(recogniser) as caller:
            request = caller.says(spoken)
            await caller.until_answered(request)
            assert said(caller.heard) == said([TranscriptFinal(spoken.text, 0, 0)])
            assert caller.heard[-1] == TranscriptionFinished(request)

    async def test_finals_lie_where_the_speech_was(self, recogniser: SpeechToText, spoken: Spoken) -> None:
        begins_at_ms = 40_000
        async with calling(recogniser, position_ms=begins_at_ms) as caller:
            await caller.until_answered(caller.says(spoken))
            speech_ms = begins_at_ms + LEAD_MS
            for final in finals(caller.heard):
                assert speech_ms - LEAD_MS <= final.start_ms < final.end_ms
                assert final.end_ms <= speech_ms + spoken.duration_ms + LEAD_MS
                assert 0 <= final.confidence <= 1

    async def test_each_request_is_answered_once_and_in_order(
        self, recogniser: SpeechToText, spoken: Spoken
    ) -> None:
        async with calling(recogniser) as caller:
            first = caller.says(spoken)
            await caller.until_answered(first)
            second = caller.says(spoken)
            await caller.until_answered(second)
            assert answered(caller.heard) == [first, second]

    async def test_calls_do_not_hear_each_other(self, recogniser: SpeechToText, spoken: Spoken) -> None:
        async with calling(recogniser) as one, calling(recogniser) as other:
            request = one.says(spoken)
            other.is_silent(1000)
            await one.until_answered(request)
            assert finals(other.heard) == []
            assert answered(other.heard) == []

    async def test_interims_come_only_from_one_that_gives_them(
        self, recogniser: SpeechToText, spoken: Spoken
    ) -> None:
        async with calling(recogniser) as caller:
            await caller.until_answered(caller.says(spoken))
            interims = [event for event in caller.heard if isinstance(event, TranscriptChanged)]
            assert bool(interims) == recogniser.interims

    async def test_it_says_how_long_a_final_may_take(self, recogniser: SpeechToText) -> None:
        assert 0 <= recogniser.final_ms <= 10_000

    async def test_the_end_of_one_call_leaves_the_next_usable(
        self, recogniser: SpeechToText, spoken: Spoken
    ) -> None:
        async with calling(recogniser) as caller:
            caller.says(spoken)
        async with calling(recogniser) as caller:
            request = caller.says(spoken)
            await caller.until_answered(request)
            assert answered(caller.heard) == [request]
            assert not any(isinstance(event, TranscriptionFailed) for event in caller.heard)

    async def test_it_may_be_closed_twice(self, recogniser: SpeechToText) -> None:
        await recogniser.aclose()
        await recogniser.aclose()


class SttHearsSound(SttConformance):
    """For recognisers whose answers come from the sound itself."""

    async def test_silence_has_no_words(self, recogniser: SpeechToText, spoken: Spoken) -> None:
        async with calling(recogniser) as caller:
            caller.is_silent(LEAD_MS)
            start_ms = caller.position_ms
            caller.is_silent(1000)
            await caller.until_answered(caller.finishes(start_ms, spoken.question))
            assert said(caller.heard) == ""

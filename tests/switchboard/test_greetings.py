"""Greetings made ready between the webhook and the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from rapida.engine.runner import Providers
from rapida.errors import ProviderUnavailable
from rapida.llm.scripted import ScriptedModel, ScriptedOptions
from rapida.stt.scripted import ScriptedStt
from rapida.switchboard.greetings import Greetings
from rapida.tts.base import Sound, TextToSpeech
from rapida.vad.energy import Energy

HELLO = "Hello and welcome."


class Voice:
    """Speaks a text letter by letter; remembers what was asked, and what was broken off."""

    def __init__(self, *, fails_after: int | None = None, failure: Exception | None = None) -> None:
        self.failure = failure or ProviderUnavailable("voice", "it is away")
        self.asked: list[str] = []
        self.closed: list[str] = []
        self.fails_after = fails_after
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def start(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        self.asked.append(text)
        try:
            for at, letter in enumerate(text):
                await self.go_on.wait()
                if at == self.fails_after:
                    self.fails_after = None
                    raise self.failure
                yield Sound(letter.encode())
        finally:
            self.closed.append(text)


def providers(voice: TextToSpeech) -> Providers:
    mind = ScriptedModel(ScriptedOptions(()))
    return Providers(ScriptedStt(ScriptedStt.Options()), mind.brain("", {}), voice, Energy())


async def said(voice: TextToSpeech, text: str) -> str:
    return b"".join([sound.ulaw async for sound in voice.synthesize(text)]).decode()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def context() -> UUID:
    return uuid4()


async def test_the_greeting_is_spoken_before_it_is_asked_for_and_only_once(context: UUID) -> None:
    voice, greetings = Voice(), Greetings()
    greetings.prepare(context, voice, HELLO)
    await settled()
    assert (voice.asked, voice.closed) == ([HELLO], [HELLO])
    given = greetings.given(context, providers(voice))
    assert await said(given.tts, HELLO) == HELLO
    assert voice.asked == [HELLO]


async def test_whatever_else_is_said_is_the_voices_own(context: UUID) -> None:
    voice, greetings = Voice(), Greetings()
    greetings.prepare(context, voice, HELLO)
    tts = greetings.given(context, providers(voice)).tts
    assert await said(tts, "Another thing.") == "Another thing."
    assert await said(tts, HELLO) == HELLO
    assert await said(tts, HELLO) == HELLO
    assert sorted(voice.asked) == sorted([HELLO, HELLO, "Another thing."])


async def test_a_greeting_still_in_the_making_comes_as_it_is_made(context: UUID) -> None:
    voice, greetings = Voice(), Greetings()
    voice.go_on.clear()
    greetings.prepare(context, voice, HELLO)
    await settled()
    hearing = asyncio.create_task(said(greetings.given(context, providers(voice)).tts, HELLO))
    await settled()
    assert not hearing.done()
    voice.go_on.set()
    assert await hearing == HELLO


async def test_one_that_failed_in_time_is_spoken_anew(context: UUID) -> None:
    voice, greetings = Voice(fails_after=0), Greetings()
    greetings.prepare(context, voice, HELLO)
    await settled()
    assert await said(greetings.given(context, providers(voice)).tts, HELLO) == HELLO
    assert voice.asked == [HELLO, HELLO]


async def test_one_that_breaks_off_in_the_middle_fails_the_call_that_has_begun_to_hear_it(
    context: UUID,
) -> None:
    voice, greetings = Voice(fails_after=3), Greetings()
    greetings.prepare(context, voice, HELLO)
    with pytest.raises(ProviderUnavailable):
        await said(greetings.given(context, providers(voice)).tts, HELLO)


async def test_one_that_a_bug_broke_is_spoken_anew_and_the_bug_is_logged(
    context: UUID,
) -> None:
    voice, greetings = Voice(fails_after=0, failure=KeyError("sk-secret")), Greetings()
    with capture_logs() as logged:
        greetings.prepare(context, voice, HELLO)
        await settled()
    async with asyncio.timeout(20):
        assert await said(greetings.given(context, providers(voice)).tts, HELLO) == HELLO
    assert voice.asked == [HELLO, HELLO]
    assert [line["event"] for line in logged] == ["greeting_broken"]


async def test_one_that_a_bug_broke_off_in_the_middle_fails_as_a_provider_does_and_does_not_hang(
    context: UUID,
) -> None:
    voice, greetings = Voice(fails_after=3, failure=KeyError("sk-secret")), Greetings()
    greetings.prepare(context, voice, HELLO)
    async with asyncio.timeout(20):
        with pytest.raises(ProviderUnavailable) as failed:
            await said(greetings.given(context, providers(voice)).tts, HELLO)
    assert str(failed.value) == "rapida: a bug: KeyError", (
        "the kind alone: its text may hold what must not be told"
    )


async def test_a_call_that_never_comes_ends_the_synthesis(context: UUID) -> None:
    voice, greetings = Voice(), Greetings()
    voice.go_on.clear()
    greetings.prepare(context, voice, HELLO)
    await settled()
    greetings.drop(context)
    await settled()
    assert voice.closed == [HELLO]
    untouched = providers(voice)
    assert greetings.given(context, untouched) == replace(untouched)


async def test_without_a_greeting_nothing_is_prepared(context: UUID) -> None:
    voice, greetings = Voice(), Greetings()
    greetings.prepare(context, voice, "")
    await settled()
    assert voice.asked == []

"""What every voice must do, whoever makes it: one suite that each provider's test file runs.

A provider's test subclasses `VoiceConformance`, gives a fixture `voice` that yields a *started* voice, and
says with `tells_words` whether it gives word timings. Nothing here knows a provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from rapida.call.events import WordTiming
from rapida.errors import ProviderError
from rapida.tts.base import Sound, TextToSpeech

SENTENCE = "Good morning, you have reached the front desk."
OTHER = "Please hold the line."
BYTES_PER_MS = 8


async def speak(voice: TextToSpeech, text: str) -> list[Sound]:
    """Every piece of `text`, in order; fails instead of hanging."""
    async with asyncio.timeout(120):
        return [piece async for piece in voice.synthesize(text)]


def duration_ms(pieces: list[Sound]) -> float:
    return sum(len(piece.ulaw) for piece in pieces) / BYTES_PER_MS


def words_of(pieces: list[Sound]) -> list[WordTiming]:
    return [word for piece in pieces for word in piece.words]


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


class VoiceConformance:
    """Subclass it as `Test…`, with a fixture `voice`."""

    tells_words = True
    """Whether the voice gives word timings."""

    @pytest.fixture
    async def voice(self) -> TextToSpeech:
        raise AssertionError("the subclass gives the voice")

    async def test_a_sentence_becomes_mu_law_sound_of_a_speakable_length(self, voice: TextToSpeech) -> None:
        pieces = await speak(voice, SENTENCE)
        assert pieces
        assert all(isinstance(piece.ulaw, bytes) for piece in pieces)
        assert 800 <= duration_ms(pieces) <= 10_000

    async def test_a_longer_text_takes_longer(self, voice: TextToSpeech) -> None:
        short = duration_ms(await speak(voice, "Yes."))
        assert duration_ms(await speak(voice, f"{SENTENCE} {OTHER}")) > 1.5 * short

    async def test_the_words_are_those_of_the_text_in_order_and_inside_the_sound(
        self, voice: TextToSpeech
    ) -> None:
        pieces = await speak(voice, SENTENCE)
        words = words_of(pieces)
        if not self.tells_words:
            assert words == []
            return
        assert letters("".join(word.word for word in words)) == letters(SENTENCE)
        starts = [word.start_ms for word in words]
        assert starts == sorted(starts)
        assert all(0 <= word.start_ms <= word.end_ms for word in words)
        assert words[-1].end_ms <= duration_ms(pieces) + 1

    async def test_the_words_are_spread_over_the_sound(self, voice: TextToSpeech) -> None:
        pieces = await speak(voice, SENTENCE)
        words = words_of(pieces)
        if not self.tells_words:
            assert words == []
            return
        assert words[0].start_ms < 0.25 * duration_ms(pieces)
        assert words[-1].start_ms > 0.5 * duration_ms(pieces)

    async def test_sentences_spoken_at_once_do_not_mix(self, voice: TextToSpeech) -> None:
        alone = [duration_ms(await speak(voice, text)) for text in (SENTENCE, OTHER)]
        together = await asyncio.gather(*(speak(voice, text) for text in (SENTENCE, OTHER) * 3))
        assert [duration_ms(pieces) for pieces in together] == pytest.approx(alone * 3, rel=0.05)
        if self.tells_words:
            for text, pieces in zip((SENTENCE, OTHER) * 3, together, strict=True):
                assert letters("".join(word.word for word in words_of(pieces))) == letters(text)

    async def test_a_synthesis_closed_early_leaves_the_voice_usable(self, voice: TextToSpeech) -> None:
        synthesis = voice.synthesize(SENTENCE)
        assert isinstance(synthesis, AsyncGenerator)
        async with asyncio.timeout(120), aclosing(synthesis) as pieces:
            async for _ in pieces:
                break
        assert await speak(voice, OTHER)

    async def test_a_synthesis_cancelled_while_it_waits_leaves_the_voice_usable(
        self, voice: TextToSpeech
    ) -> None:
        tasks = [asyncio.create_task(speak(voice, SENTENCE)) for _ in range(4)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError | list) for result in results)
        assert await speak(voice, OTHER)

    async def test_a_text_with_nothing_to_say_gives_no_error_and_no_words(self, voice: TextToSpeech) -> None:
        pieces = await speak(voice, "  ")
        assert words_of(pieces) == []
        assert duration_ms(pieces) < 500

    async def test_a_closed_voice_refuses_and_may_be_closed_again(self, voice: TextToSpeech) -> None:
        await voice.aclose()
        with pytest.raises(ProviderError):
            await speak(voice, OTHER)
        await voice.aclose()

"""The voice of tests and benchmarks: every voice's conformance, and the same sound every time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rapida.audio.g711 import SILENCE, level_db
from rapida.call.events import WordTiming
from rapida.errors import ConfigurationError
from rapida.providers.build import build
from rapida.tts import CATALOGUE
from rapida.tts.base import TextToSpeech
from rapida.tts.tone import Tone

from .conformance import BYTES_PER_MS, SENTENCE, VoiceConformance, duration_ms, speak, words_of


class TestTone(VoiceConformance):
    @pytest.fixture
    async def voice(self) -> AsyncIterator[TextToSpeech]:
        made = build(CATALOGUE, "tone", {})
        await made.start()
        yield made
        await made.aclose()


async def spoken_with(text: str, **options: Any) -> list[Any]:
    voice = Tone(Tone.Options(**options))
    await voice.start()
    return await speak(voice, text)


async def test_a_text_lasts_as_long_as_it_has_characters() -> None:
    assert duration_ms(await spoken_with("four words are here", ms_per_character=50)) == 19 * 50


async def test_words_begin_where_their_letters_stand() -> None:
    words = words_of(await spoken_with("a  bc def", ms_per_character=10))
    assert words == [WordTiming("a", 0, 30), WordTiming("bc", 30, 60), WordTiming("def", 60, 90)]


async def test_the_same_text_is_always_the_same_sound() -> None:
    assert await spoken_with(SENTENCE) == await spoken_with(SENTENCE)


async def test_each_word_sounds_and_ends_in_silence() -> None:
    pieces = await spoken_with("one two", ms_per_character=100, level_db=-20.0)
    sound = b"".join(piece.ulaw for piece in pieces)
    assert level_db(sound[: 300 * BYTES_PER_MS]) == pytest.approx(-20, abs=0.5)
    assert set(sound[345 * BYTES_PER_MS : 400 * BYTES_PER_MS]) == set(SILENCE)


async def test_every_piece_but_the_last_has_the_length_asked_for() -> None:
    pieces = await spoken_with(SENTENCE, piece_ms=70)
    assert {len(piece.ulaw) for piece in pieces[:-1]} == {70 * BYTES_PER_MS}
    assert [word.word for word in words_of(pieces)] == SENTENCE.split()


async def test_without_latency_it_never_gives_up_the_loop() -> None:
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "ran")
    voice = Tone(Tone.Options())
    await voice.start()
    assert [piece async for piece in voice.synthesize(SENTENCE)]
    assert others == []


async def test_with_latency_it_does() -> None:
    others: list[str] = []
    voice = Tone(Tone.Options(latency_ms=1))
    await voice.start()
    asyncio.get_running_loop().call_soon(others.append, "ran")
    assert [piece async for piece in voice.synthesize(SENTENCE)]
    assert others == ["ran"]


@pytest.mark.parametrize("options", [{"ms_per_character": 0}, {"frequency_hz": 5000}, {"pitch": 1}])
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(CATALOGUE, "tone", options)

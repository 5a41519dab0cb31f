"""The local voice: the conformance of every voice, then its timings, loudness and bad configuration."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rapida.audio.g711 import level_db
from rapida.errors import ConfigurationError, ExtraMissing, ProviderUnavailable
from rapida.providers.build import build
from rapida.tts import CATALOGUE, espeak_voices
from rapida.tts.base import TextToSpeech
from rapida.tts.espeak import Espeak
from rapida.tts.sound_pieces import PIECE_MS
from tests.text.written_and_said import OTHERS
from tests.workers.pools import at_work

from .conformance import BYTES_PER_MS, SENTENCE, VoiceConformance, duration_ms, speak, words_of


@pytest.fixture
async def voice() -> AsyncIterator[TextToSpeech]:
    made = build(CATALOGUE, "espeak", {})
    await made.start()
    yield made
    await made.aclose()


class TestEspeak(VoiceConformance):
    @pytest.fixture
    async def voice(self) -> AsyncIterator[TextToSpeech]:
        made = build(CATALOGUE, "espeak", {"voice": "en-us+f3"})
        await made.start()
        yield made
        await made.aclose()


def sound_of(pieces: list[Any]) -> bytes:
    return b"".join(piece.ulaw for piece in pieces)


async def test_the_sound_comes_in_short_pieces(voice: TextToSpeech) -> None:
    pieces = await speak(voice, SENTENCE)
    assert len(pieces) > 5
    assert {len(piece.ulaw) for piece in pieces[:-1]} == {PIECE_MS * BYTES_PER_MS}


async def test_a_word_comes_with_the_piece_it_ends_in(voice: TextToSpeech) -> None:
    at_ms = 0.0
    pieces = await speak(voice, SENTENCE)
    for piece in pieces[:-1]:
        for word in piece.words:
            assert at_ms < word.end_ms <= at_ms + PIECE_MS
        at_ms += len(piece.ulaw) / BYTES_PER_MS
    assert pieces[-1].words


async def test_words_lie_where_they_are_heard(voice: TextToSpeech) -> None:
    """A pause is heard between the second word and the third, and nowhere else."""
    pieces = await speak(voice, "Hello there; wonderful people")
    words = words_of(pieces)
    sound = sound_of(pieces)
    third = words[2].start_ms
    before = sound[(third - 100) * BYTES_PER_MS : (third - 20) * BYTES_PER_MS]
    inside = sound[(third + 40) * BYTES_PER_MS : (third + 120) * BYTES_PER_MS]
    assert level_db(before) < level_db(inside) - 30


async def test_words_are_told_as_they_were_written(voice: TextToSpeech) -> None:
    text = "Pay $112.50 by March 3, 2026 — or call 415-555-0132, “please”."
    words = words_of(await speak(voice, text))
    assert [word.word for word in words] == text.split()
    price = next(word for word in words if word.word == "$112.50")
    by = next(word for word in words if word.word == "by")
    assert price.end_ms - price.start_ms > 3 * (by.end_ms - by.start_ms)


@pytest.mark.parametrize("level", [-26.0, -20.0])
async def test_the_voice_is_as_loud_as_asked(level: float) -> None:
    voice = Espeak(Espeak.Options(level_db=level))
    await voice.start()
    try:
        sound = sound_of(await speak(voice, SENTENCE))
    finally:
        await voice.aclose()
    # Pauses and soft sounds count here, so it is a little less than the level of the voiced part.
    assert level - 4 < level_db(sound) < level + 2


async def test_little_silence_surrounds_a_sentence(voice: TextToSpeech) -> None:
    sound = sound_of(await speak(voice, SENTENCE))
    assert level_db(sound[: 60 * BYTES_PER_MS]) > -50
    assert level_db(sound[-200 * BYTES_PER_MS :]) > -50
    assert level_db(sound[-60 * BYTES_PER_MS :]) < -50


async def test_numbers_are_said_in_words(voice: TextToSpeech) -> None:
    digits = duration_ms(await speak(voice, "415-555-0132"))
    words = duration_ms(await speak(voice, "four one five, five five five, zero one three two"))
    assert digits == pytest.approx(words, rel=0.1)


@pytest.mark.parametrize("language", OTHERS)
async def test_a_voice_says_what_is_written_by_the_rules_of_its_own_language(language: str) -> None:
    voice = Espeak(Espeak.Options(voice=language))
    await voice.start()
    try:
        apart: dict[str, float] = {}
        for written, wordings in OTHERS[language].items():
            heard = duration_ms(await speak(voice, written))
            wanted = [duration_ms(await speak(voice, wording)) for wording in wordings]
            apart[written] = min(abs(heard - each) / each for each in wanted)
    finally:
        await voice.aclose()
    # Long numbers in one word are spoken a little faster than the voice speaks their digits.
    assert sorted(apart.values())[len(apart) // 2] <= 0.02
    assert max(apart.values()) <= 0.2, apart


async def test_a_crash_fails_the_sentence_and_the_next_is_spoken(voice: TextToSpeech) -> None:
    assert isinstance(voice, Espeak)
    (process_id,) = voice._pool.process_ids
    os.kill(process_id, signal.SIGSTOP)
    speaking = asyncio.create_task(speak(voice, SENTENCE))
    await at_work(voice._pool)
    os.kill(process_id, signal.SIGKILL)
    with pytest.raises(ProviderUnavailable):
        await speaking
    assert await speak(voice, SENTENCE)


def test_an_unknown_voice_is_refused_before_anything_is_started() -> None:
    with pytest.raises(ConfigurationError, match="no voice 'klingonese': write 'piqd'"):
        Espeak(Espeak.Options(voice="klingonese"))


async def test_a_voice_that_espeak_ng_itself_does_not_take_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(espeak_voices, "problem", lambda voice: "")
    voice = Espeak(Espeak.Options(voice="klingonese"))
    with pytest.raises(ConfigurationError, match="no voice 'klingonese'"):
        await voice.start()
    await voice.aclose()


@pytest.mark.parametrize(
    "options", [{"voice": "../en"}, {"rate_wpm": 10}, {"pitch": 101}, {"level_db": 0}, {"speed": 1}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(CATALOGUE, "espeak", options)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapida.tts.espeak.find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"rapida\[local\]"):
        Espeak(Espeak.Options())
    assert importlib.util.find_spec("espeakng_loader") is not None


def test_the_server_process_never_loads_espeak() -> None:
    program = """
import asyncio, sys
from rapida.tts.espeak import Espeak

async def main():
    voice = Espeak(Espeak.Options())
    await voice.start()
    assert [piece async for piece in voice.synthesize("Hello.")]
    await voice.aclose()

asyncio.run(main())
print([name for name in sys.modules if "espeakng" in name or "espeak_worker" in name])
print([line for line in open("/proc/self/maps") if "espeak" in line])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120
    )
    assert ran.stdout.split() == ["[]", "[]"], ran.stderr

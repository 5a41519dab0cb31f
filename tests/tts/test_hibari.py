"""The local voice: the conformance of every voice, then what it does when its process or a text is bad."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from rapida.audio.g711 import level_db
from rapida.errors import ConfigurationError, ExtraMissing, ProviderRefused
from rapida.providers import model_files
from rapida.providers.build import build
from rapida.tts import CATALOGUE
from rapida.tts.base import TextToSpeech
from rapida.tts.hibari import VOICES, Hibari
from rapida.tts.sound_pieces import PIECE_MS
from rapida.tts.text_pieces import text_pieces
from tests.workers.pools import at_work

from .conformance import BYTES_PER_MS, SENTENCE, VoiceConformance, duration_ms, speak, words_of

shared = pytest.mark.asyncio(loop_scope="module")
"""One process serves the whole file: it takes a second of CPU to start."""

TWO_PIECES = "I can offer you Tuesday the fourteenth at half past two, or Thursday the sixteenth at eight."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Hibari]:
    made = build(CATALOGUE, "hibari", {})
    assert isinstance(made, Hibari)
    await made.start()
    yield made
    await made.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def hibari(started: Hibari) -> Hibari:
    if not started._pool.process_ids:  # a test has closed it
        await started.start()
    return started


@shared
class TestHibari(VoiceConformance):
    @pytest.fixture
    def voice(self, hibari: Hibari) -> TextToSpeech:
        return hibari


def sound_of(pieces: list[Any]) -> bytes:
    return b"".join(piece.ulaw for piece in pieces)


@shared
async def test_the_sound_comes_in_short_pieces_each_with_the_words_that_end_in_it(hibari: Hibari) -> None:
    assert len(list(text_pieces(TWO_PIECES))) == 2
    at_ms = 0.0
    pieces = await speak(hibari, TWO_PIECES)
    for piece in pieces:
        assert len(piece.ulaw) <= PIECE_MS * BYTES_PER_MS
        for word in piece.words:
            assert at_ms < word.end_ms <= at_ms + PIECE_MS
        at_ms += len(piece.ulaw) / BYTES_PER_MS
    assert [word.word for word in words_of(pieces)] == TWO_PIECES.split()


@shared
async def test_the_voice_is_as_loud_as_asked(hibari: Hibari) -> None:
    assert -24 < level_db(sound_of(await speak(hibari, SENTENCE))) < -18


@shared
async def test_a_process_that_dies_in_mid_sentence_costs_no_word_and_doubles_none(hibari: Hibari) -> None:
    whole = sound_of(await speak(hibari, TWO_PIECES))
    heard: list[Any] = []
    (process_id,) = hibari._pool.process_ids
    killing: asyncio.Task[None] | None = None
    async with asyncio.timeout(120):
        async for piece in hibari.synthesize(TWO_PIECES):
            if not heard:  # the first clause is there; the second is spoken by a process that will die at it
                os.kill(process_id, signal.SIGSTOP)
                killing = asyncio.create_task(_kill_at_work(hibari, process_id))
            heard.append(piece)
    assert killing is not None
    await killing
    assert hibari._pool.process_ids != [process_id]
    assert sound_of(heard) == whole
    assert [word.word for word in words_of(heard)] == TWO_PIECES.split()


async def _kill_at_work(hibari: Hibari, process_id: int) -> None:
    await at_work(hibari._pool)
    os.kill(process_id, signal.SIGKILL)


@shared
async def test_a_text_in_another_script_is_refused_and_other_voices_are_named(hibari: Hibari) -> None:
    for text in ("Добрый день.", "a" * 10_000):
        with pytest.raises(ProviderRefused, match=r"found no such word in a text of .* such as 'espeak'"):
            await speak(hibari, text)
    assert await speak(hibari, SENTENCE)


@shared
async def test_a_text_of_marks_alone_is_silence_and_that_is_told(hibari: Hibari) -> None:
    with capture_logs() as logs:
        assert await speak(hibari, "☎ … ♥") == []
    assert [(each["event"], each["characters"]) for each in logs] == [("nothing_to_say", 5)]


@shared
async def test_words_that_cannot_be_read_are_left_out_and_counted_in_the_log(hibari: Hibari) -> None:
    with capture_logs() as logs:
        pieces = await speak(hibari, "Good morning, Иван Иванович.")
    assert duration_ms(pieces) > 500
    assert [(each["event"], each["words"]) for each in logs] == [("words_left_out", 2)]


@shared
async def test_a_file_that_differs_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(model_files, "PULLED", tmp_path)
    place = model_files.pulled_place(model_files.MODEL_FILES["hibari"])
    place.parent.mkdir(parents=True)
    place.write_bytes(b"other")
    voice = Hibari(Hibari.Options())
    with pytest.raises(ConfigurationError, match=r"hibari: .* is not the file 'hibari' that we know"):
        await voice.start()
    await voice.aclose()


@pytest.mark.parametrize(
    "options",
    [{"voice": "emma"}, {"speed": 3}, {"level_db": 0}, {"rate_wpm": 1}, {"voice_model": "/no/such.onnx"}],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(CATALOGUE, "hibari", options)


def test_each_voice_and_a_users_own_model_reach_the_process(tmp_path: Path) -> None:
    own = tmp_path / "own.onnx"
    own.touch()
    for name, shape in VOICES.items():
        voice = build(CATALOGUE, "hibari", {"voice": name, "voice_model": str(own), "speed": 1.2})
        assert isinstance(voice, Hibari)
        given = voice._pool._settings
        assert (given["pitch"], given["frame_samples"], given["speed"]) == (*shape, 1.2)
        assert (given["files"]["hibari"], given["own"]) == (str(own), True)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapida.tts.hibari.find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"rapida\[local\]"):
        Hibari(Hibari.Options())

"""The local ear for free speech, in real processes, with recordings of people over the telephone's mu-law."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from rapida.audio.g711 import encode_block
from rapida.call.events import (
    Question,
    TranscriptChanged,
    TranscriptFinal,
    TranscriptionFinished,
    TranscriptionRefused,
)
from rapida.errors import ConfigurationError, ExtraMissing
from rapida.providers.build import build
from rapida.stt import CATALOGUE
from rapida.stt.base import Heard, SpeechToText
from rapida.stt.moonshine import Moonshine
from tests.workers.pools import at_work

from .conformance import LEAD_MS, Spoken, SttHearsSound, answered, calling, finals, said

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIO = Path(__file__).resolve().parents[1] / "audio"
FORWARD = Spoken((AUDIO / "go_forward.ulaw").read_bytes(), "go forward ten meters")
CARD = Spoken((AUDIO / "card.ulaw").read_bytes(), "four queen of clubs")
SUITS = Question(kind="choice", phrases=("of clubs", "of spades", "of hearts", "of diamonds"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ear() -> AsyncIterator[SpeechToText]:
    """One for the whole file."""
    made = build(CATALOGUE, "moonshine", {})
    yield made
    await made.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def recogniser(ear: SpeechToText) -> Moonshine:
    assert isinstance(ear, Moonshine)
    if not ear._workers.process_ids:  # the test before closed it
        await ear.start()
    return ear


def process_of(recogniser: Moonshine) -> int:
    (process_id,) = recogniser._workers.process_ids
    return process_id


class TestMoonshine(SttHearsSound):
    @pytest_asyncio.fixture(loop_scope="module")
    async def recogniser(  # pyright: ignore[reportIncompatibleVariableOverride] - the module's fixture, which has begun
        self, recogniser: Moonshine
    ) -> SpeechToText:
        return recogniser

    @pytest.fixture
    def spoken(self) -> Spoken:
        return replace(CARD, question=SUITS)


async def heard_as(recogniser: SpeechToText, spoken: Spoken) -> str:
    async with calling(recogniser) as caller:
        await caller.until_answered(caller.says(spoken))
        return plain(caller.heard)


def plain(heard: list[Heard]) -> str:
    """What was said; how a measure is written, the sound does not tell."""
    return said(heard).replace("10", "ten").replace("metres", "meters")


async def test_free_speech_is_heard_with_its_punctuation(recogniser: Moonshine) -> None:
    async with calling(recogniser) as caller:
        await caller.until_answered(caller.says(FORWARD))
        (final,) = finals(caller.heard)
        assert re.fullmatch(r"Go forward (ten|10) met(er|re)s\.?", final.text)
        assert final.confidence > 0.7


async def test_what_the_question_expects_is_preferred(recogniser: Moonshine) -> None:
    assert await heard_as(recogniser, CARD) != CARD.text, "a tiny model mistakes the suit"
    assert await heard_as(recogniser, Spoken(CARD.ulaw, CARD.text, SUITS)) == CARD.text


async def test_an_answer_to_another_question_is_heard_as_it_was_said(recogniser: Moonshine) -> None:
    expecting = Question(kind="choice", phrases=("opening hours", "billing", "repairs"))
    assert await heard_as(recogniser, Spoken(FORWARD.ulaw, "", expecting)) == FORWARD.text


async def test_words_are_shown_while_the_caller_speaks(recogniser: Moonshine) -> None:
    async with calling(recogniser) as caller:
        caller.is_silent(LEAD_MS)
        caller.sends(FORWARD.ulaw[:16_000])  # two seconds, in the middle of which it says "forward"
        await caller.until(bool)
        first = caller.heard[0]
        assert isinstance(first, TranscriptChanged)
        assert "go" in first.text.lower()
        assert LEAD_MS <= first.start_ms < first.end_ms <= caller.position_ms


async def test_once_an_utterance_is_final_no_look_at_it_is_shown_any_more(recogniser: Moonshine) -> None:
    async with calling(recogniser) as caller:
        await caller.until_answered(caller.says(FORWARD))
        await caller.until_answered(caller.finishes(caller.position_ms - 200, Question()))
        kinds = [type(event) for event in caller.heard]
        assert TranscriptChanged not in kinds[kinds.index(TranscriptFinal) :]


def bursts(level: float, colour: int, ms: int = 3000) -> bytes:
    """Noise in bursts, as of a kitchen or a road."""
    chance = np.random.default_rng(colour)
    noise = np.convolve(chance.normal(0, 1, 8 * ms + colour), np.ones(colour) / colour, "valid")[: 8 * ms]
    shape = np.repeat(chance.uniform(0, 1, ms // 100), 800)
    return encode_block(np.clip(level * noise * shape, -32000, 32000).astype(np.int16))


def tones(*frequencies: int, ms: int = 1500) -> bytes:
    at = np.arange(8 * ms) / 8000
    both = sum(6000 * np.sin(2 * np.pi * hz * at) for hz in frequencies)
    return encode_block(np.asarray(both).astype(np.int16))


@pytest.mark.parametrize(
    "question", [Question(), SUITS, Question(kind="yes_no")], ids=["free", "choice", "yes_no"]
)
async def test_noise_tones_and_keys_have_no_words(recogniser: Moonshine, question: Question) -> None:
    sounds = [bursts(8000, 1), bursts(20000, 12), tones(697, 1209), tones(440), tones(1000)]
    async with calling(recogniser) as caller:
        for sound in sounds:
            request = caller.says(Spoken(sound, "", question))
            await caller.until_answered(request)
        assert [final.text for final in finals(caller.heard)] == [""] * len(sounds)
        assert not any(isinstance(event, TranscriptChanged) for event in caller.heard)
        assert all(final.confidence == 0 for final in finals(caller.heard))


async def test_speech_of_more_than_twelve_seconds_is_heard_to_its_end(recogniser: Moonshine) -> None:
    heard = await heard_as(recogniser, Spoken((FORWARD.ulaw + CARD.ulaw) * 3, ""))
    assert (heard.count("go forward ten meters"), heard.count("four queen of")) == (3, 3)


async def test_an_utterance_whose_worker_dies_is_heard_by_the_next_and_told_once(
    recogniser: Moonshine,
) -> None:
    async with calling(recogniser) as caller:
        killed = process_of(recogniser)
        os.kill(killed, signal.SIGSTOP)
        caller.is_silent(LEAD_MS)
        request = caller.says(FORWARD)
        await at_work(recogniser._workers)
        os.kill(killed, signal.SIGKILL)
        await caller.until_answered(request)
        assert [type(event) for event in caller.heard] == [TranscriptFinal, TranscriptionFinished]
        assert plain(caller.heard) == FORWARD.text
        assert process_of(recogniser) != killed


async def test_a_full_queue_refuses_at_once_and_the_others_are_answered() -> None:
    recogniser = Moonshine(Moonshine.Options(queue_limit=1))
    await recogniser.start()
    try:
        async with calling(recogniser) as one, calling(recogniser) as two, calling(recogniser) as three:
            os.kill(process_of(recogniser), signal.SIGSTOP)
            first = one.finishes(0, Question())
            await at_work(recogniser._workers)
            waiting = two.says(FORWARD)
            async with asyncio.timeout(60):
                while not recogniser._pool._waiting.count:
                    await asyncio.sleep(0.002)
            request = three.says(FORWARD)
            await three.until_answered(request)
            assert three.heard == [TranscriptionRefused(request)]
            os.kill(process_of(recogniser), signal.SIGCONT)
            await one.until_answered(first)
            await two.until_answered(waiting)
            assert plain(two.heard) == FORWARD.text
            assert sum(recogniser.waits.counts) == 2
    finally:
        await recogniser.aclose()


async def test_after_the_close_requests_are_refused(recogniser: Moonshine) -> None:
    await recogniser.aclose()
    async with calling(recogniser) as caller:
        request = caller.says(FORWARD)
        await caller.until_answered(request)
        assert caller.heard == [TranscriptionRefused(request)]
        assert answered(caller.heard) == [request]


async def test_other_languages_than_english_are_refused() -> None:
    recogniser = Moonshine(Moonshine.Options())
    with pytest.raises(ConfigurationError, match="only English, not 'de-DE'"):
        recogniser.transcriber(lambda event: None, language="de-DE")


@pytest.mark.parametrize("options", [{"workers": 0}, {"min_confidence": 2}, {"model": "x"}])
async def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(CATALOGUE, "moonshine", options)


async def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"encoder_model\.ort"):
        build(CATALOGUE, "moonshine", {"model_folder": str(tmp_path)})


async def test_a_model_of_ones_own_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    for name in ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    ear = Moonshine(Moonshine.Options(model_folder=str(tmp_path)))
    with pytest.raises(ConfigurationError, match="are no Moonshine model"):
        await ear.start()


async def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapida.stt.moonshine.find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"rapida\[local\]"):
        Moonshine(Moonshine.Options())


async def test_the_server_process_loads_neither_the_model_nor_its_runtime() -> None:
    program = """
import sys
from rapida.stt.moonshine import Moonshine
Moonshine(Moonshine.Options())
print([name for name in sys.modules if name.partition(".")[0] in {"onnxruntime", "moonshine_voice"}])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120
    )
    assert ran.stdout.strip() == "[]", ran.stderr

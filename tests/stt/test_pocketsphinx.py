"""The local ear, listening to the local voice through the telephone's mu-law: right often enough, and never
stuck. Ratios are lenient; what is exact is what becomes of coughs, crashes and full queues."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from rapida.audio.g711 import encode_block
from rapida.call.events import Question, TranscriptFinal, TranscriptionFinished, TranscriptionRefused
from rapida.errors import ConfigurationError, ExtraMissing
from rapida.providers.build import build
from rapida.stt import CATALOGUE
from rapida.stt.base import SpeechToText
from rapida.stt.grammar import NO, YES
from rapida.stt.pocketsphinx import Pocketsphinx, PocketsphinxTranscriber
from rapida.tts.espeak import Espeak
from rapida.workers.pool import WorkerPool
from tests.workers.pools import at_work

from .conformance import LEAD_MS, Caller, Spoken, SttHearsSound, answered, calling, finals, said

pytestmark = pytest.mark.asyncio(loop_scope="module")

VOICES = ("en-us", "en-us+f2", "en")
MENU = Question(
    kind="choice", phrases=("book a table", "cancel a booking", "opening hours", "talk to a person")
)
YES_OR_NO = Question(kind="yes_no")

Say = Callable[..., Spoken]


OTHERS = ("banana", "what did you say", "the weather is nice in london", "can you repeat that", "hmm", "um")
SPOKEN = {
    "en-us": ("yes", "no", "yes please", "no thank you", *MENU.phrases, *OTHERS, "Zephyrix"),
    "en-us+f2": ("yes", "no", "yes please", "no thank you", *MENU.phrases, "one two three four"),
    "en": ("yes", "no", "yes please", "no thank you", *MENU.phrases),
}


@pytest.fixture(scope="module")
def say() -> Say:
    """`say(text, question, voice)`: speech by the local voice."""
    with asyncio.Runner() as runner:
        spoken = {voice: runner.run(_speak_all(voice, texts)) for voice, texts in SPOKEN.items()}

    def said_by(text: str, question: Question = YES_OR_NO, voice: str = "en-us") -> Spoken:
        return Spoken(spoken[voice][text], text, question)

    return said_by


async def _speak_all(voice: str, texts: tuple[str, ...]) -> dict[str, bytes]:
    speaker = Espeak(Espeak.Options(voice=voice))
    await speaker.start()
    try:
        return {text: b"".join([piece.ulaw async for piece in speaker.synthesize(text)]) for text in texts}
    finally:
        await speaker.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ear() -> AsyncIterator[SpeechToText]:
    """One for the whole file: loading the model for each test would take most of the time."""
    made = build(CATALOGUE, "pocketsphinx", {})
    yield made
    await made.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def recogniser(ear: SpeechToText) -> Pocketsphinx:
    assert isinstance(ear, Pocketsphinx)
    if not ear._pool.process_ids:  # the test before closed it
        await ear.start()
    return ear


def process_of(recogniser: Pocketsphinx) -> int:
    (process_id,) = recogniser._pool.process_ids
    return process_id


class TestPocketsphinx(SttHearsSound):
    @pytest_asyncio.fixture(loop_scope="module")
    async def recogniser(  # pyright: ignore[reportIncompatibleVariableOverride] - the module's fixture, which has begun
        self, recogniser: Pocketsphinx
    ) -> SpeechToText:
        return recogniser

    @pytest.fixture
    def spoken(self, say: Say) -> Spoken:
        return say("yes please")


async def heard_as(recogniser: SpeechToText, spoken: Spoken) -> str:
    async with calling(recogniser) as caller:
        await caller.until_answered(caller.says(spoken))
        return " ".join(final.text for final in finals(caller.heard))


async def test_yes_and_no_are_told_apart(recogniser: Pocketsphinx, say: Say) -> None:
    right = 0
    asked = [(answer, voice) for answer in ("yes", "no", "yes please", "no thank you") for voice in VOICES]
    for answer, voice in asked:
        heard = await heard_as(recogniser, say(answer, voice=voice))
        right += heard in (YES if answer in YES else NO)
    assert right >= 0.8 * len(asked)


async def test_one_of_four_phrases_is_recognised(recogniser: Pocketsphinx, say: Say) -> None:
    right = 0
    asked = [(phrase, voice) for phrase in MENU.phrases for voice in VOICES]
    for phrase, voice in asked:
        right += await heard_as(recogniser, say(phrase, MENU, voice)) == phrase
    assert right >= 0.8 * len(asked)


async def test_most_of_what_answers_another_question_has_no_words(recogniser: Pocketsphinx, say: Say) -> None:
    refused = [await heard_as(recogniser, say(text, MENU)) == "" for text in OTHERS]
    assert sum(refused) >= 0.5 * len(OTHERS)


@pytest.mark.parametrize("question", [YES_OR_NO, MENU, Question(kind="digits")], ids=lambda q: q.kind)
async def test_a_cough_has_no_words(recogniser: Pocketsphinx, question: Question) -> None:
    for duration_ms in (150, 250, 400):
        count = 8 * duration_ms
        burst = np.random.default_rng(duration_ms).normal(0, 5000, count) * np.exp(
            -np.arange(count) / count * 3
        )
        cough = Spoken(encode_block(np.clip(burst, -32000, 32000).astype(np.int16)), "", question)
        async with calling(recogniser) as caller:
            request = caller.says(cough)
            await caller.until_answered(request)
            start, end = LEAD_MS, LEAD_MS + duration_ms
            assert caller.heard == [TranscriptFinal("", start, end, 0.0), TranscriptionFinished(request)]


async def test_a_name_that_no_dictionary_has_is_recognised(recogniser: Pocketsphinx, say: Say) -> None:
    question = Question(kind="choice", phrases=("Zephyrix", "Opening hours"))
    assert await heard_as(recogniser, say("Zephyrix", question)) == "Zephyrix"
    assert await heard_as(recogniser, say("opening hours", question)) == "Opening hours"


async def test_spoken_digits_come_back_as_numerals(recogniser: Pocketsphinx, say: Say) -> None:
    question = Question(kind="digits", min_digits=4, max_digits=4)
    heard = await heard_as(recogniser, say("one two three four", question, "en-us+f2"))
    assert heard == "1234"


@pytest.mark.parametrize(
    "question", [Question(), Question(kind="choice", phrases=("日本", "中国"))], ids=["free", "no English"]
)
async def test_what_it_cannot_listen_for_is_unclear_and_not_stuck(
    recogniser: Pocketsphinx, say: Say, question: Question
) -> None:
    async with calling(recogniser) as caller:
        request = caller.says(say("yes please", question))
        await caller.until_answered(request)
        assert [final.text for final in finals(caller.heard)] == [""]
        assert caller.heard[-1] == TranscriptionFinished(request)


async def test_the_words_lie_where_they_were_spoken(recogniser: Pocketsphinx, say: Say) -> None:
    spoken = say("opening hours", MENU)
    async with calling(recogniser, position_ms=100_000) as caller:
        await caller.until_answered(caller.says(spoken))
        (final,) = finals(caller.heard)
        assert final.start_ms == pytest.approx(100_000 + LEAD_MS, abs=150)
        # The voice ends a sentence with 120 ms of silence.
        assert final.end_ms == pytest.approx(100_000 + LEAD_MS + spoken.duration_ms - 120, abs=150)
        assert final.confidence > 0.5


async def test_sound_of_half_a_minute_ago_is_forgotten(recogniser: Pocketsphinx, say: Say) -> None:
    spoken = say("yes please")
    async with calling(recogniser) as caller:
        start_ms = caller.position_ms
        caller.sends(spoken.ulaw)
        end_ms = caller.position_ms
        caller.is_silent(32_000)
        request = caller.finishes(start_ms, YES_OR_NO)
        await caller.until_answered(request)
        assert said(caller.heard) == ""
        assert end_ms < caller.position_ms - 30_000


async def test_a_break_in_the_sound_starts_it_anew(recogniser: Pocketsphinx, say: Say) -> None:
    async with calling(recogniser) as caller:
        caller.is_silent(1000)
        caller.position_ms += 7000
        await caller.until_answered(caller.says(say("yes please")))
        assert said(caller.heard) == "yes please"
        assert finals(caller.heard)[0].start_ms > 8000


async def test_a_full_queue_refuses_at_once_and_the_others_are_answered(say: Say) -> None:
    recogniser = Pocketsphinx(Pocketsphinx.Options(queue_limit=1))
    await recogniser.start()
    try:
        async with calling(recogniser) as one, calling(recogniser) as two, calling(recogniser) as three:
            os.kill(process_of(recogniser), signal.SIGSTOP)
            one.says(say("yes please"))
            await at_work(recogniser._pool)
            two.says(say("yes please"))
            await at_work(recogniser._pool, waiting=1)
            request = three.says(say("yes please"))
            await three.until_answered(request)
            assert three.heard == [TranscriptionRefused(request)]
            os.kill(process_of(recogniser), signal.SIGCONT)
            for caller in (one, two):
                await caller.until_answered(1)
                assert said(caller.heard) == "yes please"
    finally:
        await recogniser.aclose()


async def test_a_job_whose_worker_dies_is_done_by_the_next(recogniser: Pocketsphinx, say: Say) -> None:
    async with calling(recogniser) as caller:
        killed = process_of(recogniser)
        os.kill(killed, signal.SIGSTOP)
        request = caller.says(say("yes please"))
        await at_work(recogniser._pool)
        os.kill(killed, signal.SIGKILL)
        await caller.until_answered(request)
        assert said(caller.heard) == "yes please"
        assert process_of(recogniser) != killed


async def test_a_job_that_kills_two_workers_is_refused(monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    lines: list[str] = []
    # This worker knows nothing of speech: every job is more than it can bear.
    pool = WorkerPool(
        "tests.workers.faulty_worker", {}, provider="faulty", backoff_s=(0.01,), on_log=lines.append
    )
    await pool.start()

    class Fragile:
        interims = False
        final_ms = 0

        async def start(self) -> None: ...

        async def aclose(self) -> None: ...

        def transcriber(self, emit: Any, *, language: str) -> PocketsphinxTranscriber:
            return PocketsphinxTranscriber(pool, emit, 0.5)

    try:
        async with calling(Fragile()) as caller:
            request = caller.says(say("yes please"))
            await caller.until_answered(request)
            assert answered(caller.heard) == [request]
            assert caller.heard == [TranscriptionRefused(request)]
    finally:
        await pool.aclose()
    assert sum("TypeError" in record for record in lines) == 2, "a traceback is one record"


async def test_after_the_close_requests_are_refused(recogniser: Pocketsphinx, say: Say) -> None:
    await recogniser.aclose()
    async with calling(recogniser) as caller:
        request = caller.says(say("yes please"))
        await caller.until_answered(request)
        assert caller.heard == [TranscriptionRefused(request)]


async def test_other_languages_than_english_are_refused() -> None:
    recogniser = Pocketsphinx(Pocketsphinx.Options())
    with pytest.raises(ConfigurationError, match="only English, not 'de-DE'"):
        recogniser.transcriber(lambda event: None, language="de-DE")
    assert Caller(recogniser).transcriber


@pytest.mark.parametrize("options", [{"workers": 0}, {"min_confidence": 2}, {"model": "x"}])
async def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(CATALOGUE, "pocketsphinx", options)


async def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapida.stt.pocketsphinx.find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"rapida\[local\]"):
        Pocketsphinx(Pocketsphinx.Options())


async def test_the_server_process_never_loads_pocketsphinx() -> None:
    program = """
import asyncio, sys
from rapida.call.commands import FinishTranscription
from rapida.call.events import Question
from rapida.stt.pocketsphinx import Pocketsphinx

async def main():
    ear = Pocketsphinx(Pocketsphinx.Options())
    await ear.start()
    heard = asyncio.Queue()
    transcriber = ear.transcriber(heard.put_nowait, language="en-US")
    running = asyncio.create_task(transcriber.run())
    transcriber.feed(0, bytes(8000))
    transcriber.finish(FinishTranscription(1, 0, 1000, Question(kind="yes_no")))
    await heard.get(), await heard.get()
    running.cancel()
    await ear.aclose()

asyncio.run(main())
print([name for name in sys.modules if name.partition(".")[0] == "pocketsphinx" or "sphinx_worker" in name])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120
    )
    assert ran.stdout.strip() == "[]", ran.stderr

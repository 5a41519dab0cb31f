"""The scripted ear: every recogniser's conformance, and exactly the lines it was given."""

from __future__ import annotations

import asyncio

import pytest

from rapida.call.commands import FinishTranscription
from rapida.call.events import Question, TranscriptChanged, TranscriptFinal, TranscriptionFinished
from rapida.providers.build import build
from rapida.stt import CATALOGUE
from rapida.stt.base import Heard, SpeechToText
from rapida.stt.scripted import ScriptedStt

from .conformance import Spoken, SttConformance, calling, finals


@pytest.mark.parametrize("interims", [False, True], indirect=True)
class TestScripted(SttConformance):
    @pytest.fixture
    def interims(self, request: pytest.FixtureRequest) -> bool:
        return request.param

    @pytest.fixture
    async def recogniser(self, interims: bool) -> SpeechToText:
        made = build(CATALOGUE, "scripted", {"lines": ["Yes, please."] * 2, "interims": interims})
        await made.start()
        return made

    @pytest.fixture
    def spoken(self) -> Spoken:
        return Spoken(b"\x80" * 8000, "yes please")


def ask(number: int, start_ms: int = 0, end_ms: int = 1000) -> FinishTranscription:
    return FinishTranscription(number, start_ms, end_ms, Question())


async def test_lines_are_answered_one_per_request_and_then_nothing() -> None:
    recogniser = ScriptedStt(ScriptedStt.Options(lines=("one", "")))
    async with calling(recogniser) as caller:
        for number in (1, 2, 3):
            caller.transcriber.finish(ask(number))
        await caller.until_answered(3)
    assert caller.heard == [
        TranscriptFinal("one", 0, 1000),
        TranscriptionFinished(1),
        TranscriptFinal("", 0, 1000),
        TranscriptionFinished(2),
        TranscriptionFinished(3),
    ]


async def test_every_call_has_the_whole_script() -> None:
    recogniser = ScriptedStt(ScriptedStt.Options(lines=("hello",)))
    for _ in range(2):
        async with calling(recogniser) as caller:
            caller.transcriber.finish(ask(1))
            await caller.until_answered(1)
            assert finals(caller.heard) == [TranscriptFinal("hello", 0, 1000)]


async def test_interims_grow_word_by_word() -> None:
    recogniser = ScriptedStt(ScriptedStt.Options(lines=("a b",), interims=True))
    async with calling(recogniser) as caller:
        caller.transcriber.finish(ask(1, 100, 300))
        await caller.until_answered(1)
    assert caller.heard[:3] == [
        TranscriptChanged("a", 100, 200),
        TranscriptChanged("a b", 100, 300),
        TranscriptFinal("a b", 100, 300),
    ]


async def test_a_test_can_speak_into_a_call() -> None:
    heard: list[Heard] = []
    recogniser = ScriptedStt(ScriptedStt.Options())
    recogniser.transcriber(heard.append, language="en-US")
    recogniser.transcribers[-1].hear("wait", 500, 700, final=False)
    recogniser.transcribers[-1].hear("wait a moment", 500, 1200)
    assert heard == [TranscriptChanged("wait", 500, 700), TranscriptFinal("wait a moment", 500, 1200)]


async def test_a_delay_lets_others_run_first() -> None:
    order: list[str] = []
    recogniser = ScriptedStt(ScriptedStt.Options(lines=("late",), delay_ms=1))
    transcriber = recogniser.transcriber(lambda event: order.append("heard"), language="en-US")
    transcriber.finish(ask(1))
    running = asyncio.create_task(transcriber.run())
    await asyncio.sleep(0)
    order.append("other")
    while len(order) < 3:
        await asyncio.sleep(0.001)
    running.cancel()
    assert order == ["other", "heard", "heard"]

"""The speaker between a scripted voice and a real pacer: what sounds, in which order, and what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from rapida.call.commands import CancelSynthesis, FinishUtterance, StartSynthesis
from rapida.call.events import (
    Event,
    SynthesisBegan,
    SynthesisEnded,
    SynthesisFailed,
    SynthesisProgressed,
    WordTiming,
)
from rapida.engine.pacer import Pacer
from rapida.engine.speaker import Speaker
from rapida.errors import ProviderError, ProviderRefused, ProviderUnavailable
from rapida.tts.base import Sound
from tests.engine.test_pacer import Line

Step = Sound | Exception | asyncio.Event
"""A piece of sound, a failure, or something to wait for."""


def sound(ms: int, fill: bytes) -> Sound:
    return Sound(fill * (8 * ms))


A, B, C = sound(100, b"a"), sound(100, b"b"), sound(100, b"c")


class Voice:
    """Speaks each text as it is scripted."""

    def __init__(self, **script: list[Step]) -> None:
        self.script = script
        self.asked: list[str] = []
        self.closed: list[str] = []

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        self.asked.append(text)
        try:
            for step in self.script[text]:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.closed.append(text)


class Watched(Pacer):
    """A pacer that writes down which utterances it was told are whole, and with how much sound so far."""

    given_ms = 0

    def __init__(self, line: Line) -> None:
        super().__init__(line.phone, line.told.append, line.clock, None)
        self.whole: list[tuple[int, int]] = []

    def enqueue(self, utterance_id: int, segment_id: int, ulaw: bytes) -> None:
        self.given_ms += len(ulaw) // 8
        super().enqueue(utterance_id, segment_id, ulaw)

    def finish(self, utterance_id: int) -> None:
        self.whole.append((utterance_id, self.given_ms))
        super().finish(utterance_id)


class WatchedSpeaker:
    """A speaker, its voice, and the phone at the end of its line."""

    def __init__(self, **script: list[Step]) -> None:
        self.line = Line(0)
        self.pacer = self.line.pacer = self.line.phone.pacer = Watched(self.line)
        self.voice = Voice(**script)
        self.told: list[Event] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.speaker = Speaker(self.voice, self.pacer, self.told.append, self._spawn)

    def _spawn(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.ensure_future(doing))
        return self.tasks[-1]

    async def says(self, *texts: str, utterance: int = 1, first: int = 1) -> WatchedSpeaker:
        """Start a segment for each text, numbered from `first`."""
        for number, text in enumerate(texts, first):
            self.speaker.start(StartSynthesis(number, utterance, text))
        return await self.settle()

    async def settle(self) -> WatchedSpeaker:
        for _ in range(20):
            await asyncio.sleep(0)
        return self

    def cancel(self, *segments: int) -> None:
        for segment in segments:
            self.speaker.cancel(CancelSynthesis(segment))

    @property
    def heard(self) -> bytes:
        """All that the ear will have heard once it is played."""
        self.line.wait(60_000)
        return self.line.phone.heard


async def test_segments_are_spoken_one_after_the_other_in_the_order_they_were_started() -> None:
    gate = asyncio.Event()
    watched = await WatchedSpeaker(one=[gate, A], two=[B], three=[C]).says("one", "two", "three")
    assert watched.voice.asked == ["one"], "the second waits, so that its sound lies behind"
    gate.set()
    await watched.settle()
    assert watched.voice.asked == ["one", "two", "three"]
    assert watched.told == [
        each for number in (1, 2, 3) for each in (SynthesisBegan(number), SynthesisEnded(number, 100))
    ]
    assert watched.heard == A.ulaw + B.ulaw + C.ulaw
    assert watched.speaker.characters == len("onetwothree")


async def test_each_utterance_is_whole_where_its_own_sound_ends() -> None:
    watched = WatchedSpeaker(one=[A], two=[B])
    watched.speaker.start(StartSynthesis(1, 1, "one"))
    watched.speaker.finish(FinishUtterance(1))
    watched.speaker.start(StartSynthesis(2, 2, "two"))
    watched.speaker.finish(FinishUtterance(2))
    await watched.settle()
    assert watched.heard == A.ulaw + B.ulaw
    assert watched.pacer.whole == [(1, 100), (2, 200)]


async def test_an_utterance_is_whole_only_behind_the_sound_of_all_its_segments() -> None:
    gate = asyncio.Event()
    watched = await WatchedSpeaker(one=[A], two=[gate, B]).says("one", "two")
    watched.speaker.finish(FinishUtterance(1))
    await watched.settle()
    assert watched.pacer.whole == []
    gate.set()
    await watched.settle()
    assert watched.pacer.whole == [(1, 200)]


async def test_a_segment_is_made_whole_milliseconds_long_and_brings_all_its_words() -> None:
    first, second = WordTiming("we", 0, 1), WordTiming("open", 1, 2)
    pieces: list[Step] = [Sound(b""), Sound(b"x" * 5, (first,)), Sound(b"y" * 8, (second,))]
    watched = await WatchedSpeaker(one=pieces, two=[A]).says("one", "two")
    assert watched.told[:2] == [SynthesisBegan(1), SynthesisEnded(1, 2, (first, second))]
    watched.speaker.finish(FinishUtterance(1))
    assert watched.heard == b"x" * 5 + b"y" * 8 + b"\xff" * 3 + A.ulaw


async def test_a_segment_without_sound_ends_without_having_begun() -> None:
    watched = await WatchedSpeaker(one=[Sound(b"")]).says("one")
    assert watched.told == [SynthesisEnded(1, 0)]


async def test_a_slow_segment_is_told_to_be_alive_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now_s)
    gates = [asyncio.Event() for _ in range(6)]
    watched = await WatchedSpeaker(one=[step for gate in gates for step in (gate, A)]).says("one")
    told: list[int] = []
    for gate, at_s in zip(gates, (100.0, 100.9, 101.0, 101.9, 103.0, 103.1), strict=True):
        now_s = at_s
        gate.set()
        await watched.settle()
        told.append(watched.told.count(SynthesisProgressed(1)))
    assert told == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("failure", "retryable"),
    [(ProviderUnavailable("voice", "it stumbled"), True), (ProviderRefused("voice", "no such key"), False)],
)
async def test_behind_a_failed_segment_nothing_is_spoken_before_it_is_spoken_again(
    failure: ProviderError, retryable: bool
) -> None:
    watched = await WatchedSpeaker(one=[A, failure], two=[B], again=[C]).says("one", "two")
    watched.speaker.finish(FinishUtterance(1))
    await watched.settle()
    assert watched.told == [SynthesisBegan(1), SynthesisFailed(1, str(failure), retryable, "voice")]
    assert watched.voice.asked == ["one"]
    watched.cancel(1, 2)
    await watched.says("again", "two", first=3)
    watched.speaker.finish(FinishUtterance(1))
    await watched.settle()
    assert watched.told[2:] == [
        each for number in (3, 4) for each in (SynthesisBegan(number), SynthesisEnded(number, 100))
    ]
    assert watched.heard.endswith(C.ulaw + B.ulaw)
    assert watched.pacer.whole == [(1, 300)], "what was said to be the end before the second try is void"


async def test_a_bug_in_a_voice_is_told_as_no_failure_of_a_provider() -> None:
    watched = await WatchedSpeaker(one=[A, KeyError("oops")]).says("one")
    assert watched.told == [SynthesisBegan(1)]
    assert isinstance(watched.tasks[0].exception(), KeyError)


async def test_a_cancelled_segment_is_closed_and_silent_and_the_next_one_is_spoken() -> None:
    watched = await WatchedSpeaker(one=[sound(1000, b"a"), asyncio.Event(), A], two=[B]).says("one", "two")
    sent = watched.line.phone.heard
    assert 0 < len(sent) < 8000
    watched.cancel(1)
    await watched.settle()
    assert watched.voice.closed == ["one", "two"], "closing it is what cancels its request"
    assert watched.told == [SynthesisBegan(1), SynthesisBegan(2), SynthesisEnded(2, 100)]
    watched.speaker.finish(FinishUtterance(1))
    assert watched.heard == sent + B.ulaw, "what was sent of it is not taken back"


async def test_a_segment_cancelled_while_it_waits_is_never_asked_for() -> None:
    gate = asyncio.Event()
    watched = await WatchedSpeaker(one=[gate, A], two=[B], three=[C]).says("one", "two", "three")
    watched.cancel(2)
    gate.set()
    await watched.settle()
    assert watched.voice.asked == ["one", "three"]
    assert watched.speaker.characters == len("onethree")


async def test_after_a_clear_nothing_that_waited_is_spoken_or_finished() -> None:
    watched = await WatchedSpeaker(one=[A, asyncio.Event()], two=[B], three=[C]).says("one", "two")
    watched.speaker.finish(FinishUtterance(1))
    watched.cancel(1)
    watched.speaker.clear()
    watched.pacer.clear(1)
    await watched.says("three", utterance=2, first=3)
    watched.speaker.finish(FinishUtterance(2))
    await watched.settle()
    assert watched.voice.asked == ["one", "three"]
    assert watched.pacer.whole == [(2, 200)]
    assert watched.heard.endswith(C.ulaw)


async def test_a_clear_forgets_a_failure_that_nothing_became_of() -> None:
    watched = await WatchedSpeaker(one=[ProviderRefused("voice", "no")], two=[B]).says("one")
    watched.speaker.clear()
    await watched.says("two", first=2)
    assert watched.voice.asked == ["one", "two"]

"""The whole engine behind the benchmark's socket: detector, core, scripted model, counted voice, STT sink.

The agent talks nearly all the time, the callers two fifths of it. Nothing is replaced that a real call has,
except the three vendors at its ends.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import itertools
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from rapida import __version__
from rapida.assistant import Assistant, Provider, TurnTaking
from rapida.call.commands import Command, FinishTranscription, HoldPlayout
from rapida.call.events import Event, TranscriptFinal, TranscriptionFinished
from rapida.engine.clock import LoopClock
from rapida.engine.live import Live
from rapida.engine.recorder import RecordingWriter
from rapida.engine.runner import CallParts, Providers, Runner
from rapida.llm.scripted import ScriptedModel, ScriptedOptions, ScriptedReply
from rapida.providers.build import build
from rapida.stt.base import Emit
from rapida.telemetry.journal import Head, Journal, JournalWriter
from rapida.telemetry.metrics import Metrics
from rapida.telephony.stream import Leg, LegListener, StreamStart
from rapida.tts.base import Sound
from rapida.vad import CATALOGUE as VADS

from . import counted

MS_PER_CHARACTER = 55


def _answer(sentences: int) -> str:
    """A reply of about three seconds a sentence."""
    return " ".join(
        f"This is sentence number {number} of a rather long answer." for number in range(sentences)
    )


@functools.cache
def _same(duration_ms: int) -> bytes:
    return counted.spoken(0, duration_ms)


class CountedVoice:
    """Sound as long as speech would be, there at once, in pieces of 200 ms; made new where it is counted."""

    def __init__(self, *, new: bool) -> None:
        self._new = new
        self._segments = itertools.count(1)

    async def start(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        duration_ms = MS_PER_CHARACTER * len(text)
        sound = counted.spoken(next(self._segments), duration_ms) if self._new else _same(duration_ms)
        step = 200 * counted.MS_BYTES
        for at in range(0, len(sound), step):
            yield Sound(sound[at : at + step])


class SinkStt:
    """Sends what it hears in 100 ms WebSocket frames to the sink; understands always the same, or nothing."""

    interims = False
    final_ms = 300

    def __init__(self, port: int, *, wordless: bool) -> None:
        self.port = port
        self.wordless = wordless

    async def start(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def transcriber(self, emit: Emit, *, language: str) -> SinkTranscriber:
        return SinkTranscriber(self.port, emit, wordless=self.wordless)


class SinkTranscriber:
    """One call's connection to the sink."""

    def __init__(self, port: int, emit: Emit, *, wordless: bool) -> None:
        self._port = port
        self._wordless = wordless
        self._emit = emit
        self._socket: asyncio.WriteTransport | None = None

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        if self._socket is not None and len(ulaw) > 125:
            self._socket.write(b"\x82\xfe" + len(ulaw).to_bytes(2, "big") + b"\0\0\0\0" + ulaw)

    def finish(self, request: FinishTranscription) -> None:
        if not self._wordless:
            self._emit(TranscriptFinal("an answer of five words", request.start_ms, request.end_ms))
        self._emit(TranscriptionFinished(request.transcription_id))

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._socket, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", self._port)
        try:
            await asyncio.Event().wait()
        finally:
            self._socket.abort()


class HoldWatch(Journal):
    """A journal that also notes when a hold was ordered; without a writer it notes nothing else."""

    def __init__(self, journal: Journal | None, holds: list[tuple[int, float]]) -> None:
        self.path = journal.path if journal else Path("none")
        self._journal = journal
        self._holds = holds
        self.number = -1

    def append_event(self, t_us: int, event: Event) -> None:
        if self._journal:
            self._journal.append_event(t_us, event)

    def append_command(self, t_us: int, command: Command) -> None:
        if type(command) is HoldPlayout:
            self._holds.append((self.number, time.perf_counter()))
        if self._journal:
            self._journal.append_command(t_us, command)

    def close(self) -> None:
        if self._journal:
            self._journal.close()


class NumberedRunner(Runner):
    """Tells its watch which of the callers this is."""

    watch: HoldWatch

    def on_start(self, start: StreamStart) -> None:
        self.watch.number = int(start.call_id[2:], 16)
        super().on_start(start)


class NoControl:
    """There is no carrier to ask."""

    async def complete(self) -> None:
        pass

    async def transfer(self, to: str) -> None:
        pass

    async def say(self, text: str) -> None:
        pass


class Cycle:
    """One `Runner` per socket."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._folder = Path(tempfile.mkdtemp(prefix="rapida-bench-"))
        text = _answer(options.sentences)
        turn = TurnTaking(barge_in=options.barge_in, start_ms=options.start_ms)
        self._assistant = Assistant(
            id=1,
            version=1,
            name="bench",
            stt=Provider("sink"),
            llm=Provider("scripted"),
            tts=Provider("counted"),
            vad=Provider(options.vad),
            greeting=text,
            greeting_barge_in=options.barge_in,
            turn=turn,
            record=options.everything,
            max_duration_s=86_400,
        )
        self._vad = build(VADS, options.vad, {})
        self._stt = SinkStt(options.sink, wordless=options.wordless)
        self._model = ScriptedModel(ScriptedOptions((ScriptedReply(text),)))
        self._voice = CountedVoice(new=options.counted)
        self._writer = JournalWriter()
        self._recordings = RecordingWriter()
        self._metrics = Metrics()
        self._live = Live()
        self._calls: set[asyncio.Task[Any]] = set()
        self._holds: list[tuple[int, float]] = []
        self.answered_at: list[float] = []
        self._broken = 0

    @staticmethod
    def declare(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--vad", default="silero")
        parser.add_argument("--barge-in", default="never")
        parser.add_argument("--start-ms", type=int, default=200)
        parser.add_argument("--sink", type=int, default=0, help="the STT sink's port")
        parser.add_argument("--everything", action="store_true", help="record, and keep a journal")
        parser.add_argument("--sentences", type=int, default=5, help="how long the agent talks at a time")
        parser.add_argument("--counted", action="store_true", help="make each sentence's sound anew")
        parser.add_argument("--wordless", action="store_true", help="the STT never understands a word")
        parser.add_argument("--stall-ms", type=int, default=0, help="block the loop so long, once a second")

    async def start(self) -> None:
        await self._vad.start()
        self._writer.start()
        await self._recordings.start()
        if self._options.stall_ms:
            self._stall()

    def _stall(self) -> None:
        asyncio.get_running_loop().call_later(1.0, self._stall)
        if self._calls:
            time.sleep(self._options.stall_ms / 1000)

    async def aclose(self) -> None:
        for task in tuple(self._calls):
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._vad.aclose()
        self._writer.close()
        await self._recordings.aclose()
        shutil.rmtree(self._folder, ignore_errors=True)

    def answer(self, leg: Leg) -> LegListener:
        self.answered_at.append(time.perf_counter())
        number = len(self.answered_at)
        recorder = journal = None
        clock = LoopClock()
        if self._options.everything:
            head = Head(number, __version__, self._assistant, "UTC", "2025-01-01T00:00:00Z")
            journal = self._writer.open(self._folder / f"{number}.jsonl", head)
            recorder = self._recordings.recorder(self._folder / f"{number}.wav")
        watch = HoldWatch(journal, self._holds)
        around = CallParts(
            clock=clock,
            live=self._live,
            counters=self._metrics,
            control=NoControl(),
            journal=watch,
            recorder=recorder,
        )
        providers = Providers(self._stt, self._model.brain("", {}), self._voice, self._vad)
        abilities = providers.abilities(self._assistant, "inbound")
        runner = NumberedRunner(number, self._assistant, abilities, providers, leg, around)
        runner.watch = watch
        task = asyncio.get_running_loop().create_task(runner.run())
        self._calls.add(task)
        task.add_done_callback(self._over)
        return runner

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._calls.discard(task)
        if not task.cancelled() and (task.exception() or task.result().reason == "internal_error"):
            self._broken += 1

    def reset(self) -> None:
        self._holds.clear()

    def report(self) -> dict[str, Any]:
        return {"holds": self._holds, "broken": self._broken, "journal_backlog": self._writer.backlog}

    def obey(self, order: str) -> None:
        pass

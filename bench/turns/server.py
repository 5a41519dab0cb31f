"""What answers these callers: the whole engine at its defaults, with an ear that knows the callers' script.

The transcriber tells words only when their place in the sound has been heard, and finals when it is asked for
them, as a recogniser would; what is no caller's it does not understand. The model answers at once: no
vendor's delay hides that the agent begins too early. With `--ear` and `--turn-end` the product's own
recogniser and turn-end models stand in for the script.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from rapida.assistant import Assistant, Provider
from rapida.call.commands import ClearPlayout, Command, FinishTranscription, StartReply
from rapida.call.events import Event, TranscriptChanged, TranscriptFinal, TranscriptionFinished
from rapida.engine.clock import LoopClock
from rapida.engine.live import Live
from rapida.engine.outcome import CallOutcome
from rapida.engine.runner import CallParts, Providers, Runner
from rapida.llm.scripted import ScriptedModel, ScriptedOptions, ScriptedReply
from rapida.providers.build import build
from rapida.store.event_names import named
from rapida.stt import CATALOGUE as STTS
from rapida.stt.base import Emit, SpeechToText
from rapida.telemetry.journal import Journal
from rapida.telemetry.metrics import Metrics
from rapida.telephony.stream import Leg, LegListener, StreamStart
from rapida.turn_end import CATALOGUE as TURN_ENDS
from rapida.vad import CATALOGUE as VADS

from ..cycle import CountedVoice, NoControl

INTERIM_LAG_MS = 200
FINAL_S = 0.25
TAIL_MS = 400
"""A recogniser still makes out what is too soft for the detector at a sentence's end."""
GREETINGS = {
    "short": "Good morning, how can I help you today?",
    "long": " ".join(f"This is sentence number {nth} of a rather long greeting." for nth in range(5)),
}
REPLY = "Thank you, I have written that down. Is there anything else that I can do for you today?"


@dataclass
class Script:
    """What one caller says: words with their places, in the order in which they are said."""

    words: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    told: int = 0
    """How many of them are final."""

    @property
    def rest(self) -> list[tuple[int, int, str]]:
        return self.words[self.told :]

    def add(self, start_ms: int, end_ms: int, text: str) -> None:
        words = text.split()
        at = [start_ms + (end_ms - start_ms) * nth // len(words) for nth in range(len(words) + 1)]
        self.words += zip(at, at[1:], words, strict=False)


class ScriptStt:
    """A recogniser that hears what the callers' scripts say."""

    final_ms = 600

    def __init__(self, *, interims: bool) -> None:
        self.interims = interims
        self.scripts: defaultdict[int, Script] = defaultdict(Script)

    async def start(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def transcriber(self, emit: Emit, *, language: str) -> ScriptTranscriber:
        raise NotImplementedError("each call makes its own: it knows which caller it is")


class ScriptTranscriber:
    """One call's ear."""

    def __init__(self, emit: Emit, ear: OneEar) -> None:
        self._emit = emit
        self._ear = ear
        self._shown = 0
        self._heard_ms = 0

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        self._heard_ms = position_ms + len(ulaw) // 8
        if not self._ear.interims:
            return
        shown = [word for word in self._ear.script.rest if word[1] <= self._heard_ms - INTERIM_LAG_MS]
        if len(shown) > self._shown:
            self._shown = len(shown)
            self._emit(TranscriptChanged(_text(shown), shown[0][0], shown[-1][1]))

    def finish(self, request: FinishTranscription) -> None:
        asyncio.get_running_loop().call_later(FINAL_S, self._final, request)

    def _final(self, request: FinishTranscription) -> None:
        script = self._ear.script
        until_ms = min(self._heard_ms, request.end_ms + TAIL_MS)
        heard = [word for word in script.rest if sum(word[:2]) // 2 <= until_ms]
        if heard:
            script.told += len(heard)
            self._shown = 0
            self._emit(TranscriptFinal(_text(heard), heard[0][0], heard[-1][1]))
        self._emit(TranscriptionFinished(request.transcription_id))

    async def run(self) -> None:
        await asyncio.Event().wait()


def _text(words: list[tuple[int, int, str]]) -> str:
    return " ".join(word for _, _, word in words)


class OneEar(ScriptStt):
    """The recogniser of one call, which hands out a transcriber made before."""

    def __init__(self, stt: ScriptStt) -> None:
        self.interims = stt.interims
        self.script = Script()

    def transcriber(self, emit: Emit, *, language: str) -> ScriptTranscriber:
        return ScriptTranscriber(emit, self)


class Asked(Journal):
    """A journal that keeps only what the model was asked, and when the phone was cleared."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.cleared: list[float] = []

    def append_event(self, t_us: int, event: Event) -> None:
        pass

    def append_command(self, t_us: int, command: Command) -> None:
        if isinstance(command, StartReply):
            self.asked.append([each.text for each in command.memory if each.role == "user"])
        elif isinstance(command, ClearPlayout):
            self.cleared.append(time.perf_counter())

    def close(self) -> None:
        pass

    path = None  # type: ignore[assignment]


class NumberedRunner(Runner):
    """Learns from the stream which caller it has, and whose script to hear by."""

    asked: list[list[str]]

    def listen_to(self, stt: ScriptStt, ear: OneEar, calls: dict[int, NumberedRunner]) -> None:
        self._scripts, self._ear_of, self._calls = stt.scripts, ear, calls

    def on_start(self, start: StreamStart) -> None:
        number = int(start.call_id[2:], 16)
        self._calls[number] = self
        self._ear_of.script = self._scripts[number]
        super().on_start(start)


class Turns:
    """One `Runner` per socket; orders tell what the callers say."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self.answered_at: list[float] = []
        self._vad = build(VADS, options.vad, {})
        self._stt = ScriptStt(interims=options.interims)
        self._real: SpeechToText | None = build(STTS, options.ear, {}) if options.ear else None
        self._turn_end = build(TURN_ENDS, options.turn_end, {}) if options.turn_end else None
        self._model = ScriptedModel(ScriptedOptions((ScriptedReply(REPLY),)))
        self._voice = CountedVoice(new=False)
        self._metrics, self._live = Metrics(), Live()
        self._calls: dict[int, NumberedRunner] = {}
        self._asked: dict[int, Asked] = {}
        self._running: dict[asyncio.Task[CallOutcome], NumberedRunner] = {}
        self._broken = 0

    @staticmethod
    def declare(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--interims", action="store_true", help="the STT shows words as they are spoken")
        parser.add_argument("--ear", default="", help="an STT of the catalogue instead of the script")
        parser.add_argument("--turn-end", default="", help="a turn-end model of the catalogue")
        parser.add_argument("--greeting", choices=sorted(GREETINGS), default="short")

    async def start(self) -> None:
        for each in self._services():
            await each.start()

    async def aclose(self) -> None:
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for each in self._services():
            await each.aclose()

    def _services(self) -> list[Any]:
        return [each for each in (self._vad, self._real, self._turn_end) if each is not None]

    def obey(self, order: str) -> None:
        """`said NUMBER START_MS END_MS WORDS`."""
        _, number, start_ms, end_ms, words = order.split(" ", 4)
        self._stt.scripts[int(number)].add(int(start_ms), int(end_ms), words)

    def answer(self, leg: Leg) -> LegListener:
        self.answered_at.append(time.perf_counter())
        assistant = Assistant(
            id=1,
            version=1,
            name="bench",
            stt=Provider("script"),
            llm=Provider("scripted"),
            tts=Provider("counted"),
            vad=Provider(self._options.vad),
            turn_end=Provider(self._options.turn_end) if self._options.turn_end else None,
            greeting=GREETINGS[self._options.greeting],
            record=False,
        )
        ear, asked = OneEar(self._stt), Asked()
        around = CallParts(LoopClock(), self._live, self._metrics, NoControl(), asked)
        providers = Providers(
            self._real or ear, self._model.brain("", {}), self._voice, self._vad, turn_end=self._turn_end
        )
        abilities = providers.abilities(assistant, "inbound")
        runner = NumberedRunner(len(self.answered_at), assistant, abilities, providers, leg, around)
        runner.listen_to(self._stt, ear, self._calls)
        runner.asked = asked.asked
        task = asyncio.get_running_loop().create_task(runner.run())
        self._running[task] = runner
        task.add_done_callback(self._over)
        return runner

    def _over(self, task: asyncio.Task[CallOutcome]) -> None:
        del self._running[task]
        if not task.cancelled() and (task.exception() or task.result().reason == "internal_error"):
            self._broken += 1

    def reset(self) -> None:
        pass

    def report(self) -> dict[str, Any]:
        return {
            "broken": self._broken,
            "calls": {number: _told(runner) for number, runner in self._calls.items()},
        }


def _told(runner: NumberedRunner) -> dict[str, Any]:
    outcome = runner.outcome
    lines = [
        {"speaker": e.speaker, "kind": e.kind, "text": e.text, "heard": e.heard, "cut": e.cut}
        for _, e, _ in outcome.lines.values()
    ]
    return {
        "lines": lines,
        "asked": runner.asked,
        "reason": outcome.reason,
        "happened": [[at, *named(happening)] for at, happening in outcome.happenings],
    }

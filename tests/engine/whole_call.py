"""A whole call without a socket: the real engine, a phone in memory, and a clock turned by hand.

Only the providers are the simplest ones that ship; the STT answers each stretch of speech with the next line
of what the caller is scripted to say. Times are milliseconds of the call's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rapida.assistant import Assistant, Provider
from rapida.call import commands as c
from rapida.call.events import TranscriptFinal, TranscriptionFinished
from rapida.call.happenings import Happening
from rapida.engine.clock import ManualClock
from rapida.engine.early_listener import EarlyListener
from rapida.engine.live import Glimpse, Live
from rapida.engine.outcome import CallOutcome
from rapida.engine.recorder import RecordingWriter
from rapida.engine.runner import CallParts, Providers, Runner
from rapida.errors import ProviderRefused
from rapida.llm.scripted import ScriptedModel, ScriptedOptions, ScriptedReply
from rapida.stt.base import Emit
from rapida.telemetry.journal import Head, JournalWriter
from rapida.telephony.loopback.phone import LoopbackPhone
from rapida.tools.base import Tool
from rapida.tts.base import Sound
from rapida.tts.tone import Tone
from rapida.turn_end.base import TurnEndModel, TurnEndReader
from rapida.vad.energy import Energy

TICK_US = 10_000


def loud(ms: int) -> bytes:
    """Something a detector takes for a voice: a square wave at about −12 dBFS."""
    return (b"\x9f" * 8 + b"\x1f" * 8) * (ms // 2)


class Dictation:
    """An STT that hears the next line at each end of speech."""

    interims = False
    final_ms = 500

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.fed = 0

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def transcriber(self, emit: Emit, *, language: str) -> Dictation:
        self.emit = emit
        return self

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        self.fed += len(ulaw)

    def finish(self, request: c.FinishTranscription) -> None:
        line = self.lines.pop(0) if self.lines else ""
        self.emit(TranscriptFinal(line, request.start_ms, request.end_ms))
        self.emit(TranscriptionFinished(request.transcription_id))

    async def run(self) -> None:
        await asyncio.Event().wait()


class Counted:
    """Counts what the metrics would."""

    def __init__(self) -> None:
        self.illegal = 0
        self.failures: list[tuple[str, str]] = []
        self.tool_ends: list[str] = []
        self.refused = 0

    def illegal_event(self) -> None:
        self.illegal += 1

    def turn_answered(self, stages: c.Stages) -> None: ...

    def provider_failed(self, family: str, provider: str, *, retryable: bool) -> None:
        self.failures.append((family, provider))

    def transcription_refused(self) -> None:
        self.refused += 1

    def tool_ended(self, end: str) -> None:
        self.tool_ends.append(end)


class WholeCall:
    """One call. `async with` it; turn the clock with `run`."""

    def __init__(
        self,
        replies: Sequence[ScriptedReply | str] = (),
        *,
        hears: Sequence[str] = (),
        voice: Any = None,
        tools: dict[str, Tool] | None = None,
        brain: Any = None,
        judge: TurnEndModel | TurnEndReader | None = None,
        journal: Path | None = None,
        recording: Path | None = None,
        strict: bool = True,
        early: EarlyListener | None = None,
        **changes: Any,
    ) -> None:
        script = tuple(ScriptedReply(reply) if isinstance(reply, str) else reply for reply in replies)
        self.clock = ManualClock()
        self.phone = LoopbackPhone(self.clock)
        self.stt = Dictation(hears)
        self.seen: list[Glimpse] = []
        self.live = Live()
        self.live.watch(self.seen.append)
        self.counted = Counted()
        scripted = ScriptedModel(ScriptedOptions(replies=script or (ScriptedReply("Fine."),)))
        self.brain = brain or scripted.brain("", {})
        self._voice = voice or Tone(Tone.Options(ms_per_character=20))
        self._tools = tools or {}
        self._judge = judge
        self._journal = journal
        self._recording = recording
        self._strict = strict
        self._early = early
        self._writer = JournalWriter()
        self._recordings = RecordingWriter()
        turn = changes.pop("turn", {})
        plain = Assistant(
            id=1, version=1, name="whole call", stt=Provider("scripted"), llm=Provider("scripted"),
            tts=Provider("tone"), vad=Provider("energy"), greeting="Welcome, how can I help?",
        )  # fmt: skip
        self.assistant = replace(plain, turn=replace(plain.turn, **turn), **changes)

    async def __aenter__(self) -> WholeCall:
        await self._voice.start()
        providers = Providers(
            stt=self.stt,
            brain=self.brain,
            tts=self._voice,
            vad=Energy(),
            tools=self._tools,
            turn_end=self._judge,
        )
        abilities = providers.abilities(self.assistant, "inbound")
        self._writer.start()
        journal = None
        if self._journal is not None:
            head = Head(7, "0", self.assistant, "UTC", "2026-11-22T12:00:00Z", abilities=abilities)
            journal = self._writer.open(self._journal, head)
        await self._recordings.start()
        recorder = None if self._recording is None else self._recordings.recorder(self._recording)
        around = CallParts(
            clock=self.clock,
            live=self.live,
            counters=self.counted,
            control=self.phone,
            journal=journal,
            recorder=recorder,
            project_id=2,
            strict=self._strict,
        )
        self.runner = Runner(
            conversation_id=7,
            assistant=self.assistant,
            abilities=abilities,
            providers=providers,
            leg=self.phone,
            around=around,
        )
        self.task = asyncio.create_task(self.runner.run())
        self.phone.rings(lambda leg: self._early or self.runner)
        if self._early is not None:
            self._early.hand_over(self.runner)
        await self._settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self._writer.close()
        await self._recordings.aclose()

    async def _settle(self) -> None:
        """Let every task that can go on do so."""
        for _ in range(12):
            await asyncio.sleep(0)

    async def run(self, for_ms: int, *, until: Callable[[], bool] | None = None) -> WholeCall:
        """Turn the clock; with `until`, at most so far, and it must come true."""
        for _ in range(for_ms * 1000 // TICK_US):
            if self.task.done() or (until is not None and until()):
                break
            self.clock.advance(TICK_US)
            await self._settle()
        assert until is None or until(), f"never happened: {[line.what for line in self.seen]}"
        return self

    async def outcome(self, within_ms: int = 60_000) -> CallOutcome:
        await self.run(within_ms, until=self.task.done)
        return await self.task

    async def until_heard(self, part: str) -> WholeCall:
        """Until the agent's line with `part` has been settled."""
        return await self.run(60_000, until=lambda: any(part in line.text for line in self.lines("agent")))

    @property
    def happened(self) -> list[Happening]:
        """What is kept besides the transcript, so far."""
        return [happening for _, happening in self.runner.outcome.happenings]

    def lines(self, speaker: str) -> list[c.Entry]:
        entries = {s.what.entry_id: s.what.entry for s in self.seen if isinstance(s.what, c.RecordEntry)}
        return [entry for entry in entries.values() if entry.speaker == speaker]

    def caller_makes_a_sound(self, ms: int) -> None:
        self.phone.says(loud(ms))


class Judge:
    """A turn-end model that keeps what it was given to judge."""

    window_ms = 2000

    def __init__(self) -> None:
        self.judged: list[bytes] = []

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    async def complete(self, ulaw: bytes) -> bool:
        self.judged.append(ulaw)
        return True


class BrokenVoice:
    """A voice that fails after its first sentence, unless told otherwise for good."""

    def __init__(self, failure: Exception | None = None) -> None:
        self._failure = failure or ProviderRefused("voice", "the key is wrong")
        self._good = Tone(Tone.Options(ms_per_character=20))
        self.asked = 0

    async def start(self) -> None:
        await self._good.start()

    async def aclose(self) -> None: ...

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        self.asked += 1
        if self.asked > 1:
            raise self._failure
        async for sound in self._good.synthesize(text):
            yield sound

"""A stage for the call core: a caller, a voice, a model and a phone that live on a clock turned by hand.

It plays the shell's part with none of the shell's code: every order is performed by scheduling the events
that a perfect network would bring, in a heap ordered by time. Times in tests are milliseconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rapida.assistant import Assistant, Provider
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.call import Call
from rapida.call.desk import Abilities

MS_PER_CHARACTER = 50
FIRST_STAMP_MS = 100
"""The carrier's first timestamp is not zero."""


def an_assistant(**changes: Any) -> Assistant:
    plain = Assistant(
        id=1, version=1, name="test", stt=Provider("scripted"), llm=Provider("scripted"), tts=Provider("tone"),
        greeting="Welcome to the test line, how can I help you today?",
    )  # fmt: skip
    turn = changes.pop("turn", {})
    from msgspec.structs import replace as change

    return change(plain, turn=change(plain.turn, **turn), **changes)


@dataclass
class Says:
    """What the model answers: text, tool calls, a question."""

    text: str = ""
    tools: Sequence[tuple[str, str]] = ()
    question: e.Question | None = None
    after_ms: int = 100
    fails: bool | None = None
    """None = does not fail; True/False = fails retryably or for good."""
    silent: bool = False
    """Never sends a token."""


@dataclass
class Sounding:
    """What the phone has of one utterance."""

    available_ms: int = 0
    complete: bool = False
    sent_ms: int = 0


@dataclass
class Stage:
    assistant: Assistant = field(default_factory=an_assistant)
    abilities: Abilities = field(default_factory=Abilities)
    replies: list[Says] = field(default_factory=list)
    tts_first_ms: int = 20
    stt_final_ms: int = 200
    tool_ms: int = 300
    tool_result: str = "fine"
    synthesis_fails: Callable[[str], bool | None] = lambda text: None
    marks_return: bool = True

    def __post_init__(self) -> None:
        self.call = Call(self.assistant, self.abilities)
        self.now_us = 0
        self.orders: list[tuple[int, c.Command]] = []
        self.events: list[tuple[int, e.Event]] = []
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._dead: set[int] = set()
        self._queue: list[int] = []
        self._sounding: dict[int, Sounding] = {}
        self._segments: dict[int, tuple[int, int]] = {}
        self._held = False
        self._ends_us = 0
        self._generation = 0
        self._speech: list[tuple[int, int, str]] = []
        self._connected_us: int | None = None
        self._sound_until_ms = FIRST_STAMP_MS
        self._sound_stalled_until: int | None = None
        self._perform(self.call.open(0))

    # What tests ask

    @property
    def now_ms(self) -> int:
        return self.now_us // 1000

    def ordered(self, kind: type[Any]) -> list[Any]:
        return [order for _, order in self.orders if isinstance(order, kind)]

    def when(self, kind: type[Any], nth: int = 0) -> int:
        """The millisecond of the nth order of a kind."""
        return [at for at, order in self.orders if isinstance(order, kind)][nth] // 1000

    @property
    def end(self) -> str | None:
        ends = self.ordered(c.EndCall)
        assert len(ends) <= 1, "a call ends once"
        return ends[0].reason if ends else None

    @property
    def transcript(self) -> list[c.Entry]:
        lines: dict[int, c.Entry] = {}
        for order in self.ordered(c.RecordEntry):
            lines[order.entry_id] = order.entry
        return list(lines.values())

    @property
    def asked(self) -> list[c.StartReply]:
        return self.ordered(c.StartReply)

    @property
    def said(self) -> list[str]:
        """Every segment given to the voice."""
        return [order.text for order in self.ordered(c.StartSynthesis)]

    # What tests do

    def at(self, ms: int, action: Callable[[], None]) -> None:
        self._schedule(ms * 1000, action)

    def later(self, ms: int, event: e.Event) -> None:
        self._schedule(self.now_us + ms * 1000, lambda: self.tell(event))

    def connect(self) -> Stage:
        self._connected_us = self.now_us
        self.tell(e.Connected())
        self._schedule(self.now_us + 20_000, self._frame)
        return self

    def caller_says(self, text: str, *, for_ms: int, at: int | None = None, level_db: float = -25.0) -> None:
        """The caller makes a sound; `text` is what the STT will make of it ("" = a cough)."""
        start = self.now_ms if at is None else at
        position = self.position_at(start)
        self._speech.append((position, position + for_ms, text))
        self.at(start, lambda: self.tell(e.VoiceRose(position, level_db)))
        self.at(start + for_ms, lambda: self.tell(e.VoiceFell(position + for_ms)))

    def caller_presses(self, keys: str, *, at: int | None = None, every_ms: int = 200) -> None:
        start = self.now_ms if at is None else at
        for nth, key in enumerate(keys):
            self.at(start + nth * every_ms, lambda key=key: self.tell(e.KeyPressed(key)))

    def position_at(self, ms: int) -> int:
        assert self._connected_us is not None
        return ms - self._connected_us // 1000 + FIRST_STAMP_MS

    def run(self, for_ms: int | None = None, *, until: Callable[[], bool] | None = None) -> Stage:
        """Turn the clock by `for_ms`, or until a condition holds (at most two virtual hours)."""
        stop_us = self.now_us + (for_ms if for_ms is not None else 7_200_000) * 1000
        while not (until is not None and until()) and self.call.state != "ended":
            deadline = self.call.deadline_us
            next_us = self._heap[0][0] if self._heap else None
            due = min((t for t in (deadline, next_us) if t is not None), default=None)
            if due is None or due > stop_us:
                break
            self.now_us = max(self.now_us, due)
            if next_us is not None and next_us <= self.now_us:
                heapq.heappop(self._heap)[2]()
            else:
                self.tell(e.TimerDue())
        if until is None:
            self.now_us = max(self.now_us, min(stop_us, stop_us if self.call.state != "ended" else self.now_us))
        else:
            assert until(), f"never happened; orders: {self.orders[-12:]}"
        return self

    def until(self, kind: type[Any], count: int = 1) -> Stage:
        return self.run(until=lambda: len(self.ordered(kind)) >= count)

    def until_heard(self, part: str) -> Stage:
        """Run until an agent's line that contains `part` has been settled."""
        return self.run(until=lambda: any(line.speaker == "agent" and part in line.text for line in self.transcript))

    def until_playing(self, part: str, for_ms: int = 0) -> Stage:
        """Run until the utterance with `part` has been sounding for a while."""

        def playing() -> bool:
            for order in self.ordered(c.StartSynthesis):
                sounding = self._sounding.get(order.utterance_id)
                if part in order.text and sounding is not None and sounding.sent_ms > 0:
                    return True
            return False

        self.run(until=playing)
        return self.run(for_ms) if for_ms else self

    def tell(self, event: e.Event) -> None:
        self.events.append((self.now_us, event))
        self._perform(self.call.handle(event, self.now_us))

    # The shell's part

    def _schedule(self, at_us: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at_us, self._count, action))

    def _frame(self) -> None:
        """Caller sound arrives every 20 ms; the core is told only when it asked."""
        if self.call.state == "ended":
            return
        stalled = self._sound_stalled_until
        if stalled is None or self.now_us >= stalled:
            first = self._sound_until_ms == FIRST_STAMP_MS
            self._sound_until_ms = self.position_at(self.now_ms)
            wanted = self.call.sound_deadline_ms
            if first:
                self.tell(e.SoundStarted(self._sound_until_ms))
            elif wanted is not None and self._sound_until_ms >= wanted:
                self.tell(e.SoundReached(self._sound_until_ms))
        self._schedule(self.now_us + 20_000, self._frame)

    def stall_sound(self, for_ms: int) -> None:
        """No frames for a while; after a second the listener says so."""
        self._sound_stalled_until = self.now_us + for_ms * 1000
        if for_ms >= 1000:
            until = self._sound_until_ms
            self.at(self.now_ms + 1000, lambda: self.tell(e.SoundStalled(until)))

    def _perform(self, orders: Sequence[c.Command]) -> None:
        for order in orders:
            self.orders.append((self.now_us, order))
            action = self._ACTIONS.get(type(order))
            if action is not None:
                action(self, order)

    def _start_reply(self, order: c.StartReply) -> None:
        says = self.replies.pop(0) if self.replies else Says("All right.")
        reply, at = order.reply_id, says.after_ms
        if says.silent:
            return
        if says.fails is not None:
            self._unless_dead(reply, at, e.ReplyFailed(reply, "it failed", says.fails))
            return
        for word in says.text.split(" ") if says.text else []:
            self._unless_dead(reply, at, e.ReplyDelta(reply, word + " "))
            at += 10
        for nth, (name, arguments) in enumerate(says.tools):
            self._unless_dead(reply, at, e.ToolCalled(reply, f"t{reply}.{nth}", name, arguments))
        if says.question is not None:
            self._unless_dead(reply, at, e.QuestionAsked(reply, says.question))
        self._unless_dead(reply, at, e.ReplyEnded(reply, 10, 10))

    def _unless_dead(self, operation: int, after_ms: int, event: e.Event) -> None:
        def tell() -> None:
            if operation not in self._dead:
                self.tell(event)

        self._schedule(self.now_us + after_ms * 1000, tell)

    def _start_tool(self, order: c.StartTool) -> None:
        self.later(self.tool_ms, e.ToolFinished(order.tool_id, self.tool_result))

    def _finish_transcription(self, order: c.FinishTranscription) -> None:
        for speech in [s for s in self._speech if s[0] >= order.start_ms - 50 and s[1] <= order.end_ms + 50]:
            self._speech.remove(speech)
            self.later(self.stt_final_ms, e.TranscriptFinal(speech[2], speech[0], speech[1]))
        self.later(self.stt_final_ms, e.TranscriptionFinished(order.transcription_id))

    def _synthesise(self, order: c.StartSynthesis) -> None:
        if order.utterance_id not in self._sounding:
            self._sounding[order.utterance_id] = Sounding()
            self._queue.append(order.utterance_id)
        fails = self.synthesis_fails(order.text)
        if fails is not None:
            event = e.SynthesisFailed(order.segment_id, "it failed", fails)
            return self._unless_dead(order.segment_id, self.tts_first_ms, event)
        duration = len(order.text) * MS_PER_CHARACTER

        def arrive() -> None:
            if order.segment_id in self._dead:
                return
            self.tell(e.SynthesisBegan(order.segment_id))
            self._sounding[order.utterance_id].available_ms += duration
            self.tell(e.SynthesisEnded(order.segment_id, duration))
            self._pump()

        self._schedule(self.now_us + self.tts_first_ms * 1000, arrive)
        return None

    def _pump(self) -> None:
        """The pacer: 100 ms messages while the phone has no more than 200 ms."""
        while not self._held and self._queue and self._connected_us is not None:
            utterance = self._queue[0]
            sounding = self._sounding[utterance]
            left = sounding.available_ms - sounding.sent_ms
            if left <= 0:
                if sounding.complete:
                    self._queue.pop(0)
                    continue
                return
            if self._ends_us - self.now_us > 200_000:
                generation = self._generation
                wake = self._ends_us - 200_000

                def again(generation: int = generation) -> None:
                    if generation == self._generation:
                        self._pump()

                self._schedule(wake, again)
                return
            step = min(left, 100 if sounding.sent_ms else 40)
            sounding.sent_ms += step
            self._ends_us = max(self._ends_us, self.now_us) + step * 1000
            self.tell(e.SoundSent(utterance, sounding.sent_ms, self._ends_us))
            mark = e.MarkReturned(self._generation, utterance, sounding.sent_ms)
            if self.marks_return:
                self._schedule(self._ends_us + 1000, lambda mark=mark: self.tell(mark))

    def _hold(self, _: c.HoldPlayout) -> None:
        self._held = True

    def _resume(self, order: c.ResumePlayout) -> None:
        self._held = False
        if order.utterance_id in self._sounding and order.from_ms is not None:
            self._sounding[order.utterance_id].sent_ms = order.from_ms
        self._schedule(self.now_us, self._pump)

    def _clear(self, order: c.ClearPlayout) -> None:
        self._generation = order.generation
        self._queue.clear()
        self._held = False
        self._ends_us = self.now_us

    def _finish_utterance(self, order: c.FinishUtterance) -> None:
        self._sounding[order.utterance_id].complete = True

    def _close(self, _: c.CloseStream) -> None:
        self.later(5, e.CarrierStopped())

    _ACTIONS = {
        c.StartReply: _start_reply,
        c.CancelReply: lambda self, order: self._dead.add(order.reply_id),
        c.StartTool: _start_tool,
        c.FinishTranscription: _finish_transcription,
        c.StartSynthesis: _synthesise,
        c.CancelSynthesis: lambda self, order: self._dead.add(order.segment_id),
        c.FinishUtterance: _finish_utterance,
        c.HoldPlayout: _hold,
        c.ResumePlayout: _resume,
        c.ClearPlayout: _clear,
        c.CloseStream: _close,
        c.Transfer: lambda self, order: self.later(50, e.CarrierStopped()),
    }


def with_turn(stage_assistant: Assistant, **turn: Any) -> Assistant:
    from msgspec.structs import replace as change

    return change(stage_assistant, turn=change(stage_assistant.turn, **turn))


__all__ = ["MS_PER_CHARACTER", "Says", "Sounding", "Stage", "an_assistant", "replace", "with_turn"]

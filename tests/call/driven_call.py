"""A call of the core, driven: a caller, a voice, a model and a phone that live on a clock turned by hand.

It plays the shell's part with none of the shell's code: every order is performed by scheduling the events
that a perfect network would bring, in a heap ordered by time. Times in tests are milliseconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from msgspec.structs import replace

from rapida.assistant import Assistant, Provider, TurnTaking
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.call.call import Call

from .orders_of_call import OrdersOfCall
from .phone_in_memory import PhoneInMemory

MS_PER_CHARACTER = 50
FIRST_STAMP_MS = 100
"""The carrier's first timestamp is not zero."""
INTERIM_LAG_MS = 100
SOON_MS = 60_000
TO_THE_END_MS = 7_200_000
GREETING = "Welcome to the test line, how can I help you today?"
LONG = "We are open from nine to five on weekdays and from ten to four at weekends."

ACCEPTED = e.TransferAccepted()
SCRIPTED = Provider("scripted")
PLAIN = Assistant(
    id=1, version=1, name="test", stt=SCRIPTED, llm=SCRIPTED, tts=Provider("tone"), greeting=GREETING,
    turn=TurnTaking(hesitation_ms=0),
)  # fmt: skip
"""Its answers are heard as soon as they are there, so that tests may count on the moment."""
QUESTIONS = [
    e.Question(),
    e.Question(keys="12", barge_in="never"),
    e.Question(kind="digits", max_digits=4, takes_unclear=True),
    e.Question(kind="digits", max_digits=4, sensitive=True),
    e.Question(silence_ms=300, reprompt="Again?", barge_in="always"),
]
"""One of each kind."""


def an_assistant(**changes: Any) -> Assistant:
    """The plain one with changes; `turn`, `idle`, `keypad` and `deadlines` take a dictionary of their own."""
    for part in ("turn", "idle", "keypad", "deadlines"):
        if part in changes:
            changes[part] = replace(getattr(PLAIN, part), **changes[part])
    return replace(PLAIN, **changes)


@dataclass
class Says:
    """What the model answers: text, tool calls, a question."""

    text: str = ""
    tools: Sequence[tuple[str, str]] = ()
    question: e.Question | None = None
    after_ms: int = 100
    per_word_ms: int = 10
    fails: bool | None = None
    """None = does not fail; True/False = fails retryably or for good, after the text."""
    stalls: bool = False
    """Says its text (if any) and then nothing more, for ever."""


@dataclass
class Voices:
    """How the synthesiser treats a segment."""

    first_ms: int = 20
    timings: tuple[e.WordTiming, ...] = ()
    fails: bool | None = None
    stalls: bool = False
    drips_ms: int = 0
    """The sound takes this long from first to last byte, with news every second."""


@dataclass
class DrivenCall(OrdersOfCall):
    assistant: Assistant = PLAIN
    abilities: Abilities = field(default_factory=Abilities)
    replies: list[Says] = field(default_factory=list[Says])
    stt_final_ms: int = 200
    stt: str = "answers"
    """answers, refuses, or is silent."""
    tool_ms: dict[str, int] = field(default_factory=dict[str, int])
    tool_result: str = "fine"
    voice: Callable[[str], Voices] = lambda text: Voices()
    verdicts: list[bool | None] = field(default_factory=list[bool | None])
    """What the turn-end model says, one after the other; None = nothing, ever."""
    verdict_ms: int = 100
    reads: Callable[[str], int | None] = lambda text: None
    """The pause that a model which reads leaves to the words so far, at once; None = silence decides."""
    digits_valid: list[bool] = field(default_factory=list[bool])
    digits_ms: int = 1
    transfer: e.Event | None = ACCEPTED
    """The carrier's answer to a transfer; None = it never answers."""
    transfer_ms: int = 40
    carrier_speaks: bool = True
    """Whether the carrier says a last sentence that the voice cannot say."""

    def __post_init__(self) -> None:
        self.call = Call(self.assistant, self.abilities)
        self.now_us = 0
        self.orders = []
        self.events: list[tuple[int, e.Event]] = []
        self.phone = PhoneInMemory(self.tell, self._schedule, lambda: self.now_us)
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._dead: set[int] = set()
        self._speech: list[tuple[int, int, str]] = []
        self._digits: int | None = None
        """How many sensitive digits there are; None = keys are told as they are."""
        self._connected_ms: int | None = None
        self._sound_ends_ms = FIRST_STAMP_MS
        self._silent_until_ms = 0
        self.perform(self.call.open(0))

    # What tests do

    @property
    def now_ms(self) -> int:
        return self.now_us // 1000

    def at(self, ms: int, action: Callable[[], None]) -> None:
        self._schedule(ms * 1000, action)

    def later(self, ms: int, event: e.Event) -> None:
        self._schedule(self.now_us + ms * 1000, lambda: self.tell(event))

    def connect(self, *, sends_sound: bool = True) -> DrivenCall:
        self._connected_ms = self.now_ms
        self.phone.connected = True
        self.tell(e.Connected())
        self.phone.pump()
        if sends_sound:
            self._schedule(self.now_us + 20_000, self._frame)
        return self

    def caller_says(
        self,
        text: str,
        *,
        for_ms: int,
        at: int | None = None,
        level_db: float = -25.0,
        interims: str | None = None,
    ) -> None:
        """The caller makes a sound; `text` is what the STT will make of it ("" = a cough)."""
        start = self.now_ms if at is None else at
        position = self.position_at(start)
        self._speech.append((position, position + for_ms, text))
        self.at(start, lambda: self.tell(e.VoiceRose(position, level_db)))
        self.at(start + for_ms, lambda: self.tell(e.VoiceFell(position + for_ms)))
        words = (text if interims is None else interims).split() if self.abilities.interims else []
        for count in range(1, len(words) + 1):
            end = position + for_ms * count // len(words)
            interim = e.TranscriptChanged(" ".join(words[:count]), position, end)
            self.at(start + end - position + INTERIM_LAG_MS, lambda interim=interim: self.tell(interim))

    def caller_presses(self, keys: str, *, at: int | None = None, every_ms: int = 200) -> None:
        start = self.now_ms if at is None else at
        for nth, key in enumerate(keys):
            self.at(start + nth * every_ms, lambda key=key: self._press(key))

    def stall_sound(self, for_ms: int) -> None:
        """No frames for a while; after a second the listener says so."""
        self._silent_until_ms = self.now_ms + for_ms
        if for_ms > 1000:
            ends = self._sound_ends_ms
            self.at(self.now_ms + 1000, lambda: self.tell(e.SoundStalled(ends)))

    def position_at(self, ms: int) -> int:
        """Where the caller's sound stands at an instant."""
        assert self._connected_ms is not None, "connect first"
        return ms - self._connected_ms + FIRST_STAMP_MS

    def run(self, for_ms: int | None = None, *, until: Callable[[], bool] | None = None) -> DrivenCall:
        """Turn the clock by `for_ms`, to the call's end, or until a condition holds (within a minute)."""
        longest_ms = TO_THE_END_MS if until is None else SOON_MS
        stop_us = self.now_us + (longest_ms if for_ms is None else for_ms) * 1000
        while not (until is not None and until()) and self.call.state != "ended":
            next_us = self._heap[0][0] if self._heap else None
            due = min((at for at in (self.call.deadline_us, next_us) if at is not None), default=None)
            if due is None or due > stop_us:
                break
            self.now_us = max(self.now_us, due)
            if next_us is not None and next_us <= self.now_us:
                heapq.heappop(self._heap)[2]()
            else:
                self.tell(e.TimerDue())
        if until is not None:
            assert until(), f"never happened; orders: {self.orders[-12:]}"
        elif self.call.state != "ended":
            self.now_us = stop_us
        return self

    def until(self, kind: type[Any], count: int = 1) -> DrivenCall:
        """Run until an order of a kind has been given `count` times."""
        return self.run(until=lambda: len(self.ordered(kind)) >= count)

    def until_heard(self, part: str) -> DrivenCall:
        """Run until the caller has heard the agent say `part`."""

        def heard() -> bool:
            return any(line.speaker == "agent" and part in line.heard for line in self.transcript)

        return self.run(until=heard)

    def until_playing(self, part: str, for_ms: int = 0) -> DrivenCall:
        """Run until the utterance with `part` has been sounding for a while."""

        def playing() -> bool:
            return any(
                part in order.text and self.phone.utterances[order.utterance_id].sent_ms > 0
                for order in self.ordered(c.StartSynthesis)
            )

        self.run(until=playing)
        return self.run(for_ms) if for_ms else self

    def tell(self, event: e.Event) -> None:
        self.events.append((self.now_us, event))
        self.perform(self.call.handle(event, self.now_us))

    # The shell's part

    def perform(self, orders: Sequence[c.Command]) -> None:
        for order in orders:
            self.orders.append((self.now_us, order))
            action = self._ACTIONS.get(type(order))
            if action is not None:
                action(self, order)

    def _schedule(self, at_us: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at_us, self._count, action))

    def _frame(self) -> None:
        """Caller sound arrives every 20 ms; the core is told only what it asked for."""
        if self.call.state == "ended":
            return
        if self.now_ms >= self._silent_until_ms:
            first = self._sound_ends_ms == FIRST_STAMP_MS
            self._sound_ends_ms = self.position_at(self.now_ms)
            wanted = self.call.sound_deadline_ms
            if first:
                self.tell(e.SoundStarted(self._sound_ends_ms))
            elif wanted is not None and self._sound_ends_ms >= wanted:
                self.tell(e.SoundReached(self._sound_ends_ms))
        self._schedule(self.now_us + 20_000, self._frame)

    def _press(self, key: str) -> None:
        if self._digits is None:
            self.tell(e.KeyPressed(key))
        elif key == "#":
            self.tell(e.KeyPressed("terminator"))
        else:
            self._digits += 1
            self.tell(e.KeyPressed(f"digit#{self._digits}"))

    def _collect(self, _: c.CollectSensitive) -> None:
        self._digits = 0

    def _judge_digits(self, order: c.JudgeDigits) -> None:
        valid = self.digits_valid.pop(0) if self.digits_valid else True
        self.later(self.digits_ms, e.DigitsJudged(order.collection_id, valid))

    def _stop_collecting(self, _: c.StopCollecting | c.ReleaseKeys) -> None:
        self._digits = None

    def _start_reply(self, order: c.StartReply) -> None:
        says = self.replies.pop(0) if self.replies else Says("All right.")
        reply, at = order.reply_id, says.after_ms
        for word in says.text.split(" ") if says.text else []:
            self._unless_dead(reply, at, e.ReplyDelta(reply, word + " "))
            at += says.per_word_ms
        if says.stalls:
            return
        if says.fails is not None:
            self._unless_dead(reply, at, e.ReplyFailed(reply, "it failed", says.fails))
            return
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
        self.later(self.tool_ms.get(order.name, 300), e.ToolFinished(order.tool_id, self.tool_result))

    def _judge_turn_end(self, order: c.JudgeTurnEnd) -> None:
        if order.text:
            if (pause_ms := self.reads(order.text)) is not None:
                self.later(0, e.TurnEndJudged(order.judgement_id, pause_ms < 700, pause_ms))
            return
        verdict = self.verdicts.pop(0) if self.verdicts else True
        if verdict is not None:
            self.later(self.verdict_ms, e.TurnEndJudged(order.judgement_id, verdict))

    def _finish_transcription(self, order: c.FinishTranscription) -> None:
        if self.stt == "refuses":
            self.later(5, e.TranscriptionRefused(order.transcription_id))
        if self.stt != "answers":
            return
        for speech in [s for s in self._speech if s[0] >= order.start_ms - 50 and s[0] < order.end_ms]:
            self._speech.remove(speech)
            said = speech
            if speech[1] > order.end_ms + 50:  # it goes on: only what was said so far
                said, rest = _parted(speech, order.end_ms)
                self._speech.append(rest)
            self.later(self.stt_final_ms, e.TranscriptFinal(said[2], said[0], said[1]))
        self.later(self.stt_final_ms, e.TranscriptionFinished(order.transcription_id))

    def _let_carrier_say(self, _: c.LetCarrierSay) -> None:
        self.later(40, e.CarrierStopped() if self.carrier_speaks else e.CarrierSilent("no such call"))

    def _transfer(self, _: c.Transfer) -> None:
        if self.transfer is not None:
            self.later(self.transfer_ms, self.transfer)
        if self.transfer is ACCEPTED:
            self.later(self.transfer_ms + 10, e.CarrierStopped())

    def _synthesise(self, order: c.StartSynthesis) -> None:
        self.phone.start(order)
        segment, voices = order.segment_id, self.voice(order.text)
        if voices.stalls:
            return
        if voices.fails is not None:
            failed = e.SynthesisFailed(segment, "it failed", voices.fails)
            self._unless_dead(segment, voices.first_ms, failed)
            return
        self._unless_dead(segment, voices.first_ms, e.SynthesisBegan(segment))
        for at in range(1000, voices.drips_ms, 1000):
            self._unless_dead(segment, voices.first_ms + at, e.SynthesisProgressed(segment))
        duration = len(order.text) * MS_PER_CHARACTER

        def arrive() -> None:
            if segment not in self._dead:
                self.tell(e.SynthesisEnded(segment, duration, voices.timings))
                self.phone.sound(order, duration)

        self._schedule(self.now_us + (voices.first_ms + voices.drips_ms) * 1000, arrive)

    def _cancel_synthesis(self, order: c.CancelSynthesis) -> None:
        self._dead.add(order.segment_id)
        self.phone.cancel(order)

    _ACTIONS: ClassVar[dict[type[c.Command], Callable[[DrivenCall, Any], None]]] = {
        c.StartReply: _start_reply,
        c.CancelReply: lambda self, order: self._dead.add(order.reply_id),
        c.StartTool: _start_tool,
        c.FinishTranscription: _finish_transcription,
        c.JudgeTurnEnd: _judge_turn_end,
        c.CollectSensitive: _collect,
        c.JudgeDigits: _judge_digits,
        c.StopCollecting: _stop_collecting,
        c.ReleaseKeys: _stop_collecting,
        c.StartSynthesis: _synthesise,
        c.CancelSynthesis: _cancel_synthesis,
        c.FinishUtterance: lambda self, order: self.phone.finish(order),
        c.HoldPlayout: lambda self, order: self.phone.hold(order),
        c.ResumePlayout: lambda self, order: self.phone.resume(order),
        c.TakeBackPlayout: lambda self, order: self.phone.take_back(order),
        c.ClearPlayout: lambda self, order: self.phone.clear(order),
        c.CloseStream: lambda self, order: self.later(5, e.CarrierStopped()),
        c.Transfer: _transfer,
        c.LetCarrierSay: _let_carrier_say,
    }


def _parted(speech: tuple[int, int, str], at_ms: int) -> tuple[tuple[int, int, str], tuple[int, int, str]]:
    """Speech before and after a place in it; a word belongs to where it ends."""
    start, end, words = speech[0], speech[1], speech[2].split()
    spoken = sum(start + (end - start) * nth // len(words) <= at_ms for nth in range(1, len(words) + 1))
    return (start, at_ms, " ".join(words[:spoken])), (at_ms, end, " ".join(words[spoken:]))


def answered(**script: Any) -> DrivenCall:
    """A call whose greeting has been heard."""
    return DrivenCall(**script).run(500).connect().until_heard("Welcome")


def playing(text: str, *, for_ms: int = 500, **script: Any) -> DrivenCall:
    """A call in which the agent has been saying `text` for a while, in answer to "hello there"."""
    script["replies"] = [Says(text), *script.get("replies", [])]
    driven = answered(**script)
    driven.caller_says("hello there", for_ms=600)
    return driven.until_playing(text[:12], for_ms)


def speaking(**script: Any) -> DrivenCall:
    """The agent has been saying LONG for two seconds."""
    return playing(LONG, for_ms=2000, **script)


def never(*replies: Says) -> DrivenCall:
    """The agent has been saying LONG for two seconds and must not be interrupted."""
    driven = answered(replies=[Says(LONG, question=e.Question(barge_in="never")), *replies])
    driven.caller_says("hello there", for_ms=600)
    return driven.until_playing("We are open", 2000)

"""One media stream of the phone, sans-I/O: messages and time in, messages out.

It keeps the line's clock (frame k at `first_timestamp_ms` + k × 20 ms, absolute, so that a late call catches
up and nothing drifts), lets the caller act once per frame, and plays what the server sends. The owner of the
socket feeds it and calls `tick` at `deadline_s`; see `media_socket`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .caller import Began, Caller, Cue, Press, PutDown, Said
from .chaos import MALFORMED, Chaos, held_until_s
from .faults import Fault, LineFault
from .handset import Handset, LiveCaller
from .heard import Heard
from .loudness import RATE_HZ, AgentSounding
from .playout import Playout
from .wire import Clear, Mark, Media, StreamFacts, Writer, read

FRAME_MS = 20
"""Twilio sends so much in each media message."""
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
"""The bytes of one frame."""
FIRST_TIMESTAMP_MS = 102
"""One of the first timestamps seen in real calls (99, 102, 155, 171): never 0, seldom a round number."""
STOOD_STILL_S = 0.1
"""A tick so much later than it was due tells that this process stood still, not that the agent was silent."""


@dataclass(frozen=True)
class StreamReport:
    """What happened on one stream.

    `spoken` is the caller's own sound, mu-law without a hole, from `spoken_from_s` of the stream's clock on;
    `messages` counts the server's media, marks and clears; `unfinished` names a step that was still to come.
    """

    facts: StreamFacts
    heard: Heard
    said: tuple[Said, ...]
    spoken: bytes
    spoken_from_s: float
    frames_sent: int
    messages: tuple[int, int, int]
    faults: tuple[Fault, ...]
    problem: str
    unfinished: str

    @property
    def marks(self) -> tuple[str, ...]:
        """The names of the marks that came back, in order."""
        return tuple(mark.name for mark in self.heard.marks)


class Stream:
    """The phone's end of one stream. Times are seconds since the stream began and never go backwards.

    A `handset` takes the place of the cues. `note` is told in a few words what a person following the call
    wants to know.
    """

    def __init__(
        self,
        facts: StreamFacts,
        cues: Sequence[Cue] = (),
        *,
        noise: bytes = b"",
        limit_s: float = 300.0,
        handset: Handset | None = None,
        chaos: Chaos | None = None,
        first_timestamp_ms: int = FIRST_TIMESTAMP_MS,
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.facts = facts
        self.faults: list[Fault] = []
        self.put_down = False
        self.problem = ""
        scripted = Caller(cues, noise=noise, limit_s=limit_s)
        self._caller = LiveCaller(handset) if handset else scripted
        self._chaos = chaos or Chaos()
        self._writer = Writer(facts)
        self._playout = Playout()
        self._ear = AgentSounding()
        self._note = note
        self._first_ms = first_timestamp_ms
        self._frames = 0
        self._spoken = bytearray()
        self._counts = {Media: 0, Mark: 0, Clear: 0}
        self._malformed = list(self._chaos.malformed)
        self._agent_since_s = -1.0
        self._held_until_s = 0.0

    def open(self) -> list[str]:
        """The two messages that begin a stream."""
        return [self._writer.connected(), self._writer.start()]

    @property
    def deadline_s(self) -> float:
        """When to call `tick` if nothing arrives before."""
        frame_s = max(self._frame_at_s(), self._held_until_s)
        mark_s = self._playout.next_mark_at_s
        return frame_s if mark_s is None else min(frame_s, mark_s)

    def tick(self, now_s: float) -> list[str | bytes]:
        """Everything that is due by `now_s`: returned marks, frames, digits. May set `put_down`."""
        if now_s - self.deadline_s > STOOD_STILL_S:
            self._caller.stood_still(now_s)
        out: list[str | bytes] = list(map(self._writer.mark, self._playout.returned(now_s)))
        self._listen(now_s)
        self._held_until_s = held_until_s(self._chaos, now_s)
        if self._held_until_s > now_s:
            return out
        while self._frame_at_s() <= now_s and not self.put_down:
            out += self._frame(self._frame_at_s(), now_s)
        while self._malformed and now_s >= 1.0 + 0.2 * (len(self._chaos.malformed) - len(self._malformed)):
            out.append(MALFORMED[self._malformed.pop(0)](self.facts))
        return out

    def receive(self, message: str | bytes, now_s: float) -> list[str]:
        """Take one message of the server; returns the marks that come back at once."""
        try:
            order = read(message, self.facts.stream_sid)
        except LineFault as fault:
            self._warn(fault.code, fault.detail, now_s)
            return []
        self._counts[type(order)] += 1
        names = self._playout.returned(now_s)
        match order:
            case Media(ulaw):
                if not self._playout.play(ulaw, now_s):
                    self._warn(31931, f"{len(ulaw)} bytes were dropped", now_s)
            case Mark(name):
                self._playout.mark(name, now_s)
                names += self._playout.returned(now_s)
            case Clear():
                self._listen(now_s)
                names += self._playout.clear(now_s)
                self._note("the agent's sound was cleared")
        return list(map(self._writer.mark, names))

    def stop(self) -> list[str]:
        """The message that ends a stream."""
        return [self._writer.stop()]

    def report(self, now_s: float) -> StreamReport:
        counts = self._counts
        return StreamReport(
            facts=self.facts,
            heard=self._playout.heard(now_s),
            said=tuple(self._caller.said),
            spoken=bytes(self._spoken),
            spoken_from_s=self._first_ms / 1000,
            frames_sent=self._frames,
            messages=(counts[Media], counts[Mark], counts[Clear]),
            faults=tuple(self.faults),
            problem=self.problem,
            unfinished=self._caller.unfinished,
        )

    def _frame_at_s(self) -> float:
        return (self._first_ms + self._frames * FRAME_MS) / 1000

    def _frame(self, at_s: float, now_s: float) -> list[str | bytes]:
        out: list[str | bytes] = []
        for act in self._caller.step(at_s, self._ear, agent_idle=self._playout.is_idle(now_s)):
            match act:
                case Began(label):
                    self._note(f"caller: {label}")
                case Press(digit):
                    out.append(self._writer.dtmf(digit))
                case PutDown(problem):
                    self.put_down, self.problem = True, problem
                    return out
        ulaw = self._caller.sound(FRAME_SAMPLES)
        self._spoken += ulaw
        out.append(self._writer.media(self._first_ms + self._frames * FRAME_MS, ulaw))
        self._frames += 1
        return out

    def _listen(self, now_s: float) -> None:
        reached_ear = self._playout.listen(now_s)
        self._ear.hear(reached_ear)
        self._caller.hear(reached_ear)
        if self._ear.stretches and self._ear.sounding_since_s() > self._agent_since_s:
            self._agent_since_s = self._ear.sounding_since_s()
            self._note("the agent speaks")

    def _warn(self, code: int, detail: str, at_s: float) -> None:
        """Every fault is counted and kept, though Twilio itself reports each code once per stream."""
        self.faults.append(Fault(code, detail, at_s, warning=True))
        self._note(str(self.faults[-1]))

"""The caller: performs a script against what it hears. Pure; stepped once per frame with the line's time.

It decides when each step begins and what the mouth sounds like in each frame; the stream sends it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .heard import SILENCE
from .loudness import BLOCK_S, AgentSounding
from .script import AfterAgent, At, Wait, When, WhileAgent

ENOUGH_S = 0.4
"""Speech of the agent that began before the caller's own step ended counts as an answer only from here on:
less is the lead that plays out after a barge-in."""


FLOAT_S = 1e-6
"""Seconds are floats: a step is not put off by a frame for their last digits."""


class Making(Protocol):
    """Sound that is still being made: an `asyncio.Future` of mu-law."""

    def done(self) -> bool: ...

    def result(self) -> bytes: ...

    def exception(self) -> BaseException | None: ...

    def cancel(self) -> Any: ...


@dataclass(frozen=True)
class Cue:
    """A prepared step: sound or keys or the receiver put down. `label` is for people.

    A step whose sound is still being made waits for it; if it cannot be made, the caller hangs up.
    """

    when: When
    label: str
    ulaw: bytes | Making = b""
    keys: str = ""
    key_interval_s: float = 0.3
    hang_up: bool = False
    patience_s: float = 30.0


@dataclass(frozen=True)
class Said:
    """What the caller did and when, in seconds of the stream."""

    label: str
    starts_s: float
    ends_s: float


@dataclass(frozen=True)
class Began:
    """The caller begins a step."""

    label: str


@dataclass(frozen=True)
class Press:
    digit: str


@dataclass(frozen=True)
class PutDown:
    """The caller hangs up; `problem` tells of a step that could not be done."""

    problem: str = ""


Act = Began | Press | PutDown


class Caller:
    """One caller on one stream."""

    def __init__(self, cues: Sequence[Cue], *, noise: bytes = b"", limit_s: float = 300.0) -> None:
        self._cues = tuple(cues)
        self._noise = noise or SILENCE * 160
        self._noise_at = 0
        self._limit_s = limit_s
        self._next = 0
        self._base_s = 0.0
        self._awake_s = 0.0
        self._mouth = memoryview(b"")
        self._keys: deque[tuple[float, str]] = deque()
        self._busy: Cue | None = None
        self._gone = False
        self.said: list[Said] = []
        self._began_s = 0.0

    @property
    def unfinished(self) -> str:
        """The step that was still to be done, or nothing: a last hang-up or mere wait is not missed."""
        if self._busy is not None and (self._mouth or self._keys):
            return self._busy.label
        return next((cue.label for cue in self._cues[self._next :] if cue.ulaw or cue.keys), "")

    def step(self, now_s: float, ear: AgentSounding, *, agent_idle: bool) -> list[Act]:
        """What to do in this frame. `agent_idle`: the phone's buffer is empty and no mark is pending."""
        done: list[Act] = []
        while not self._gone:
            while self._keys and self._keys[0][0] <= now_s:
                _, digit = self._keys.popleft()
                if digit:
                    done.append(Press(digit))
            if self._keys or self._mouth:
                break
            self._finish(now_s)
            if now_s >= self._limit_s:
                self._put_down(done, f"the call went on for {self._limit_s:g} s, the script's limit")
                break
            if self._next == len(self._cues):
                break
            cue = self._cues[self._next]
            if not self._is_due(cue.when, now_s, ear, agent_idle):
                if self._has_waited_long(cue, now_s, ear):
                    self._put_down(
                        done, f"heard nothing for {cue.patience_s:g} s, waiting to do: {cue.label}"
                    )
                break
            if not isinstance(cue.ulaw, bytes):
                if not cue.ulaw.done():
                    break
                if failed := cue.ulaw.exception():
                    self._put_down(done, f"the caller's voice failed, which was to {cue.label}: {failed}")
                    break
            self._begin(cue, now_s, done)
        return done

    def stood_still(self, until_s: float) -> None:
        """Nobody listened until now: what the agent says may still be on its way, and silence counts anew."""
        self._awake_s = until_s

    def hear(self, ulaw: bytes) -> None:
        """Nothing to be done: a script follows the agent by its loudness alone, which `step` is given."""

    def sound(self, samples: int) -> bytes:
        """The mouth's next samples: mu-law, the surroundings' noise where it says nothing."""
        said = bytes(self._mouth[:samples])
        self._mouth = self._mouth[samples:]
        missing = samples - len(said)
        if not missing:
            return said
        begins = self._noise_at
        self._noise_at = (begins + missing) % len(self._noise)
        repeats = -(-(begins + missing) // len(self._noise))
        return said + (self._noise * repeats)[begins : begins + missing]

    def _begin(self, cue: Cue, now_s: float, done: list[Act]) -> None:
        self._next += 1
        self._busy = cue
        self._began_s = now_s
        done.append(Began(cue.label))
        if cue.hang_up:
            self._put_down(done, "")
        self._mouth = memoryview(cue.ulaw if isinstance(cue.ulaw, bytes) else cue.ulaw.result())
        at_s = now_s
        for key in cue.keys:
            self._keys.append((at_s, "" if key == "w" else key))
            at_s += 0.5 if key == "w" else cue.key_interval_s

    def _finish(self, now_s: float) -> None:
        if self._busy is not None:
            self.said.append(Said(self._busy.label, self._began_s, now_s))
            self._base_s = now_s
            self._busy = None

    def _put_down(self, done: list[Act], problem: str) -> None:
        self._gone = True
        self._busy = None
        done.append(PutDown(problem))

    def _has_waited_long(self, cue: Cue, now_s: float, ear: AgentSounding) -> bool:
        """Patience is for the agent alone, and counts from the last sound of either."""
        if isinstance(cue.when, At | Wait):
            return False
        last_s = max(self._base_s, ear.stretches[-1].ends_s if ear.stretches else 0.0)
        return now_s - last_s > cue.patience_s

    def _is_due(self, when: When, now_s: float, ear: AgentSounding, agent_idle: bool) -> bool:
        now_s += FLOAT_S
        match when:
            case At(at_s):
                return now_s >= at_s
            case Wait(seconds):
                return now_s >= self._base_s + seconds
            case AfterAgent(silence_ms):
                return agent_idle and self._agent_finished(ear, now_s - silence_ms / 1000)
            case WhileAgent(ms):
                return ear.is_sounding(now_s) and self._agent_began_s(ear) <= now_s - ms / 1000

    def _agent_finished(self, ear: AgentSounding, before_s: float) -> bool:
        answered = any(
            stretch.starts_s > self._base_s - BLOCK_S or stretch.ends_s - self._base_s >= ENOUGH_S
            for stretch in ear.stretches
        )
        return answered and max(ear.stretches[-1].ends_s, self._awake_s) <= before_s

    def _agent_began_s(self, ear: AgentSounding) -> float:
        """Since when the agent has been sounding; at the earliest since the step before ended."""
        return max(ear.sounding_since_s(), self._base_s)

"""When the core must be called again: wall-clock timers and timers that count received sound.

Arrival is not sound: a burst after 230 ms of nothing is normal. So every timer about speech lies on the
caller's own sound timeline and is due only when sound up to its point has arrived; when no sound has come for
a second the line counts as silent and the same timers run on the wall clock until sound returns.
"""

from __future__ import annotations

from enum import Enum


class Timer(Enum):
    """Every reason to wake. Those marked "sound" are set in caller milliseconds."""

    SPEECH_START = "sound: the voice has lasted long enough to be speech"
    SPEECH_STOP = "sound: the pause has lasted long enough for speech to have stopped"
    SILENCE = "sound: the pause has lasted long enough for the turn to be over"
    HESITATION = "sound: the caller has not gone on after all: the answer may be heard"
    UNBROKEN = "sound: speech has gone on for long without a new word"
    BARGE_IN = "sound: the caller has spoken long enough over the agent"
    FALSE_ALARM = "sound: the sound over the agent has stopped"
    FINAL = "the transcript should be final by now"
    STABLE = "the partial transcript has not changed for a while"
    OUTBOUND = "the called party has said nothing; the agent begins"
    IDLE = "nobody has spoken since the agent was heard"
    KEYS = "no further key was pressed"
    RELEASE = "no further key belongs to the sensitive number"
    REPLY = "the model is late with its next token"
    SYNTHESIS = "the voice is late with its next sound"
    TOOL = "a tool has used up its time"
    FRAGMENT = "the sentence takes too long to end: speak what there is of it"
    RETRY = "the model may be asked again"
    FILLER = "the tools are slow: say something meanwhile"
    PLAYOUT = "the last mark should have come back"
    WARNING = "the call will soon be too long"
    LIMIT = "the call is too long"
    TAIL = "the goodbye has been heard and has faded"
    GOODBYE = "the goodbye should have been heard by now"
    HANG_UP = "the carrier should have confirmed the hang-up"
    TRANSFER = "the carrier should have answered the order to hand the caller over"
    LOST = "the socket is gone and no status has come"
    DEAD = "no sound at all for a long time"

    __hash__ = object.__hash__  # Enum's own hashes the name, in Python; timers are looked up for every event


Key = tuple[Timer, int]


class SoundClock:
    """How far received sound reaches, and where a position lies on the wall clock."""

    __slots__ = ("_zero_us", "position_ms", "stalled")

    def __init__(self) -> None:
        self.position_ms = 0
        self.stalled = False
        self._zero_us: int | None = None

    def arrived(self, position_ms: int, now: int) -> None:
        """Sound up to `position_ms` is here. The earliest arrival seen defines the timeline's wall clock."""
        self.position_ms = max(self.position_ms, position_ms)
        self.stalled = False
        zero = now - position_ms * 1000
        if self._zero_us is None or zero < self._zero_us:
            self._zero_us = zero

    def wall_us(self, position_ms: int, now: int) -> int:
        """The instant at which `position_ms` sounded (or will); `now` while no sound has come at all."""
        return now if self._zero_us is None else self._zero_us + position_ms * 1000

    def now_ms(self, now: int) -> int:
        """The caller's position at `now` by the wall clock."""
        return self.position_ms if self._zero_us is None else (now - self._zero_us) // 1000


class Timers:
    """The timers that are set, of both kinds; pure bookkeeping."""

    __slots__ = ("_sound", "_wall", "sound_clock")

    def __init__(self, sound_clock: SoundClock) -> None:
        self.sound_clock = sound_clock
        self._wall: dict[Key, int] = {}
        self._sound: dict[Key, int] = {}

    def set(self, timer: Timer, at_us: int, of: int = 0) -> None:
        """Wake at an instant. `of` tells apart timers of one kind (a tool's id)."""
        self._wall[timer, of] = at_us

    def set_sound(self, timer: Timer, at_ms: int, of: int = 0) -> None:
        """Wake when received sound has passed a position."""
        self._sound[timer, of] = at_ms

    def cancel(self, timer: Timer, of: int = 0) -> None:
        self._wall.pop((timer, of), None)
        self._sound.pop((timer, of), None)

    def is_set(self, timer: Timer, of: int = 0) -> bool:
        return (timer, of) in self._wall or (timer, of) in self._sound

    def clear(self) -> None:
        self._wall.clear()
        self._sound.clear()

    def deadline_us(self, now: int) -> int | None:
        """The next instant at which something is due, if nothing else happens."""
        due = min(self._wall.values(), default=None)
        if self.sound_clock.stalled and self._sound:
            sound = self.sound_clock.wall_us(min(self._sound.values()), now)
            due = sound if due is None else min(due, sound)
        return due

    @property
    def sound_deadline_ms(self) -> int | None:
        """The next position to be told about; while the sound is stalled, any new sound."""
        if self.sound_clock.stalled:
            return self.sound_clock.position_ms + 1
        return min(self._sound.values(), default=None)

    def take_due(self, now: int) -> Key | None:
        """Remove and return the earliest due timer, or None. Sound timers go first at the same instant."""
        clock = self.sound_clock
        reached = clock.now_ms(now) if clock.stalled else clock.position_ms
        return _take(self._sound, reached) or _take(self._wall, now)


def _take(timers: dict[Key, int], reached: int) -> Key | None:
    if not timers or min(timers.values()) > reached:
        return None
    key = min(timers, key=timers.__getitem__)
    del timers[key]
    return key

"""How many calls this process can carry, as it learns from what its calls cost and from being late.

Decides on numbers alone: what was measured comes in with each look, and nothing here asks a clock. A call is
refused before those in progress are hurt: by what a call has cost so far, and, whatever that says, by the
first signs that the process is late, which another program on the machine may be the cause of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

SHARE = 0.7
"""Of one core, which is all that one Python process has for its calls: beyond it the loop's lag was seen to
grow (bench/README.md)."""
COST = 0.01
"""The share of a core that a call is taken to cost until some have been measured: the dearest way to hear and
speak that was measured on this machine, voice detection in process, costs some 0.9 %."""
MEASURED_FROM = 10
"""So many calls are needed to tell what one costs: of fewer, the rest of the process is too large a part."""
LEARNING = 0.1
"""The weight of one look beside all before: the cost follows a change within some ten seconds."""
LATE_S = 0.010
"""Half of the 20 ms that calls in progress may be late by (one frame)."""
LATE_LOOKS, OF_LOOKS = 3, 10
"""So many late looks of the last ones are a load; a single one is a moment's chance."""
BACK_TO = 0.9
"""So large a share of its calls a late process would carry: until then none comes for one that ends."""
EACH_GOOD = 5
"""After so many looks that were not late one call more is tried."""
LEAST = 20
"""Never fewer: so few calls are not what makes a process late, and refusing them would help nobody."""
UNBOUNDED = 1_000_000
"""More calls than any process carries."""


WAITED_S = 0.5
"""So long speech may wait for its recogniser: then the caller notices."""


class SpeechWaits(Protocol):
    """How long jobs waited: a count for each bucket, and one for what took longer."""

    @property
    def buckets_s(self) -> Sequence[float]: ...
    @property
    def counts(self) -> Sequence[int]: ...


class SpeechLoad(Protocol):
    """What the providers of a process count of being too late."""

    @property
    def windows_dropped(self) -> int: ...
    @property
    def waits(self) -> Sequence[SpeechWaits]: ...


class Overruns:
    """Whether hearing was too late since the last look."""

    def __init__(self, load: SpeechLoad) -> None:
        self._load = load
        self._before = 0

    def since_last(self) -> bool:
        now = self._load.windows_dropped + sum(_too_long(each) for each in self._load.waits)
        before, self._before = self._before, now
        return now > before


def _too_long(waits: SpeechWaits) -> int:
    """How many jobs waited for longer than `WAITED_S`; each bucket counts those up to its bound."""
    bounds = [*waits.buckets_s, float("inf")]
    return sum(count for bound, count in zip(bounds, waits.counts, strict=True) if bound > WAITED_S)


class Look(Struct, frozen=True):
    """What was measured in one second."""

    calls: int
    """Calls with a stream."""
    core_s: float
    """CPU time that the process used, all its threads together, per second."""
    lag_s: float
    """How late its event loop woke up at worst."""
    overrun: bool = False
    """Whether detectors dropped sound, or speech waited for its recogniser for longer than it may."""


class Capacity:
    """What one process can carry."""

    def __init__(self, at_most: int | None = None) -> None:
        """`at_most` is the operator's word (`RAPIDA_MAX_CALLS`), and ends all learning."""
        self._told = at_most
        self._cost: float | None = None
        self._bound = UNBOUNDED
        self._late: deque[bool] = deque(maxlen=OF_LOOKS)
        self._good = 0

    @property
    def at_most(self) -> int:
        """How many calls the process would carry now."""
        if self._told is not None:
            return self._told
        return max(LEAST, min(int(SHARE / (self._cost or COST)), self._bound))

    def takes(self, calls: int) -> bool:
        """Whether there is room for a call beside `calls`, announced ones among them."""
        return calls < self.at_most

    def learn(self, look: Look) -> None:
        """Take in one second's measures."""
        if look.calls >= MEASURED_FROM:
            cost = max(look.core_s / look.calls, 1e-6)
            self._cost = cost if self._cost is None else self._cost + LEARNING * (cost - self._cost)
        late = look.overrun or look.lag_s > LATE_S
        self._late.append(late)
        if late and sum(self._late) >= LATE_LOOKS:
            self._bound = min(self._bound, int(look.calls * BACK_TO))
            self._good = 0
            return
        self._good = 0 if late else self._good + 1
        if self._good >= EACH_GOOD and self._bound < UNBOUNDED:
            self._good = 0
            # Only while it is what holds calls off: else it would grow without ever being tried.
            self._bound += look.calls >= self._bound

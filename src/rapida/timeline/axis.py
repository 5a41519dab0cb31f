"""From the call's clock to the axis of its recording."""

from __future__ import annotations

from collections.abc import Iterable

from ..call.events import Event, SoundReached, SoundStarted


class Axis:
    """Instants (microseconds since the call's zero) as milliseconds of the carrier's media timestamps.

    Caller sound cannot arrive before it was spoken, so the arrival that was least late tells how the two
    clocks lie to each other; without any caller sound they are taken for one.
    """

    def __init__(self, happened: Iterable[tuple[int, Event]]) -> None:
        zeros = [
            at_us - event.position_ms * 1000
            for at_us, event in happened
            if isinstance(event, SoundStarted | SoundReached)
        ]
        self.zero_us = min(zeros, default=0)

    def ms(self, at_us: int) -> int:
        return max(0, round((at_us - self.zero_us) / 1000))

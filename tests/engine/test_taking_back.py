"""Taking sound back from the phone: emptied at once, nothing lost, sent again from where the core says."""

from __future__ import annotations

from rapida.call.commands import DiscountVoice
from rapida.call.events import Event, MarkReturned, SoundSent
from rapida.engine.clock import ManualClock
from rapida.engine.listener import Listener
from rapida.engine.pacer import Pacer


class Wire:
    """A leg that keeps what is put on it."""

    def __init__(self) -> None:
        self.sound = b""
        self.marks: list[str] = []
        self.cleared = 0

    def play(self, ulaw: bytes, mark: str = "") -> None:
        self.sound += ulaw
        if mark:
            self.marks.append(mark)

    def mark(self, name: str) -> None:
        self.marks.append(name)

    def clear(self) -> None:
        self.cleared += 1

    def close(self, code: int = 1000, reason: str = "") -> None: ...


SOUND = bytes(ms // 10 for ms in range(2000) for _ in range(8))
"""Two seconds that say where they are from."""


def speaking(for_ms: int) -> tuple[Pacer, Wire, ManualClock, list[Event]]:
    events: list[Event] = []
    wire, clock = Wire(), ManualClock()
    pacer = Pacer(wire, events.append, clock, None)
    pacer.enqueue(1, 2, SOUND)
    pacer.finish(1)
    clock.advance(for_ms * 1000)
    return pacer, wire, clock, events


def test_the_phone_is_emptied_and_nothing_more_is_sent() -> None:
    pacer, wire, clock, _ = speaking(1000)
    pacer.hold()
    pacer.take_back(1)
    sent = len(wire.sound)
    clock.advance(5_000_000)
    assert wire.cleared == 1
    assert len(wire.sound) == sent


def test_it_goes_on_from_where_it_is_told_at_once_and_to_its_end() -> None:
    pacer, wire, clock, events = speaking(1000)
    pacer.hold()
    pacer.take_back(1)
    before = len(wire.sound)
    clock.advance(1_000_000)
    pacer.resume(1, 900)
    assert wire.sound[before:].startswith(SOUND[900 * 8 : 910 * 8])  # the phone holds nothing: no waiting
    clock.advance(3_000_000)
    assert wire.sound[before:] == SOUND[900 * 8 :]
    assert wire.marks[-1] == "g1.u1.2000"
    assert isinstance(events[-1], SoundSent)


def test_a_phone_that_was_emptied_is_not_emptied_again_when_the_rest_is_dropped() -> None:
    pacer, wire, clock, _ = speaking(1000)
    pacer.take_back(1)
    clock.advance(500_000)
    pacer.clear(2)
    assert wire.cleared == 1
    pacer.enqueue(3, 4, SOUND[:1600])
    pacer.clear(3)
    assert wire.cleared == 2


def test_marks_of_before_are_of_another_generation() -> None:
    pacer, wire, _, events = speaking(1000)
    old = wire.marks[-1]
    pacer.hold()
    pacer.take_back(1)
    pacer.marked(old)
    pacer.resume(1, 900)
    told = [event for event in events if isinstance(event, MarkReturned)]
    assert {mark.generation for mark in told} <= {0}


def test_an_end_that_was_sent_already_is_marked_again() -> None:
    pacer, wire, clock, _ = speaking(1900)
    assert len(wire.sound) == len(SOUND)
    pacer.hold()
    pacer.take_back(1)
    pacer.resume(1, 2000)
    clock.advance(100_000)
    assert wire.marks[-1] == "g1.u1.2000"
    assert len(wire.sound) == len(SOUND)


def test_a_phone_that_has_had_nothing_is_not_emptied() -> None:
    wire, clock = Wire(), ManualClock()
    pacer = Pacer(wire, lambda event: None, clock, None)
    pacer.take_back(1)
    assert wire.cleared == 0


class Detector:
    """Keeps what it is told to discount."""

    def __init__(self) -> None:
        self.discounted: list[tuple[int, int]] = []

    def feed(self, position_ms: int, ulaw: bytes) -> None: ...

    def discount(self, start_ms: int, end_ms: int) -> None:
        self.discounted.append((start_ms, end_ms))

    def close(self) -> None: ...


def test_the_listener_hands_on_what_nobody_said() -> None:
    detector = Detector()
    listener = Listener(detector, None, None, lambda event: None, ManualClock())
    listener.discount(DiscountVoice(1000, 5000))
    assert detector.discounted == [(1000, 5000)]

"""What the callers do: one part per call, in situations that ask one question each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .caller import Part, Phone
from .sounds import SPEECH_DB, Clip, Samples, babble, human_nods, pausing_places, spoken_nods

PAUSES_MS = (300, 450, 600, 700, 800, 1000)
SNR_DB = (20, 10, 5)
NOISE_DB = (-40, -30, -20)
NOISE_CALLS = 4
TURN_CALLS = 12
NOISE_MS = 40_000
ANSWER_S = 15.0


@dataclass
class Caller:
    """One call: which situation it belongs to, and what is said in it."""

    situation: str
    part: Callable[[Phone], Part]
    background: Samples | None = None
    clips: list[Clip] = field(default_factory=list[Clip])


def with_short_greeting(clips: list[Clip]) -> Iterator[Caller]:
    """Pauses, and turns in a noisy room."""
    places = [place for clip in clips for place in pausing_places(clip)]
    for pause_ms in PAUSES_MS:
        for before, after in places:
            yield Caller(f"pause_{pause_ms}", pausing(before, after, pause_ms), clips=[before, after])
    for snr_db in SNR_DB:
        for number in range(TURN_CALLS):
            clip = clips[number % len(clips)]
            around = babble(clips, SPEECH_DB - snr_db, number)
            yield Caller(f"snr_{snr_db}", saying(clip), around, [clip])


def with_long_greeting(clips: list[Clip]) -> Iterator[Caller]:
    """Sounds over the agent: nods, interruptions, other people."""
    for nod in human_nods(clips) + spoken_nods():
        yield Caller("nod", over(nod, 2500), clips=[nod])
    for clip in clips:
        for at_ms in (2000, 3300):
            yield Caller("interruption", over(clip, at_ms), clips=[clip])
    for level_db in NOISE_DB:
        for number in range(NOISE_CALLS):
            yield Caller(f"noise_{-level_db}", _silent, babble(clips, level_db, 100 + number))


def pausing(before: Clip, after: Clip, pause_ms: int) -> Callable[[Phone], Part]:
    """A sentence with a pause inside."""

    def part(phone: Phone) -> Part:
        yield from phone.hear_out()
        yield from phone.say(before)
        # What is left of the last frame is part of the pause.
        yield from phone.wait(pause_ms - (-before.ms % 20))
        yield from phone.say(after)
        yield from phone.hear_out(1500, ANSWER_S)

    return part


def saying(clip: Clip) -> Callable[[Phone], Part]:
    """A sentence, and the wait for its answer."""

    def part(phone: Phone) -> Part:
        yield from phone.hear_out(700)
        yield from phone.say(clip)
        yield from phone.hear_out(1500, ANSWER_S)

    return part


def over(clip: Clip, at_ms: int) -> Callable[[Phone], Part]:
    def part(phone: Phone) -> Part:
        yield from phone.hear(at_ms)
        yield from phone.say(clip)
        yield from phone.hear_out(3000)

    return part


def _silent(phone: Phone) -> Part:
    yield from phone.wait(NOISE_MS)

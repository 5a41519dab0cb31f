"""The voices of a room: discounted on order, and only for as long as they last."""

from __future__ import annotations

import random

import pytest

from rapida.audio.g711 import FRAME_BYTES, FRAME_MS
from rapida.call.events import VoiceFell, VoiceRose
from rapida.vad.background import Background
from rapida.vad.energy import Energy
from rapida.vad.webrtc import WebRtc

ROOM, CALLER = 100.0, 100.0 * 10**0.5
"""Power of the room, and of somebody 5 dB louder."""


def covered(background: Background, power: float, windows: int, spread: float = 0.3) -> float:
    """The share of windows of about this power that are lost in the background."""
    chance = random.Random(5)
    found = [background.covers(power * chance.uniform(1 - spread, 1 + spread)) for _ in range(windows)]
    return sum(found) / windows


def discounted() -> Background:
    background = Background(32)
    assert covered(background, ROOM, 125) == 0.0
    background.discount(4000)
    return background


def test_nothing_is_lost_before_it_is_ordered() -> None:
    assert covered(Background(32), ROOM, 1000) == 0.0


def test_the_room_is_lost_and_who_is_louder_is_not() -> None:
    background = discounted()
    assert covered(background, ROOM, 200) == 1.0
    assert covered(background, CALLER, 60) < 0.1
    assert covered(background, ROOM, 40) > 0.8


def test_a_caller_5_db_above_it_is_heard_at_once() -> None:
    background = discounted()
    covered(background, ROOM, 100)
    assert not all(background.covers(CALLER * 1.3) for _ in range(4))


def test_a_room_that_has_become_quiet_hides_nobody() -> None:
    background = discounted()
    covered(background, ROOM / 100, 125)
    assert covered(background, ROOM / 4, 100) < 0.1


def test_only_the_sound_that_is_named_counts() -> None:
    background = Background(32)
    covered(background, CALLER * 100, 60)
    covered(background, ROOM, 100)
    background.discount(3000)
    assert covered(background, CALLER * 2, 60) < 0.1


def loud(ms: int, level: int) -> bytes:
    """A square wave of mu-law codes; a lower `level` is louder."""
    period = bytes((0x80 | level,)) * 8 + bytes((level,)) * 8
    return period * (ms // 2)


@pytest.mark.parametrize("activity", [Energy(), WebRtc()], ids=["energy", "webrtc"])
def test_a_detector_that_was_told_so_hears_the_voice_fall(activity: Energy | WebRtc) -> None:
    edges: list[VoiceRose | VoiceFell] = []
    detector = activity.detector(edges.append)
    hum, at = loud(4000, 0x3F), 0
    silence = b"\xff" * FRAME_BYTES
    for sound in [silence] * 150 + [hum[n : n + FRAME_BYTES] for n in range(0, 8000, FRAME_BYTES)]:
        detector.feed(at, sound)
        at += FRAME_MS
    if not edges:  # the WebRTC detector takes a square wave for none
        return
    assert isinstance(edges[-1], VoiceRose)
    detector.discount(3000, at)
    for _ in range(10):
        detector.feed(at, hum[:FRAME_BYTES])
        at += FRAME_MS
    assert isinstance(edges[-1], VoiceFell)

"""When speech that goes on is looked at, and how seldom."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rapida.audio.g711 import encode_block
from rapida.stt.interim_pace import LONGEST_MS, InterimPace

MESSAGE_MS = 100


def sound(level_db: float, seed: int = 0) -> bytes:
    noise = np.random.default_rng(seed).normal(0, 32768 * 10 ** (level_db / 20), 8 * MESSAGE_MS)
    return encode_block(np.clip(noise, -32768, 32767).astype(np.int16))


ROOM, SPEECH = sound(-66), sound(-25)


def looks(pace: InterimPace, what: bytes, for_ms: int, from_ms: int = 0) -> list[tuple[int, int]]:
    times = range(from_ms, from_ms + for_ms, MESSAGE_MS)
    return [due for at in times if (due := pace.heard(at, what)) is not None]


def test_a_quiet_room_is_never_looked_at() -> None:
    assert looks(InterimPace(), ROOM, 60_000) == []
    assert looks(InterimPace(), b"\xff" * 800, 60_000) == []


def test_speech_is_looked_at_every_half_second_from_where_it_began() -> None:
    pace = InterimPace()
    looks(pace, ROOM, 1000)
    assert looks(pace, SPEECH, 2000, 1000)[:3] == [(1000, 1500), (1000, 2000), (1000, 2500)]


def test_long_speech_is_looked_at_ever_more_seldom_and_only_its_end() -> None:
    pace = InterimPace()
    found = list[tuple[int, int]]()
    for at in range(0, 30_000, 1000):  # nobody speaks for a second without a moment of silence
        found += looks(pace, SPEECH, 900, at) + looks(pace, ROOM, 100, at + 900)
    apart = [later[1] - earlier[1] for earlier, later in pairwise(found)]
    assert apart[0] < 1000 < 2000 <= apart[-1]
    assert sum(end - start for start, end in found) < 30_000 * 5, "four times its length, and the first looks"
    assert max(end - start for start, end in found) == LONGEST_MS


def test_a_pause_within_an_utterance_is_no_new_one_and_a_long_one_is() -> None:
    pace = InterimPace()
    looks(pace, SPEECH, 1000)
    looks(pace, ROOM, 800, 1000)
    assert looks(pace, SPEECH, 1000, 1800)[0][0] == 0
    looks(pace, ROOM, 3000, 2800)
    assert looks(pace, SPEECH, 1000, 5800)[0][0] == 5800


def test_what_is_being_transcribed_for_good_is_not_looked_at_again() -> None:
    pace = InterimPace()
    looks(pace, SPEECH, 1000)
    pace.settled(1200)
    assert [start for start, _ in looks(pace, SPEECH, 1000, 1000)] == [1200]


def test_a_loud_room_is_taken_for_silence_after_a_while() -> None:
    pace = InterimPace()
    looks(pace, sound(-40), 30_000)
    assert looks(pace, sound(-40, 1), 30_000, 30_000) == []
    assert looks(pace, SPEECH, 1000, 60_000)


def test_silence_after_speech_is_not_looked_at() -> None:
    pace = InterimPace()
    looks(pace, SPEECH, 1000)
    assert len(looks(pace, ROOM, 10_000, 1000)) <= 1

"""Where a long utterance is parted."""

from __future__ import annotations

import numpy as np

from rapida.audio.g711 import encode_block
from rapida.stt.quiet_places import LONGEST_MS, pieces_of


def noise(ms: int) -> bytes:
    return encode_block(np.random.default_rng(ms).normal(0, 2000, 8 * ms).astype(np.int16))


def test_a_short_utterance_is_one_piece() -> None:
    assert pieces_of(noise(LONGEST_MS)) == [noise(LONGEST_MS)]
    assert pieces_of(b"") == [b""]


def test_a_long_one_is_parted_where_it_is_quiet_and_nothing_is_lost() -> None:
    pause = b"\xff" * (8 * 400)
    spoken = noise(8000) + pause + noise(9000) + pause + noise(5000)
    pieces = pieces_of(spoken)
    assert b"".join(pieces) == spoken
    assert [8000 <= len(pieces[0]) // 8 <= 8400, 9000 <= len(pieces[1]) // 8 <= 9800] == [True, True]


def test_sound_without_a_pause_is_parted_all_the_same() -> None:
    pieces = pieces_of(noise(40_000))
    assert all(LONGEST_MS // 2 <= len(piece) // 8 <= LONGEST_MS for piece in pieces[:-1])
    assert sum(map(len, pieces)) == 8 * 40_000

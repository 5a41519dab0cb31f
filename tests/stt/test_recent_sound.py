"""What is kept of the caller's sound, and where it lies."""

from __future__ import annotations

from rapida.stt.recent_sound import AFTER_MS, BEFORE_MS, KEPT_MS, RecentSound


def heard(ms: int, at_ms: int = 0, code: int = 1) -> RecentSound:
    sound = RecentSound()
    for position in range(at_ms, at_ms + ms, 100):
        sound.add(position, bytes([code]) * 800)
    return sound


def test_a_stretch_comes_with_a_little_around_it() -> None:
    from_ms, ulaw = heard(3000, 10_000).around(11_000, 12_000)
    assert (from_ms, len(ulaw) // 8) == (11_000 - BEFORE_MS, 1000 + BEFORE_MS + AFTER_MS)


def test_at_either_end_there_is_only_what_was_heard() -> None:
    sound = heard(1000, 10_000)
    assert sound.around(10_100, 10_900) == (10_000, b"\x01" * 8000)
    assert sound.around(20_000, 21_000)[1] == b""


def test_after_half_a_minute_it_is_forgotten() -> None:
    sound = heard(KEPT_MS + 5000)
    assert sound.around(0, 1000)[1] == b""
    assert len(sound.around(KEPT_MS, KEPT_MS + 5000)[1]) // 8 == 5000 + BEFORE_MS


def test_a_break_begins_anew() -> None:
    sound = heard(1000)
    sound.add(9000, b"\x02" * 800)
    assert sound.ends_ms == 9100
    assert sound.around(0, 9100) == (9000, b"\x02" * 800)

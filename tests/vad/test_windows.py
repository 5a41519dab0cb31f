"""Frames of any length become windows with their places."""

from hypothesis import given
from hypothesis import strategies as st

from rapida.vad.windows import Windows


@given(st.lists(st.integers(1, 700), min_size=1, max_size=30), st.integers(0, 5000))
def test_windows_are_the_sound_in_order_whatever_the_frames(sizes: list[int], begins_ms: int) -> None:
    sound = bytes(at % 251 for at in range(sum(sizes)))
    windows, cut, at = Windows(256), [], 0
    for size in sizes:
        cut += windows.cut(begins_ms + at // 8, sound[at : at + size])
        at += size
    assert [start for start, _ in cut] == [begins_ms * 8 + 256 * n for n in range(len(sound) // 256)]
    assert b"".join(window for _, window in cut) == sound[: len(cut) * 256]


def test_a_jump_of_the_timeline_starts_a_new_window_there() -> None:
    windows = Windows(256)
    assert windows.cut(100, b"a" * 160) == []
    assert windows.cut(9000, b"b" * 160) == []
    assert windows.cut(9020, b"b" * 160) == [(72000, b"b" * 256)]

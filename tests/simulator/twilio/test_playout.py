"""The phone's buffer on a clock turned by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rapida.simulator.twilio.playout import LIMIT_SAMPLES, Playout

ONE = b"\x11" * 800
TWO = b"\x22" * 1600


def test_sound_plays_at_once_into_an_empty_buffer_and_after_what_is_buffered() -> None:
    playout = Playout()
    playout.play(ONE, 1.0)
    playout.play(TWO, 1.05)
    heard = playout.heard(2.0)
    assert heard.ulaw[:8000] == b"\xff" * 8000
    assert heard.ulaw[8000:10400] == ONE + TWO
    assert len(heard.ulaw) == 16000


def test_what_is_still_buffered_has_not_been_heard() -> None:
    playout = Playout()
    playout.play(TWO, 0.0)
    assert playout.heard(0.1).sound == TWO[:800]


def test_a_mark_comes_back_when_the_sound_before_it_has_been_played_and_not_a_sample_earlier() -> None:
    playout = Playout()
    playout.play(ONE, 0.5)
    playout.mark("end", 0.5)
    assert playout.next_mark_at_s == 0.6
    assert playout.returned(0.6 - 1 / 8000) == []
    assert playout.returned(0.6) == ["end"]
    assert playout.heard(1.0).marks[0].at_s == 0.6


def test_a_mark_comes_back_at_once_when_nothing_is_buffered() -> None:
    playout = Playout()
    playout.mark("now", 3.0)
    assert playout.returned(3.0) == ["now"]
    assert not playout.heard(3.0).marks[0].cleared


def test_clear_empties_the_buffer_and_returns_every_pending_mark_in_order() -> None:
    playout = Playout()
    playout.play(ONE, 0.0)
    playout.mark("one", 0.0)
    playout.play(TWO, 0.0)
    playout.mark("two", 0.0)
    playout.mark("three", 0.0)
    assert playout.clear(0.2) == ["one", "two", "three"]
    heard = playout.heard(1.0)
    assert heard.sound == ONE + TWO[:800]
    assert [mark.cleared for mark in heard.marks] == [False, True, True]
    assert heard.clears == (0.2,)
    assert playout.is_idle(0.2)


def test_sound_sent_after_a_clear_plays_at_once() -> None:
    playout = Playout()
    playout.play(TWO, 0.0)
    playout.clear(0.05)
    playout.play(ONE, 0.05)
    assert playout.heard(1.0).sound == TWO[:400] + ONE


def test_more_than_ten_minutes_are_dropped_and_what_came_before_is_kept() -> None:
    playout = Playout()
    assert playout.play(b"\x33" * LIMIT_SAMPLES, 0.0)
    assert not playout.play(ONE, 0.0)
    assert playout.play(ONE, 1.0)
    assert playout.heard(700.0).sound == b"\x33" * LIMIT_SAMPLES + ONE


def test_the_ear_gets_the_timeline_in_order_without_hole_or_overlap() -> None:
    playout = Playout()
    ear = b""
    for step in range(100):
        now_s = step * 0.013
        if step % 7 == 0:
            playout.play(bytes([step]) * 500, now_s)
        if step == 50:
            playout.clear(now_s)
        ear += playout.listen(now_s)
    assert ear == playout.heard(99 * 0.013).ulaw[: len(ear)]
    assert len(ear) == int(99 * 0.013 * 8000)


@given(
    st.lists(
        st.tuples(st.sampled_from(["play", "mark", "clear", "wait"]), st.integers(1, 4000)),
        max_size=40,
    )
)
def test_whatever_happens_no_sample_is_lost_but_by_clear_and_marks_return_once(
    acts: list[tuple[str, int]],
) -> None:
    playout, now, sent, set_, back = Playout(), 0.0, 0, [], []
    for number, (act, amount) in enumerate(acts):
        if act == "play":
            playout.play(bytes([number % 200]) * amount, now)
            sent += amount
        elif act == "mark":
            playout.mark(str(number), now)
            set_.append(str(number))
        elif act == "clear":
            sent -= max(0, sent - len(playout.heard(now).sound))
            back += playout.clear(now)
        now += amount / 8000
        back += playout.returned(now)
    back += playout.returned(now + 600)
    assert back == set_
    assert len(playout.heard(now + 600).sound) == sent
    starts = [piece.starts_at for piece in playout.heard(now + 600).pieces]
    assert starts == sorted(starts)

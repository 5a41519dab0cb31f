"""The session without a socket: its deadline, its one last word, and what it refuses to do twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rapida.errors import WireError
from rapida.sockets.session import MAX_BACKLOG_BYTES, MediaSession, WireCounts
from rapida.telephony.door import Admission
from rapida.telephony.stream import Codec, LegListener, StreamStart, TellingLeg
from tests.telephony.listening import Heard


class Timer:
    def __init__(self, delay_s: float, due: Callable[[], None]) -> None:
        self.delay_s = delay_s
        self.due = due
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Wire:
    """Writes down what the session orders."""

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []
        self.waiting = 0

    def send(self, message: bytes, then: bytes = b"") -> None:
        self.did.append(("send", message, then) if then else ("send", message))

    def send_binary(self, message: bytes) -> None:
        self.did.append(("binary", message))

    def close(self, code: int, reason: str) -> None:
        self.did.append(("close", code, reason))

    def cut(self) -> None:
        self.did.append(("cut",))

    def backlog(self) -> int:
        return self.waiting


class Plain:
    """The simplest codec: `start`, sound as it is, and `!code` for a broken message."""

    def receive(self, message: bytes | memoryview, listener: LegListener) -> None:
        text = bytes(message)
        if text == b"start":
            listener.on_start(StreamStart("MZ1", "CA1", "AC1"))
        elif text.startswith(b"!"):
            raise WireError("é" * 100, int(text[1:]))
        else:
            listener.on_media(0, text)

    def media(self, ulaw: bytes) -> bytes:
        return b"media " + ulaw

    def mark(self, name: str) -> bytes:
        return b"mark " + name.encode()

    def clear(self) -> bytes:
        return b"clear"


class Sounding(Plain):
    """The same with sound as binary messages."""

    def receive_sound(self, message: bytes, listener: LegListener) -> None:
        if not message:
            raise WireError("no sound in it")
        listener.on_media(0, message)

    def media(self, ulaw: bytes) -> bytes:
        return ulaw


class Setting:
    """A session that has been opened, and everything around it."""

    def __init__(self, codec: Codec | None = None) -> None:
        self.wire, self.heard, self.counts = Wire(), Heard(), WireCounts()
        self.timers: list[Timer] = []
        self.legs: list[TellingLeg] = []
        admission = Admission(codec or Plain(), self.answer)
        self.session = MediaSession(admission, self.wire, self.counts, self.call_later)
        self.session.opened()

    def answer(self, leg: TellingLeg) -> Heard:
        self.legs.append(leg)
        return self.heard

    def call_later(self, delay_s: float, due: Callable[[], None]) -> Timer:
        self.timers.append(Timer(delay_s, due))
        return self.timers[-1]


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_the_deadline_for_start_is_lifted_by_start_and_by_nothing_else(setting: Setting) -> None:
    (deadline,) = setting.timers
    assert deadline.delay_s == 5.0
    setting.session.text(b"sound")
    assert not deadline.cancelled
    setting.session.text(b"start")
    assert deadline.cancelled
    assert [one[0] for one in setting.heard.told] == ["media", "start"]


def test_a_missed_deadline_closes_with_1008(setting: Setting) -> None:
    setting.timers[0].due()
    assert setting.wire.did == [("close", 1008, "no start message came")]
    assert setting.counts.unstarted == 1


def test_after_a_close_nothing_is_heard_sent_or_counted(setting: Setting) -> None:
    session = setting.session
    session.text(b"start")
    (leg,) = setting.legs
    leg.close(1000, "bye")
    session.binary(b"x")
    for again in (leg.clear, leg.close, session.too_long, setting.timers[0].due):
        again()
    leg.play(b"x")
    leg.mark("x")
    session.text(b"sound")
    session.text(b"!1008")
    session.peer_closed(4000)
    session.parser_closed(1002)
    assert setting.wire.did == [("close", 1000, "bye")]
    assert [one[0] for one in setting.heard.told] == ["start"]
    session.lost()
    session.lost()
    assert setting.heard.of("closed") == [(1000,)]
    assert setting.counts == WireCounts(open=0, opened=1, closed={1000: 1})


def test_the_first_close_code_is_the_one_that_is_told(setting: Setting) -> None:
    setting.session.peer_closed(1001)
    setting.legs[0].close(1000)
    setting.session.lost()
    assert setting.heard.of("closed") == [(1001,)]
    assert setting.wire.did == []


def test_a_socket_that_just_goes_is_1006(setting: Setting) -> None:
    setting.session.lost()
    assert setting.heard.of("closed") == [(1006,)]
    assert setting.timers[0].cancelled


@pytest.mark.parametrize(
    ("code", "counted_as"), [(1003, "malformed"), (1008, "violations"), (1009, "too_long")]
)
def test_a_broken_message_closes_with_its_own_code_and_a_short_reason(
    setting: Setting, code: int, counted_as: str
) -> None:
    setting.session.text(f"!{code}".encode())
    assert setting.wire.did == [("close", code, "é" * 61)]  # 122 bytes: half a letter would be none
    assert getattr(setting.counts, counted_as) == 1


def test_empty_sound_is_not_sent(setting: Setting) -> None:
    leg = setting.legs[0]
    leg.play(b"")
    leg.play(b"a")
    leg.mark("m")
    leg.clear()
    assert [one[1] for one in setting.wire.did] == [b"media a", b"mark m", b"clear"]


def test_a_mark_goes_along_with_the_sound_before_it(setting: Setting) -> None:
    leg = setting.legs[0]
    leg.play(b"a", "m")
    leg.play(b"", "none")
    assert setting.wire.did == [("send", b"media a", b"mark m")]


def test_a_stalled_socket_is_cut_only_above_the_bound(setting: Setting) -> None:
    leg = setting.legs[0]
    setting.wire.waiting = MAX_BACKLOG_BYTES + 1
    leg.play(b"a")  # not stalled: the transport has not complained
    setting.session.write_paused()
    setting.wire.waiting = MAX_BACKLOG_BYTES
    leg.play(b"b")
    setting.session.write_resumed()
    setting.session.write_paused()
    setting.wire.waiting += 1
    leg.play(b"c")
    leg.play(b"d")
    assert setting.wire.did == [("send", b"media a"), ("send", b"media b"), ("cut",)]
    assert (setting.counts.stalls, setting.counts.overflows) == (2, 1)
    setting.session.lost()
    assert setting.heard.of("closed") == [(1006,)]


def test_a_stream_of_binary_sound_is_heard_and_played_as_such() -> None:
    setting = Setting(Sounding())
    setting.session.text(b"start")
    setting.session.binary(b"said")
    (leg,) = setting.legs
    leg.play(b"played", "m1")
    leg.play(b"more")
    assert setting.heard.of("media") == [(0, b"said")]
    assert setting.wire.did == [("binary", b"played"), ("send", b"mark m1"), ("binary", b"more")]


def test_a_broken_binary_message_closes_its_socket_as_a_broken_text_does() -> None:
    setting = Setting(Sounding())
    setting.session.text(b"start")
    setting.session.binary(b"")
    assert setting.wire.did == [("close", 1008, "no sound in it")]
    assert setting.counts.violations == 1


def test_binary_sound_that_nobody_reads_ends_its_socket() -> None:
    setting = Setting(Sounding())
    setting.session.text(b"start")
    setting.session.write_paused()
    setting.wire.waiting = 2 * MAX_BACKLOG_BYTES
    setting.legs[0].play(b"played", "m1")
    assert setting.wire.did == [("cut",)]
    assert setting.counts.overflows == 1


def test_what_a_leg_is_told_is_sent_as_text_until_the_socket_closes() -> None:
    setting = Setting(Sounding())
    (leg,) = setting.legs
    leg.tell(b"a line")
    leg.close()
    leg.tell(b"another")
    assert setting.wire.did == [("send", b"a line"), ("close", 1000, "")]

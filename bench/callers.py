"""The load generator: one process that is N telephones at once, each a Twilio-shaped stream.

Every phone sends 20 ms of sound every 20 ms on an absolute clock, the phones spread evenly over those 20 ms,
and plays what it is sent by a clock of its own: marks come back when the sound before them has been played,
`clear` empties it and returns them at once. The process reports, as one line of JSON on stdout, what the
phones saw: latencies, silences, and how far the generator itself fell behind (`late_ms`), which tells whether
a figure can be trusted. It prints "ready" when all streams stand, and measures after a line on stdin.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import json
import select
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import counted, speech
from .wire import CLOSE, FRAME_MS, PING, Stream, client_frame, mark_of, sound_ms_of, sound_of

ACCOUNT = "AC" + "0" * 32
FIRST_TIMESTAMP_MS = 100
LOOK_EVERY_S = 0.001
PLAYING_S = 0.1
"""An onset counts as an interruption when the phone has at least this much left to play."""


@dataclass
class Seen:
    """What all phones together saw while measuring. Times in seconds."""

    sent: int = 0
    received: int = 0
    marks: int = 0
    lost_frames: int = 0
    closed: int = 0
    talk: float = 0.0
    late: list[float] = field(default_factory=list[float])
    echo: list[float] = field(default_factory=list[float])
    gaps: list[float] = field(default_factory=list[float])
    quiet: list[float] = field(default_factory=list[float])
    """From an onset until the phone first fell silent."""
    cleared: list[float] = field(default_factory=list[float])
    """The same, until it fell silent for good: after a false alarm the agent had gone on for a moment."""
    onsets: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    repeated_ms: int = 0
    skipped_ms: int = 0


class Phone:
    """One telephone: its stream, where in the caller's sound it is, and its playout buffer."""

    __slots__ = (
        "call_sid",
        "ends_at",
        "interrupting_since",
        "marks",
        "number",
        "offset",
        "place",
        "sent_at",
        "silent",
        "stream",
    )

    def __init__(self, number: int, offset: int) -> None:
        self.number = number
        self.offset = offset
        self.call_sid = f"CA{number:032x}"
        self.stream = Stream(number)
        self.sent_at: deque[float] = deque()
        self.ends_at = 0.0
        self.marks: deque[tuple[float, bytes]] = deque()
        self.interrupting_since = 0.0
        self.silent = False
        """Whether the phone has been silent since then."""
        self.place: tuple[int, int] = (0, 0)
        """Segment and millisecond of counted sound that come next."""


class Callers:
    """All phones, driven from one loop without any framework."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.frames = speech.frames(options.sound)
        self.onsets = speech.onsets(options.sound)
        step = max(1, len(self.frames) // max(1, options.calls))
        self.phones = [Phone(number, number * step) for number in range(options.calls)]
        self.poll = select.epoll()
        self.by_fd: dict[int, Phone] = {}
        self.due_marks: list[tuple[float, int]] = []
        self.seen = Seen()
        self.measuring = False

    def connect(self) -> None:
        """Open all streams, a few milliseconds apart."""
        for phone in self.phones:
            path = self.options.path.replace("{n}", str(phone.number))
            phone.stream.connect(self.options.host, self.options.port, path)
            phone.stream.start(phone.call_sid, ACCOUNT)
            self.by_fd[phone.stream.socket.fileno()] = phone
            self.poll.register(phone.stream.socket, select.EPOLLIN)
            time.sleep(self.options.setup_gap_ms / 1000)

    def run(self, seconds: float) -> None:
        """Drive the phones for a while; may be called again to go on."""
        count = len(self.phones)
        gap = FRAME_MS / 1000 / count
        turn = 0
        begin = time.perf_counter()
        clock = time.perf_counter
        while True:
            now = clock()
            if now - begin >= seconds:
                return
            while (due := begin + turn * gap) <= now:
                if self.measuring:
                    self.seen.late.append(now - due)
                self._speak(self.phones[turn % count], now)
                turn += 1
                if turn % 16 == 0:
                    now = clock()
            self._return_marks(now)
            # Asleep rather than waiting on the sockets: telephones are other machines, and to wake a process
            # of this one is no part of what it costs to send to them.
            if begin + turn * gap > clock():
                time.sleep(LOOK_EVERY_S)
            for fd, _ in self.poll.poll(0, 256):
                self._hear(fd)

    def _speak(self, phone: Phone, now: float) -> None:
        stream = phone.stream
        at = phone.offset % len(self.frames)
        phone.offset += 1
        data = stream.media(FIRST_TIMESTAMP_MS + FRAME_MS * stream.chunk, self.frames[at])
        if self.measuring and at in self.onsets and phone.ends_at > now + PLAYING_S:
            phone.interrupting_since = now
            phone.silent = False
            self.seen.onsets.append((phone.number, now))
        try:
            stream.socket.send(data)
        except BlockingIOError:
            self.seen.lost_frames += 1  # the server does not read: a phone would lose this frame
            return
        except OSError:
            self._gone(phone)
            return
        self.seen.sent += self.measuring
        if self.options.echo:
            phone.sent_at.append(now)

    def _hear(self, fd: int) -> None:
        phone = self.by_fd.get(fd)
        if phone is None:
            return
        frames = phone.stream.receive()
        now = time.perf_counter()
        if frames is None:
            self._gone(phone)
            return
        for first, message in frames:
            if first == PING:
                phone.stream.socket.send(client_frame(message, 0x8A))
            elif first == CLOSE:
                self._gone(phone)
                return
            else:
                self._take(phone, message, now)

    def _take(self, phone: Phone, message: bytes, now: float) -> None:
        seen = self.seen
        seen.received += self.measuring
        if message.startswith(b'{"event":"media"'):
            if not self.options.echo:
                self._queue_sound(phone, message, now)
            elif phone.sent_at:
                latency = now - phone.sent_at.popleft()
                if self.measuring:
                    seen.echo.append(latency)
        elif message.startswith(b'{"event":"mark"'):
            seen.marks += self.measuring
            self._owe(phone, max(now, phone.ends_at), mark_of(message))
        elif message.startswith(b'{"event":"clear"'):
            if phone.interrupting_since:
                self._fell_silent(phone, min(now, phone.ends_at))
                seen.cleared.append(min(now, phone.ends_at) - phone.interrupting_since)
                phone.interrupting_since = 0.0
            phone.ends_at = 0.0
            phone.place = (0, 0)
            owed, phone.marks = phone.marks, deque[tuple[float, bytes]]()
            for _, name in owed:
                self._owe(phone, now, name)

    def _queue_sound(self, phone: Phone, message: bytes, now: float) -> None:
        seconds = sound_ms_of(message) / 1000
        if self.measuring:
            self.seen.talk += seconds
        gap = now - phone.ends_at
        if gap > 0 and phone.interrupting_since:
            self._fell_silent(phone, phone.ends_at)
        continues = (
            phone.ends_at > 0 and self._follows(phone, sound_of(message)) if self.options.counted else False
        )
        if continues and gap > 0 and self.measuring:
            self.seen.gaps.append(gap)
        phone.ends_at = max(phone.ends_at, now) + seconds

    def _fell_silent(self, phone: Phone, at: float) -> None:
        if not phone.silent:
            phone.silent = True
            self.seen.quiet.append(at - phone.interrupting_since)

    def _follows(self, phone: Phone, sound: bytes) -> bool:
        """Whether counted sound goes on within its sentence; notes what comes twice or never."""
        first = True
        follows = False
        for segment, place in counted.heard(sound):
            if segment == phone.place[0]:
                follows = follows or first
                late = place - phone.place[1]
                if self.measuring and late:
                    self.seen.repeated_ms += late < 0
                    self.seen.skipped_ms += max(0, late)
            phone.place = (segment, max(place + 1, phone.place[1] if segment == phone.place[0] else 0))
            first = False
        return follows

    def _owe(self, phone: Phone, at: float, name: bytes) -> None:
        phone.marks.append((at, name))
        heapq.heappush(self.due_marks, (at, phone.number))

    def _return_marks(self, now: float) -> None:
        due = self.due_marks
        while due and due[0][0] <= now:
            _, number = heapq.heappop(due)
            phone = self.phones[number]
            while phone.marks and phone.marks[0][0] <= now:
                _, name = phone.marks.popleft()
                if phone.stream.socket.fileno() in self.by_fd:
                    phone.stream.socket.send(phone.stream.mark(name))

    def _gone(self, phone: Phone) -> None:
        fd = phone.stream.socket.fileno()
        if fd >= 0:
            self.poll.unregister(fd)
            self.by_fd.pop(fd, None)
            phone.stream.socket.close()
            self.seen.closed += 1

    def work(self) -> None:
        """The process from beginning to end."""
        options = self.options
        if options.from_the_ring:
            print("measuring", flush=True)
            self.measuring = True
            self.connect()
        else:
            self.connect()
            self.run(options.warm_s)
            self.measuring = True
            print("measuring", flush=True)
            self.run(options.seconds)
        self.measuring = False
        print("measured", flush=True)
        print(json.dumps(self.report()), flush=True)
        sys.stdin.readline()  # memory is read while the calls still stand
        self.hang_up()

    def report(self) -> dict[str, Any]:
        """What was seen, ready for JSON."""
        seen, options = self.seen, self.options
        return {
            "sent": seen.sent,
            "received": seen.received,
            "marks": seen.marks,
            "closed": seen.closed,
            "lost_frames": seen.lost_frames,
            "talk_share": round(seen.talk / options.calls / options.seconds, 3),
            "late_ms": percentiles(seen.late),
            "echo_ms": percentiles(seen.echo),
            "gap_ms": percentiles(seen.gaps or [0.0]) if options.counted else {},
            "quiet_ms": percentiles(seen.quiet),
            "cleared_ms": percentiles(seen.cleared),
            "repeated_ms": seen.repeated_ms,
            "skipped_ms": seen.skipped_ms,
            "onsets": seen.onsets,
        }

    def hang_up(self) -> None:
        """Say `stop` on every stream and close it."""
        for phone in self.phones:
            if phone.stream.socket.fileno() >= 0:
                phone.stream.socket.setblocking(True)
                phone.stream.socket.send(phone.stream.stop(phone.call_sid, ACCOUNT))
                phone.stream.socket.close()


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest, in milliseconds."""
    if not values:
        return {}
    ordered = sorted(values)
    last = len(ordered) - 1
    picked = {f"p{share}": ordered[round(last * share / 100)] for share in (50, 95, 99)} | {
        "max": ordered[-1]
    }
    return {name: round(value * 1000, 2) for name, value in picked.items()} | {"count": len(ordered)}


def main() -> None:
    """The process: connect, say "ready", warm up, measure after a line on stdin, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/v1/talk/twilio/ctx/{n}")
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-s", type=float, default=3)
    parser.add_argument("--setup-gap-ms", type=float, default=4)
    parser.add_argument("--sound", type=Path, help="mu-law 8 kHz file; silence without one")
    parser.add_argument("--echo", action="store_true", help="the server returns every frame")
    parser.add_argument("--counted", action="store_true", help="the server speaks counted sound: count it")
    parser.add_argument("--from-the-ring", action="store_true", help="measure while the calls are set up")
    callers = Callers(parser.parse_args())
    gc.disable()  # a pause here would look like one of the server's
    callers.work()


if __name__ == "__main__":
    main()

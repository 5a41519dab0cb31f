"""The load generator: one process that is N telephones at once, each a Twilio-shaped stream.

Every phone sends 20 ms of sound every 20 ms on an absolute clock, the phones spread evenly over those 20 ms,
and plays what it is sent by a clock of its own: marks come back when the sound before them has been played,
`clear` empties it and returns them at once. The process reports, as one line of JSON on stdout, what the
phones saw: latencies, silences, and how far the generator itself fell behind (`late_ms`), which tells whether
a figure can be trusted. It prints "ready" when all streams stand, and measures after a line on stdin.
"""

from __future__ import annotations

import argparse
import heapq
import json
import select
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from . import speech
from .wire import CLOSE, FRAME_MS, PING, Stream, client_frame, mark_of, sound_ms_of

ACCOUNT = "AC" + "0" * 32
FIRST_TIMESTAMP_MS = 100


@dataclass
class Seen:
    """What all phones together saw while measuring."""

    echo_s: list[float] = field(default_factory=list)
    clear_s: list[float] = field(default_factory=list)
    quiet_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    sent: int = 0
    received: int = 0
    marks: int = 0
    gaps_s: list[float] = field(default_factory=list)
    closed: int = 0


class Phone:
    """One telephone: its stream, where in the caller's sound it is, and its playout buffer."""

    __slots__ = (
        "call_sid",
        "ends_at",
        "marks",
        "number",
        "offset",
        "onset_at",
        "sent_at",
        "stream",
        "talking",
    )

    def __init__(self, number: int, offset: int) -> None:
        self.number = number
        self.offset = offset
        self.call_sid = f"CA{number:032x}"
        self.stream = Stream(number)
        self.sent_at: deque[float] = deque()
        self.ends_at = 0.0
        self.marks: deque[tuple[float, bytes]] = deque()
        self.onset_at = 0.0
        self.talking = False


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
        self.due_marks: list[tuple[float, int, bytes]] = []
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
                    self.seen.late_s.append(now - due)
                self._speak(self.phones[turn % count], now)
                turn += 1
                if turn % 16 == 0:
                    now = clock()
            self._return_marks(now)
            wait = max(0.0, begin + turn * gap - clock())
            for fd, _ in self.poll.poll(wait, 256):
                self._hear(fd)

    def _speak(self, phone: Phone, now: float) -> None:
        if phone.number < 0:
            return
        stream = phone.stream
        place = phone.offset % len(self.frames)
        data = stream.media(FIRST_TIMESTAMP_MS + FRAME_MS * stream.chunk, self.frames[place])
        phone.offset += 1
        if place in self.onsets:
            phone.onset_at, phone.talking = now, phone.ends_at > now
        try:
            stream.socket.send(data)
        except BlockingIOError:
            self.seen.gaps_s.append(-1.0)  # the server does not read: a phone would lose this frame
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
        seen, measuring = self.seen, self.measuring
        seen.received += measuring
        if message.startswith(b'{"event":"media"'):
            if self.options.echo:
                if phone.sent_at:
                    latency = now - phone.sent_at.popleft()
                    if measuring:
                        seen.echo_s.append(latency)
                return
            self._queue_sound(phone, sound_ms_of(message) / 1000, now)
        elif message.startswith(b'{"event":"mark"'):
            seen.marks += measuring
            at = max(now, phone.ends_at)
            phone.marks.append((at, mark_of(message)))
            heapq.heappush(self.due_marks, (at, phone.number, b""))
        elif message.startswith(b'{"event":"clear"'):
            if measuring and phone.talking:
                seen.clear_s.append(now - phone.onset_at)
                seen.quiet_s.append(now - phone.onset_at)
                phone.talking = False
            phone.ends_at = now
            phone.marks = deque((now, name) for _, name in phone.marks)
            heapq.heappush(self.due_marks, (now, phone.number, b""))

    def _queue_sound(self, phone: Phone, seconds: float, now: float) -> None:
        if self.measuring and phone.ends_at and not phone.onset_at and now > phone.ends_at:
            self.seen.gaps_s.append(now - phone.ends_at)
        phone.ends_at = max(phone.ends_at, now) + seconds

    def _return_marks(self, now: float) -> None:
        due = self.due_marks
        while due and due[0][0] <= now:
            _, number, _ = heapq.heappop(due)
            phone = self.phones[number]
            while phone.marks and phone.marks[0][0] <= now:
                _, name = phone.marks.popleft()
                if phone.stream.socket.fileno() >= 0:
                    phone.stream.socket.send(phone.stream.mark(name))

    def _gone(self, phone: Phone) -> None:
        fd = phone.stream.socket.fileno()
        if fd >= 0:
            self.poll.unregister(fd)
            self.by_fd.pop(fd, None)
            phone.stream.socket.close()
        phone.number = -1
        self.seen.closed += 1

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
    callers = Callers(parser.parse_args())
    callers.connect()
    callers.run(callers.options.warm_s)
    callers.measuring = True
    print("measuring", flush=True)
    callers.run(callers.options.seconds)
    callers.measuring = False
    print("measured", flush=True)
    seen = callers.seen
    print(
        json.dumps(
            {
                "sent": seen.sent,
                "received": seen.received,
                "marks": seen.marks,
                "closed": seen.closed,
                "lost_frames": sum(gap < 0 for gap in seen.gaps_s),
                "late_ms": percentiles(seen.late_s),
                "echo_ms": percentiles(seen.echo_s),
                "onset_to_clear_ms": percentiles(seen.clear_s),
                "gap_ms": percentiles([gap for gap in seen.gaps_s if gap >= 0]),
            }
        ),
        flush=True,
    )
    sys.stdin.readline()  # memory is read while the calls still stand
    callers.run(0.1)
    callers.hang_up()


if __name__ == "__main__":
    main()

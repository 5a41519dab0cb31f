"""Callers that listen: each speaks when it has heard the agent, and notes what its phone played and when.

A part is a generator of 20 ms frames (`None` = nothing said): it waits on what the phone plays, so one agent
is waited for longer than another. All callers run in one loop, in real time, on an absolute clock.
"""

from __future__ import annotations

import base64
import heapq
import select
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np

from rapida.audio.g711 import encode_block

from ..wire import CLOSE, FRAME_MS, PING, Stream, client_frame, mark_of, sound_ms_of
from .sounds import MS, Clip, Samples, room

ACCOUNT = "AC" + "0" * 32
FIRST_TIMESTAMP_MS = 100
FRAME = FRAME_MS * MS
LOOK_EVERY_S = 0.001
SPREAD_S = 2.0
"""All call within this time."""
Part = Generator[Samples | None]
Tell = Callable[[str], None]


@dataclass
class Said:
    """What a caller said, and when its first and last sound went out, in seconds."""

    words: str
    began: float
    ended: float


@dataclass
class Phone:
    """One caller: its line, what it says, what it hears."""

    number: int
    background: Samples = field(default_factory=lambda: room(2000))
    stream: Stream = field(init=False)
    played: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """When the agent's sound was heard: from, to."""
    said: list[Said] = field(default_factory=list[Said])
    ended_at: float | None = None
    """When the server closed the line."""
    tell: Tell = lambda order: None

    def __post_init__(self) -> None:
        self.stream = Stream(self.number)
        self.call_sid = f"CA{self.number:032x}"
        self.marks: deque[tuple[float, bytes]] = deque()
        self._at = 0

    @property
    def position_ms(self) -> int:
        return FIRST_TIMESTAMP_MS + FRAME_MS * self.stream.chunk

    @property
    def silent_at(self) -> float:
        """When the phone has played all it has; 0 before the first sound."""
        return self.played[-1][1] if self.played else 0.0

    # What a part is made of

    def hear_out(self, quiet_ms: int = 500, longest_s: float = 30.0) -> Part:
        """Wait until the agent has spoken and is silent."""
        begun, heard = time.perf_counter(), len(self.played)
        while time.perf_counter() - begun < longest_s:
            silent_s = time.perf_counter() - self.silent_at
            if len(self.played) > heard and silent_s > quiet_ms / 1000:
                return
            yield None

    def hear(self, ms: int) -> Part:
        """Wait until the agent has been speaking for a while."""
        while not self.played or time.perf_counter() - self.played[0][0] < ms / 1000:
            yield None

    def wait(self, ms: int) -> Part:
        for _ in range(ms // FRAME_MS):
            yield None

    def say(self, clip: Clip) -> Part:
        """Speak; the server's transcriber is told what it will have heard."""
        start_ms = self.position_ms
        self.tell(f"said {self.number} {start_ms} {start_ms + clip.ms} {clip.words}")
        began = time.perf_counter()
        self.said.append(Said(clip.words, began, began + clip.ms / 1000))
        for at in range(0, len(clip.sound), FRAME):
            yield clip.sound[at : at + FRAME]

    def heard_ms(self, begin: float, end: float) -> float:
        """How much of the agent was heard between two instants."""
        return 1000 * sum(max(0.0, min(end, to) - max(begin, at)) for at, to in self.played)

    # The line

    def frame(self, spoken: Samples | None) -> bytes:
        """Twenty milliseconds of what the caller says and of what is around."""
        at = self._at % (len(self.background) - FRAME)
        self._at += FRAME
        sound = self.background[at : at + FRAME].copy()
        if spoken is not None:
            sound[: len(spoken)] += spoken
        coded = encode_block((np.clip(sound, -1, 1) * 32767).astype(np.int16))
        return self.stream.media(self.position_ms, base64.b64encode(coded))

    def queue(self, ms: float, now: float) -> None:
        begin = max(now, self.silent_at)
        self.played.append((begin, begin + ms / 1000))

    def clear(self, now: float) -> None:
        self.played = [(begin, min(end, now)) for begin, end in self.played if begin < now]


class Callers:
    """All phones in one loop."""

    def __init__(
        self, phones: Sequence[Phone], parts: Sequence[Part], port: int, tell: Callable[[str], None]
    ) -> None:
        for phone in phones:
            phone.tell = tell
        self._phones = phones
        self._parts: list[Part | None] = list(parts)
        self._port = port
        self._due: list[tuple[float, int]] = []
        self._poll = select.epoll()
        self._by_fd: dict[int, Phone] = {}
        self.late: list[float] = []
        """How much too late each frame went out, in seconds."""

    @property
    def late_p95_ms(self) -> float:
        return 1000 * sorted(self.late)[len(self.late) * 95 // 100]

    def run(self) -> None:
        """Call, one after the other within a second, and stay until every part is over."""
        count = len(self._phones)
        begin = time.perf_counter()
        order = [(begin + nth * SPREAD_S / count, nth) for nth in range(count)]
        while order:
            now = time.perf_counter()
            while order and order[0][0] <= now:
                at, nth = heapq.heappop(order)
                self.late.append(now - at)
                if self._speak(nth):
                    heapq.heappush(order, (at + FRAME_MS / 1000, nth))
            self._return_marks(now)
            time.sleep(LOOK_EVERY_S)
            for fd, _ in self._poll.poll(0, 256):
                if (phone := self._by_fd.get(fd)) is not None:
                    self._listen(phone)

    def _speak(self, nth: int) -> bool:
        """The next frame of one caller; false when its part is over."""
        phone, part = self._phones[nth], self._parts[nth]
        if part is None or phone.ended_at is not None:
            return False
        if not phone.stream.chunk:
            phone.stream.connect("127.0.0.1", self._port, f"/v1/talk/twilio/ctx/{phone.number}")
            phone.stream.start(phone.call_sid, ACCOUNT)
            fd = phone.stream.socket.fileno()
            self._by_fd[fd] = phone
            self._poll.register(fd, select.EPOLLIN)
        try:
            phone.stream.socket.send(phone.frame(next(part)))
        except StopIteration:
            self._parts[nth] = None
            self._hang_up(phone)
            return False
        except OSError:
            self._gone(phone)
            return False
        return True

    def _gone(self, phone: Phone) -> None:
        if phone.ended_at is None:
            phone.ended_at = time.perf_counter()
            fd = phone.stream.socket.fileno()
            self._poll.unregister(fd)
            del self._by_fd[fd]

    def _hang_up(self, phone: Phone) -> None:
        self._gone(phone)
        phone.stream.socket.setblocking(True)
        phone.stream.socket.send(phone.stream.stop(phone.call_sid, ACCOUNT))
        phone.stream.socket.close()

    def _listen(self, phone: Phone) -> None:
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
            elif message.startswith(b'{"event":"media"'):
                phone.queue(sound_ms_of(message), now)
            elif message.startswith(b'{"event":"mark"'):
                self._owe(phone, max(now, phone.silent_at), mark_of(message))
            elif message.startswith(b'{"event":"clear"'):
                phone.clear(now)
                owed, phone.marks = phone.marks, deque[tuple[float, bytes]]()
                for _, name in owed:
                    self._owe(phone, now, name)

    def _owe(self, phone: Phone, at: float, name: bytes) -> None:
        phone.marks.append((at, name))
        heapq.heappush(self._due, (at, phone.number))

    def _return_marks(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            phone = self._phones[heapq.heappop(self._due)[1]]
            while phone.marks and phone.marks[0][0] <= now:
                _, name = phone.marks.popleft()
                if phone.ended_at is None:
                    phone.stream.socket.send(phone.stream.mark(name))

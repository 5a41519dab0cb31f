"""Caller sound on its way to a recogniser, and where it lies on the caller's timeline.

Keeps what is not transcribed for good, so that another connection can hear it again; and turns the seconds
that a connection counts from its own first byte into positions. It knows no recogniser and no network.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

from ..audio.g711 import SAMPLES_PER_MS

KEPT_BYTES = 15_000 * SAMPLES_PER_MS
"""Fifteen seconds: what a caller says while a connection is away. Older sound is lost."""


class SoundBuffer:
    """The sound of one call, as far as it is still needed."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[int, bytes]] = deque()
        """Position and sound, in order."""
        self._kept_bytes = 0
        self._sent = 0
        """How many of the chunks this connection has got."""
        self._stream_ms = 0
        """How much sound this connection has got in all."""
        self._anchors: list[tuple[int, int]] = []
        """(stream ms, position ms): where the stream's sound begins, and where it does after each gap."""
        self._next_ms = -1
        """Where the next chunk begins if there is no gap."""
        self.settled_ms = -1
        """Everything before this position is transcribed for good."""

    def add(self, position_ms: int, ulaw: bytes) -> None:
        """Sound that begins at `position_ms`."""
        self._chunks.append((position_ms, ulaw))
        self._kept_bytes += len(ulaw)
        while self._kept_bytes > KEPT_BYTES:
            self._drop()

    def next(self) -> bytes | None:
        """The next sound to send, None if this connection has it all."""
        if self._sent >= len(self._chunks):
            return None
        position_ms, ulaw = self._chunks[self._sent]
        self._sent += 1
        if position_ms != self._next_ms:
            self._anchors.append((self._stream_ms, position_ms))
        duration_ms = len(ulaw) // SAMPLES_PER_MS
        self._stream_ms += duration_ms
        self._next_ms = position_ms + duration_ms
        return ulaw

    def rewind(self) -> None:
        """A new connection: it gets everything that is not settled, and counts from there."""
        if self._chunks and (settled_ms := self.settled_ms - self._chunks[0][0]) > 0:
            position_ms, ulaw = self._chunks[0]
            self._chunks[0] = position_ms + settled_ms, ulaw[settled_ms * SAMPLES_PER_MS :]
            self._kept_bytes -= settled_ms * SAMPLES_PER_MS
        self._sent = 0
        self._stream_ms = 0
        self._anchors.clear()
        self._next_ms = -1

    def position_ms(self, stream_s: float) -> int:
        """Where on the caller's timeline a moment of this connection lies."""
        stream_ms = round(stream_s * 1000)
        if not self._anchors:
            return stream_ms
        at = bisect_right(self._anchors, stream_ms, key=lambda anchor: anchor[0])
        anchor_ms, position_ms = self._anchors[max(0, at - 1)]
        return position_ms + stream_ms - anchor_ms

    def settle(self, stream_s: float) -> None:
        """Everything up to this moment of the connection is transcribed for good."""
        # A recogniser rounds: it cannot have heard more than it got.
        self.settled_ms = max(self.settled_ms, min(self.position_ms(stream_s), self._next_ms))
        while self._sent and self._chunks:
            position_ms, ulaw = self._chunks[0]
            if position_ms + len(ulaw) // SAMPLES_PER_MS > self.settled_ms:
                break
            self._drop()

    def _drop(self) -> None:
        _, ulaw = self._chunks.popleft()
        self._kept_bytes -= len(ulaw)
        self._sent = max(0, self._sent - 1)

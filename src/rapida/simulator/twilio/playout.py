"""The phone's playout buffer, as Twilio's: sound of any size is appended and played at 8 kHz.

It decides when each sample reaches the ear and when each mark comes back. It has no clock: every call takes
`now_s`, seconds since the stream began, which must never go backwards.
"""

from __future__ import annotations

from collections import deque

from .heard import SILENCE, Heard, MarkReturned, Piece
from .loudness import RATE_HZ

LIMIT_SAMPLES = 600 * RATE_HZ
"""Twilio buffers ten minutes per stream and drops what comes on top (warning 31931)."""


def at_sample(now_s: float) -> int:
    """The sample being played at `now_s`; a nanosecond of float noise does not cost a sample."""
    return int(now_s * RATE_HZ + 1e-5)


class Playout:
    """One stream's buffer and the record of what came out of it."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._waiting: deque[tuple[int, str]] = deque()
        self._ends_at = 0
        self._returned: list[MarkReturned] = []
        self._clears: list[float] = []
        self._ear_at = 0
        self._ear_piece = 0

    def play(self, ulaw: bytes, now_s: float) -> bool:
        """Append sound; False if ten minutes are already buffered and it was dropped."""
        now = at_sample(now_s)
        starts_at = max(self._ends_at, now)
        if starts_at + len(ulaw) - now > LIMIT_SAMPLES:
            return False
        if ulaw:
            self._pieces.append(Piece(starts_at, ulaw))
        self._ends_at = starts_at + len(ulaw)
        return True

    def mark(self, name: str, now_s: float) -> None:
        """Ask for `name` back when everything appended so far has been played; see `returned`."""
        self._waiting.append((max(self._ends_at, at_sample(now_s)), name))

    def returned(self, now_s: float) -> list[str]:
        """The marks that come back by `now_s`, in the order they were set."""
        names: list[str] = []
        while self._waiting and self._waiting[0][0] <= at_sample(now_s):
            due_at, name = self._waiting.popleft()
            self._returned.append(MarkReturned(name, max(due_at / RATE_HZ, 0.0), cleared=False))
            names.append(name)
        return names

    def clear(self, now_s: float) -> list[str]:
        """Empty the buffer: what has not been played never will be; every pending mark comes back."""
        names = self.returned(now_s)
        self._cut(at_sample(now_s))
        self._clears.append(now_s)
        while self._waiting:
            _, name = self._waiting.popleft()
            self._returned.append(MarkReturned(name, now_s, cleared=True))
            names.append(name)
        return names

    @property
    def next_mark_at_s(self) -> float | None:
        """When the first pending mark comes back if nothing else happens."""
        return self._waiting[0][0] / RATE_HZ if self._waiting else None

    def is_idle(self, now_s: float) -> bool:
        """Nothing left to play and no mark pending."""
        return self._ends_at <= at_sample(now_s) and not self._waiting

    def listen(self, now_s: float) -> bytes:
        """What reached the ear since the last `listen`: mu-law, silence where the buffer was empty."""
        begins_at, ends_at = self._ear_at, max(self._ear_at, at_sample(now_s))
        self._ear_at = ends_at
        sound = bytearray(SILENCE * (ends_at - begins_at))
        while self._ear_piece < len(self._pieces):
            piece = self._pieces[self._ear_piece]
            first, last = max(piece.starts_at, begins_at), min(piece.ends_at, ends_at)
            if first < last:
                sound[first - begins_at : last - begins_at] = piece.ulaw[
                    first - piece.starts_at : last - piece.starts_at
                ]
            if piece.ends_at > ends_at:
                break
            self._ear_piece += 1
        return bytes(sound)

    def heard(self, now_s: float) -> Heard:
        """Everything the caller heard up to `now_s`; sound still in the buffer is not part of it."""
        now = at_sample(now_s)
        heard = [piece.up_to(now) for piece in self._pieces if piece.starts_at < now]
        return Heard(tuple(heard), tuple(self._returned), tuple(self._clears), now / RATE_HZ)

    def _cut(self, now: int) -> None:
        while self._pieces and self._pieces[-1].ends_at > now:
            piece = self._pieces.pop()
            if piece.starts_at < now:
                self._pieces.append(piece.up_to(now))
        self._ear_piece = min(self._ear_piece, len(self._pieces))
        self._ends_at = min(self._ends_at, now)

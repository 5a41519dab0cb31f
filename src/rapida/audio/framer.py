"""Any bytes in, pieces of one size out: between a synthesiser's chunks and the telephone's frames.

What the bytes mean is left to others.
"""

from __future__ import annotations

from .g711 import FRAME_BYTES, SILENCE


class Framer:
    """Cuts a stream into pieces of `size` bytes (a 20 ms mu-law frame unless told otherwise)."""

    def __init__(self, size: int = FRAME_BYTES) -> None:
        self._size = size
        self._rest = b""

    def push(self, data: bytes) -> list[bytes]:
        """Take bytes of any length and return the whole pieces there are now."""
        if self._rest:
            data = self._rest + data
        whole = len(data) - len(data) % self._size
        self._rest = data[whole:]
        return [data[at : at + self._size] for at in range(0, whole, self._size)]

    def flush(self, pad: bytes = SILENCE) -> bytes:
        """The last piece, filled up with `pad` (one byte), or nothing when none was begun."""
        rest, self._rest = self._rest, b""
        return rest.ljust(self._size, pad) if rest else b""

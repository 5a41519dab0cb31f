"""Sound that says where it is from: every millisecond of it carries its segment and its place.

The server's voice speaks it, the callers read it, and so repeated, lost and missing sound are counted to the
millisecond instead of being guessed from levels.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MS_BYTES = 8
_HEAD = b"\x91\x11"
"""Loud, so that it would sound; and found again to check that a cut fell on a whole millisecond."""


def spoken(segment: int, duration_ms: int) -> bytes:
    """`duration_ms` of mu-law sound."""
    return b"".join(_HEAD + struct.pack("!HI", segment & 0xFFFF, place) for place in range(duration_ms))


def heard(ulaw: bytes) -> Iterator[tuple[int, int]]:
    """Each millisecond's (segment, place). Raises `ValueError` when the sound was cut within one."""
    for at in range(0, len(ulaw), MS_BYTES):
        part = ulaw[at : at + MS_BYTES]
        if part[:2] == _HEAD:
            yield struct.unpack("!HI", part[2:])
        elif part != b"\xff" * len(part):
            raise ValueError(f"sound cut within a millisecond: {part.hex()}")

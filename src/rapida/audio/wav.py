"""WAV files: a writer that streams, a reader that walks chunks, and the mending of a file left by a crash.

It works on files that are already open and decides nothing about names, places or threads. Linear 16-bit and
mu-law samples are understood, with any number of channels (RIFF/WAVE, format codes 1 and 7).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

Encoding = Literal["pcm16", "ulaw"]

_CODES: dict[Encoding, tuple[int, int]] = {"pcm16": (1, 2), "ulaw": (7, 1)}
"""Encoding → RIFF format code, bytes per sample."""
_NAMES: dict[tuple[int, int], Encoding] = {(code, width): name for name, (code, width) in _CODES.items()}
_SIZE_LIMIT = 0xFFFF_FFFF
"""RIFF writes sizes in 32 bits."""
_HEADER_BYTES = 58
"""RIFF (12), fmt (26), fact (12) and the head of data (8): the same for both encodings."""


class NotWav(ValueError):
    """The bytes are no WAV file, or one whose samples are of a kind not understood here."""


@dataclass(frozen=True)
class Format:
    """What a WAV file's samples are."""

    channels: int = 1
    rate_hz: int = 8000
    encoding: Encoding = "pcm16"

    @property
    def frame_bytes(self) -> int:
        """Bytes of one instant: one sample of each channel."""
        return self.channels * _CODES[self.encoding][1]


@dataclass(frozen=True)
class WavSound:
    """A WAV file's content. `data` holds whole sample frames, channels interleaved, little-endian."""

    format: Format
    data: bytes

    @property
    def duration_ms(self) -> int:
        return len(self.data) * 1000 // (self.format.frame_bytes * self.format.rate_hz)


def header(form: Format, data_bytes: int) -> bytes:
    """The file's first 58 bytes, for this much sample data after them."""
    code, width = _CODES[form.encoding]
    per_second = form.rate_hz * form.frame_bytes
    size = min(data_bytes, _SIZE_LIMIT - _HEADER_BYTES)
    return struct.pack(
        "<4sI4s4sIHHIIHHH4sII4sI",
        *(b"RIFF", size + _HEADER_BYTES - 8, b"WAVE"),
        *(b"fmt ", 18, code, form.channels, form.rate_hz, per_second, form.frame_bytes, width * 8, 0),
        *(b"fact", 4, size // form.frame_bytes),
        *(b"data", size),
    )


class WavWriter:
    """Streams samples into a seekable file. Until `close` the header says "empty"; `repair` can mend that."""

    def __init__(self, file: BinaryIO, form: Format) -> None:
        self._file = file
        self._format = form
        self._data_bytes = 0
        file.write(header(form, 0))

    def write(self, data: bytes) -> None:
        """Append whole sample frames. Raises what the file raises."""
        self._file.write(data)
        self._data_bytes += len(data)

    def close(self) -> int:
        """Write the true sizes into the header; the file stays open. Returns the sound's duration in ms."""
        self._file.seek(0)
        self._file.write(header(self._format, self._data_bytes))
        self._file.flush()
        return self._data_bytes * 1000 // (self._format.frame_bytes * self._format.rate_hz)


def repair(file: BinaryIO) -> int:
    """Mend a file that `Writer` did not close: sizes from its length, a torn last sample frame cut off.

    The file is open for reading and writing. Returns the duration in ms. Raises `NotWav` when the file is not
    one that `Writer` began.
    """
    file.seek(0)
    head = file.read(_HEADER_BYTES)
    if len(head) < _HEADER_BYTES or head[50:54] != b"data":
        raise NotWav("it does not begin with the header of a recording")
    form = _format(head[20:38])
    length = file.seek(0, 2) - _HEADER_BYTES
    length -= length % form.frame_bytes
    file.truncate(_HEADER_BYTES + length)
    file.seek(0)
    file.write(header(form, length))
    file.flush()
    return length * 1000 // (form.frame_bytes * form.rate_hz)


def read(content: bytes) -> WavSound:
    """Parse a whole file. Unknown chunks are passed over; a data chunk longer than the file ends with it.

    Raises `NotWav`.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise NotWav("it does not begin with RIFF and WAVE")
    form: Format | None = None
    for name, body in _chunks(content):
        if name == b"fmt ":
            form = _format(body)
        elif name == b"data":
            if form is None:
                raise NotWav("its samples come before their description")
            return WavSound(form, body[: len(body) - len(body) % form.frame_bytes])
    raise NotWav("it holds no samples")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        yield name, content[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)


def _format(body: bytes) -> Format:
    if len(body) < 16:
        raise NotWav("the description of its samples is cut short")
    code, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    name = _NAMES.get((code, bits // 8))
    if name is None or channels < 1 or rate_hz < 1:
        raise NotWav(f"its samples (format {code}, {bits} bit, {channels} channels) are not understood")
    return Format(channels, rate_hz, name)

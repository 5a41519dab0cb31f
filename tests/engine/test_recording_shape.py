"""The shape of a recording: how loud each side was, at a glance."""

from pathlib import Path

import numpy as np
import pytest

from rapida.audio import wav
from rapida.engine.recorder import shape_of


@pytest.mark.parametrize("seconds", [0, 0.001, 1])
def test_the_shape_of_a_recording_tells_how_loud_each_side_was(tmp_path: Path, seconds: float) -> None:
    path, frames = tmp_path / "1.wav", int(8000 * seconds)
    caller, agent = np.zeros(frames, "<i2"), np.zeros(frames, "<i2")
    caller[: frames // 2] = -32768
    agent[frames // 2 :] = 12800
    with path.open("wb") as file:
        one = wav.WavWriter(file, wav.Format(channels=2))
        one.write(np.stack([caller, agent], axis=1).tobytes())
        one.close()
    shape = shape_of(path)
    if frames == 0:
        assert shape == b""
        return
    heard, said = shape[:64], shape[64:]
    assert (len(shape), heard[0], said[0], heard[-1], said[-1]) == (128, 255, 0, 0, 100)
    if frames > 64:
        assert shape == bytes([255] * 32 + [0] * 32 + [0] * 32 + [100] * 32)

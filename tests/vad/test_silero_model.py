"""The network: found without its package, and rows of a batch that do not touch one another."""

import numpy as np
import pytest

from rapida.errors import ExtraMissing
from rapida.vad import silero_model
from rapida.vad.silero_model import BATCH, WINDOW, SileroModel, find_weights
from tests.vad.sounds import line, speech


def windows(ulaw: bytes) -> list[bytes]:
    return [ulaw[at : at + WINDOW] for at in range(0, len(ulaw) - WINDOW + 1, WINDOW)]


def test_the_weights_are_a_file_of_the_wheel() -> None:
    assert find_weights().stat().st_size > 1_000_000


def test_without_the_wheel_the_extra_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero_model.model_files, "found", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"rapida\[silero\]"):
        find_weights()


def test_speech_is_told_from_silence() -> None:
    model = SileroModel()
    row = model.take_row()
    silence = [model.probabilities([row], [b"\xff" * WINDOW])[0] for _ in range(20)]
    spoken = [
        model.probabilities([row], [one])[0] for one in windows(line(2, -70, (0, speech("card.ulaw", -20))))
    ]
    assert max(silence) < 0.2
    assert max(spoken) > 0.95


def test_rows_of_one_batch_equal_rows_run_alone() -> None:
    calls = [windows(line(1.5, -70, (call / 50, speech("card.ulaw", -15 - call)))) for call in range(8)]
    batched, alone = SileroModel(), SileroModel()
    rows = [batched.take_row() for _ in calls]
    own = [alone.take_row() for _ in calls]
    spread = 0.0
    for at in range(len(calls[0])):
        together = batched.probabilities(rows, [call[at] for call in calls])
        singly = [alone.probabilities([row], [call[at]])[0] for row, call in zip(own, calls, strict=True)]
        assert together == pytest.approx(singly, abs=1e-5)
        spread = max(spread, float(np.ptp(together)))
    assert spread > 0.5


def test_rows_grow_with_the_calls_and_come_back_clean() -> None:
    model = SileroModel()
    rows = [model.take_row() for _ in range(3 * BATCH)]
    assert len(set(rows)) == 3 * BATCH
    loud = windows(line(1.5, -70, (0, speech("card.ulaw", -15))))
    used = rows[-1]
    fresh = [model.probabilities([used], [one])[0] for one in loud]
    model.give_row(used)
    assert model.take_row() == used
    assert [model.probabilities([used], [one])[0] for one in loud] == pytest.approx(fresh, abs=1e-6)

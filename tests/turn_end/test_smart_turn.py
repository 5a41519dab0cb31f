"""The model that listens, in a real process, with recordings of people."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from rapida.errors import ConfigurationError, ExtraMissing, ProviderUnavailable
from rapida.providers.build import build
from rapida.providers.model_files import find
from rapida.turn_end import CATALOGUE
from rapida.turn_end.smart_turn import SmartTurn
from rapida.turn_end.smart_turn_worker import WINDOW, SmartTurnModel, prepare, window_of
from rapida.workers.child import JobRefused
from tests.workers.pools import at_work

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIO = Path(__file__).resolve().parents[1] / "audio"
FORWARD = (AUDIO / "go_forward.ulaw").read_bytes()
SPOKEN_MS = 2400
"""Where "go forward ten meters" ends in it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[SmartTurn]:
    made = build(CATALOGUE, "smart_turn", {})
    assert isinstance(made, SmartTurn)
    await made.start()
    yield made
    await made.aclose()


async def test_a_sentence_that_is_over_is_complete(model: SmartTurn) -> None:
    assert await model.complete(FORWARD[: SPOKEN_MS * 8])


async def test_its_threshold_decides() -> None:
    network = SmartTurnModel(find("smart-turn"))
    whole = network.probability(FORWARD[: SPOKEN_MS * 8])
    in_the_middle_of_a_word = network.probability(FORWARD[: 1000 * 8])
    assert 0 <= in_the_middle_of_a_word < whole <= 1


async def test_a_process_that_dies_leaves_it_to_silence_and_is_replaced(model: SmartTurn) -> None:
    (killed,) = model._pool.process_ids
    os.kill(killed, signal.SIGSTOP)
    verdict = asyncio.ensure_future(model.complete(FORWARD))
    await at_work(model._pool)
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(ProviderUnavailable):
        await verdict
    assert isinstance(await model.complete(FORWARD), bool)
    assert model._pool.process_ids != [killed]


async def test_the_last_eight_seconds_are_heard_and_what_is_missing_is_silent() -> None:
    short, long = window_of(FORWARD), window_of(FORWARD * 10)
    assert len(short) == len(long) == WINDOW
    assert np.ptp(short[: WINDOW // 2]) == 0
    assert np.ptp(long[: WINDOW // 2]) > 1
    assert abs(float(long.mean())) < 1e-3
    assert float(long.var()) == pytest.approx(1.0, abs=1e-3)
    assert np.isfinite(window_of(b"")).all()


async def test_a_file_that_is_not_the_one_that_we_know_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "smart-turn-v3.2-cpu.onnx"
    other.write_bytes(b"nothing of the kind")
    with pytest.raises(JobRefused, match="is not the file 'smart-turn' that we know"):
        prepare(str(other))


async def test_without_its_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapida.turn_end.smart_turn.find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"rapida\[turn\]"):
        SmartTurn(SmartTurn.Options())


async def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        build(CATALOGUE, "smart_turn", {"threshold": 1.5})


async def test_the_server_process_loads_neither_the_model_nor_pipecat() -> None:
    program = """
import sys
from rapida.turn_end.smart_turn import SmartTurn
SmartTurn(SmartTurn.Options())
print([name for name in sys.modules if name.partition(".")[0] in {"onnxruntime", "pipecat"}])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120
    )
    assert ran.stdout.strip() == "[]", ran.stderr

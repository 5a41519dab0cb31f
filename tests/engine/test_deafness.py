"""An ear that breaks while it is given sound: the caller hears an apology, never a dead line."""

from __future__ import annotations

from typing import Any, Never

import pytest
from structlog.testing import capture_logs

from rapida.call import happenings as h
from rapida.engine.early_listener import EarlyListener
from rapida.engine.listener import Listener
from rapida.errors import OURSELVES
from rapida.vad.energy import EnergyDetector
from tests.engine.whole_call import Dictation, WholeCall

SECRET = "sk-of-the-ear"


@pytest.mark.parametrize(
    ("ear", "takes_sound"), [(EnergyDetector, "feed"), (Listener, "media"), (Dictation, "feed")]
)
@pytest.mark.parametrize("at_once", [True, False], ids=["answered at once", "through the early listener"])
async def test_a_call_whose_ear_breaks_hears_the_apology_and_ends_with_its_reason(
    ear: type[Any], takes_sound: str, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def breaks(_: Any, position_ms: int, ulaw: bytes) -> Never:
        asked.append(position_ms)
        raise KeyError(SECRET)

    async with WholeCall(early=None if at_once else EarlyListener()) as call:
        await call.until_heard("Welcome")
        monkeypatch.setattr(ear, takes_sound, breaks)
        with capture_logs() as logged:
            outcome = await call.outcome()
    assert outcome.reason == "provider_failure"
    assert call.lines("agent")[-1].heard == call.assistant.error_message
    deaf = h.ProviderFailed("stt", "a bug: KeyError", OURSELVES, retryable=False)
    assert call.happened == [deaf], "told once, without what the error held"
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["listener_broken"]
    assert len(asked) == 1, "a broken ear is given no more sound"

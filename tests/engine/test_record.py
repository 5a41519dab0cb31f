"""What is kept of a call as it happens, and what of it is counted."""

from __future__ import annotations

import pytest

from rapida.assistant import Assistant, Provider
from rapida.call import events as e
from rapida.engine.clock import ManualClock
from rapida.engine.live import Live
from rapida.engine.record import Record
from rapida.errors import OURSELVES
from rapida.llm.scripted import ScriptedReply
from tests.engine.rehearsal import Counted, Rehearsal


async def test_a_reply_of_nothing_is_counted_as_a_failure_of_the_model_each_time() -> None:
    async with Rehearsal([ScriptedReply("")], hears=["when do you open"]) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        outcome = await call.outcome()
    assert outcome.reason == "provider_failure"
    assert call.happened == [("llm failed", "the model answered with nothing")] * 2
    assert call.counted.failures == [("llm", "scripted")] * 2


@pytest.mark.parametrize(
    ("failure", "counted"),
    [
        (e.ReplyFailed(1, "gone", True, provider="second-model"), ("llm", "second-model")),
        (e.SynthesisFailed(1, "gone", True, "second-voice"), ("tts", "second-voice")),
        (e.TranscriptionBroke("gone", "second-ear"), ("stt", "second-ear")),
        (e.TranscriptionFailed("gone", OURSELVES), ("stt", "rapida")),
    ],
)
def test_a_failure_is_counted_as_that_of_the_provider_it_names_and_not_of_the_assistants(
    failure: e.Event, counted: tuple[str, str]
) -> None:
    counters = Counted()
    parts = dict.fromkeys(("stt", "llm", "tts"), Provider("first"))
    Record(1, 2, Assistant(1, 1, "A", **parts), ManualClock(), Live(), counters).event(failure)
    assert counters.failures == [counted]

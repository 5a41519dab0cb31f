"""What is kept of a call as it happens, and what of it is counted."""

from __future__ import annotations

from rapida.llm.scripted import ScriptedReply
from tests.engine.rehearsal import Rehearsal


async def test_a_reply_of_nothing_is_counted_as_a_failure_of_the_model_each_time() -> None:
    async with Rehearsal([ScriptedReply("")], hears=["when do you open"]) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        outcome = await call.outcome()
    assert outcome.reason == "provider_failure"
    assert call.happened == [("llm failed", "the model answered with nothing")] * 2
    assert call.counted.failures == [("llm", "scripted")] * 2

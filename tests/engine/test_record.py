"""What is kept of a call as it happens, and what of it is counted."""

from __future__ import annotations

import pytest

from rapida.assistant import Assistant, Provider
from rapida.call import events as e
from rapida.call import happenings as h
from rapida.engine.clock import ManualClock
from rapida.engine.live import Live
from rapida.engine.record import Record
from rapida.errors import OURSELVES
from rapida.llm.scripted import ScriptedReply
from tests.engine.whole_call import Counted, WholeCall

LONG = " ".join(["This is a very long speech that goes on and on until somebody stops it at last."] * 4)


async def test_a_reply_of_nothing_is_counted_as_a_failure_of_the_model_each_time() -> None:
    async with WholeCall([ScriptedReply("")], hears=["when do you open"]) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        outcome = await call.outcome()
    assert outcome.reason == "provider_failure"
    assert (
        call.happened
        == [h.ProviderFailed("llm", "the model answered with nothing", "scripted", retryable=True)] * 2
    )
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
    record = Record(
        conversation_id=1,
        project_id=2,
        assistant=Assistant(1, 1, "A", **parts),
        clock=ManualClock(),
        live=Live(),
        counters=counters,
    )
    record.event(failure)
    assert counters.failures == [counted]
    ((_, kept),) = record.outcome.happenings
    assert isinstance(kept, h.ProviderFailed)
    assert (kept.family, kept.provider, kept.reason) == (*counted, "gone")


async def test_a_sound_that_the_agent_stopped_for_in_vain_is_kept_with_what_it_did() -> None:
    async with WholeCall(hears=["okay"], greeting=LONG) as call:
        await call.run(700)
        call.caller_makes_a_sound(900)
        await call.run(20_000, until=lambda: bool(call.happened))
        call.phone.hangs_up()
        await call.outcome()
    assert call.happened == [h.FalseBargeIn()]


async def test_a_voice_that_never_says_a_word_is_kept_as_noise_with_its_length() -> None:
    async with WholeCall(hears=[""]) as call:
        await call.until_heard("Welcome")
        call.runner.post(e.VoiceRose(call.clock.now_us() // 1000))  # and never falls again
        await call.run(20_000, until=lambda: bool(call.happened))
        call.phone.hangs_up()
        await call.outcome()
    (noise,) = call.happened
    assert isinstance(noise, h.NoiseDiscounted)
    assert 4000 <= noise.voice_ms < 5000


async def test_a_stream_that_is_lost_is_kept_with_the_code_of_its_socket() -> None:
    async with WholeCall() as call:
        await call.until_heard("Welcome")
        call.runner.post(e.CarrierClosed(1006))
        outcome = await call.outcome()
    assert outcome.reason == "stream_lost"
    assert call.happened == [h.StreamLost(1006)]

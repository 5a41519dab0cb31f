"""How calls end, once and with their own reason: by either side, by silence, the clock, or a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from rapida.assistant import Idle, Provider
from rapida.llm.scripted import ScriptedReply
from rapida.phone.chaos import Chaos
from rapida.phone.script import AfterAgent, At, HangUp, Nothing, Step, Tone
from rapida.tts.base import Sound
from rapida.tts.tone import Tone as Voice

from .house import GREETING, House, assistant, spoken, wrong

SPEECH = Step(AfterAgent(200), Tone(300, 500))
LISTEN = Step(At(25), Nothing())
SORRY = "Something broke. Goodbye."


async def test_the_agent_says_goodbye_and_hangs_up(house: House) -> None:
    bye = ScriptedReply("Goodbye then.", tool="end_call")
    number = await house.install(assistant([bye], hears=["bye"]))
    report = await house.ring(number, SPEECH, LISTEN)
    kept = await house.kept()
    assert (report.end, report.status, wrong(report)) == ("agent hung up", "completed", [])
    assert report.heard.sound == await spoken(GREETING) + await spoken("Goodbye then.")
    assert [mark.cleared for mark in report.heard.marks].count(True) == 0, "nothing was cut off"
    assert (kept.conversation.end_reason, kept.conversation.call_status) == ("agent_hangup", "completed")
    assert house.closed(1000) == 1


async def test_a_caller_who_hangs_up_in_the_middle_leaves_the_words_heard_so_far(house: House) -> None:
    number = await house.install(assistant(greeting="One two three four five six seven eight nine ten."))
    report = await house.ring(number, Step(At(0.5), HangUp()))
    kept = await house.kept()
    assert report.end == "caller hung up"
    (entry,) = kept.entries("agent")
    assert entry.cut
    assert entry.text.startswith(entry.heard)
    heard_ms = len(report.heard.sound) / 8
    assert len(entry.heard) * 20 <= heard_ms + 20
    assert kept.conversation.end_reason == "caller_hangup"


async def test_silence_is_prompted_and_then_ends_the_call(house: House) -> None:
    idle = Idle(timeout_s=0.4, prompts=("Hello?",), goodbye="Nobody there. Goodbye.")
    number = await house.install(assistant(idle=idle))
    report = await house.ring(number, LISTEN)
    kept = await house.kept()
    assert report.end == "agent hung up"
    assert [entry.heard for entry in kept.entries("agent")] == [GREETING, "Hello?", "Nobody there. Goodbye."]
    assert report.heard.sound == b"".join([await spoken(entry.text) for entry in kept.entries("agent")])
    assert kept.conversation.end_reason == "idle"


async def test_a_call_that_is_too_long_is_warned_and_ended(house: House) -> None:
    number = await house.install(
        assistant(
            max_duration_s=2.0,
            warning_before_s=1.0,
            warning_message="Soon over.",
            duration_goodbye="Time is up.",
        )
    )
    report = await house.ring(number, LISTEN)
    kept = await house.kept()
    assert report.end == "agent hung up"
    assert [entry.heard for entry in kept.entries("agent")] == [GREETING, "Soon over.", "Time is up."]
    assert kept.conversation.end_reason == "max_duration"


@pytest.mark.parametrize(("ends", "retryable"), [("refused", "false"), ("unavailable", "true")])
async def test_a_model_that_fails_for_good_is_apologised_for(house: House, ends: str, retryable: str) -> None:
    number = await house.install(
        assistant([ScriptedReply("", ends=ends)], hears=["hello"], error_message=SORRY)  # type: ignore[arg-type]
    )
    report = await house.ring(number, SPEECH, LISTEN)
    kept = await house.kept()
    assert report.end == "agent hung up"
    assert report.heard.sound == await spoken(GREETING) + await spoken(SORRY)
    assert kept.conversation.end_reason == "provider_failure"
    failures = kept.named("llm_failed")
    assert len(failures) == (1 if ends == "refused" else 2), "a failure that may pass is tried again"
    counted = house.metric(
        "rapida_provider_failures_total", family="llm", provider="scripted", retryable=retryable
    )
    assert counted == len(failures)


async def test_a_voice_that_is_gone_ends_the_call_without_a_word(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await house.install(assistant(["Fine."], hears=["hello"]))
    given = Voice.synthesize

    async def loses_its_voice(self: Voice, text: str) -> AsyncIterator[Sound]:
        if text != GREETING:
            await self.aclose()
        async for sound in given(self, text):
            yield sound

    monkeypatch.setattr(Voice, "synthesize", loses_its_voice)
    report = await house.ring(number, SPEECH, LISTEN)
    kept = await house.kept()
    assert report.end == "agent hung up"
    assert report.heard.sound == await spoken(GREETING)
    assert kept.conversation.end_reason == "provider_failure"
    assert kept.named("tts_failed")


async def test_providers_that_cannot_be_had_refuse_the_stream_and_say_so_in_the_record(house: House) -> None:
    number = await house.install(replace(assistant(), tts=Provider("nobody")))
    report = await house.ring(number)
    assert report.status == "completed"
    assert [fault.code for fault in wrong(report)] == [31920]
    kept = await house.kept(1)
    assert (kept.conversation.status, kept.conversation.end_reason) == ("ended", "provider_failure")


async def test_a_lost_socket_is_a_carrier_failure_and_keeps_its_record(house: House) -> None:

    number = await house.install(assistant())
    chaos = Chaos(drop_socket_at_s=0.9, missing_callbacks=frozenset({"all"}))
    report = await house.ring(number, LISTEN, chaos=chaos)
    assert report.end == "stream lost"
    kept = await house.kept()
    assert kept.conversation.end_reason == "carrier_failure"
    assert kept.entries("agent")[0].heard == GREETING
    assert house.closed(1006) == 1

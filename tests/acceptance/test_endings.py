"""How calls end, once and with their own reason: by either side, by silence, the clock, or a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from msgspec.structs import replace

from rapida.assistant import Idle, Provider
from rapida.llm.scripted import ScriptedReply
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Step, Tone
from rapida.tts.base import Sound
from rapida.tts.tone import Tone as Voice

from .conftest import MadeCalls
from .server import GREETING, MS_PER_CHARACTER, InProcessServer, MadeCall, assistant, ms, play, spoken, wrong

SPEECH = Step(AfterAgent(200), Tone(300, 500))
LISTEN = Step(At(25), Nothing())
SORRY = "Something broke. Goodbye."
COUNTING = "One two three four five six seven eight nine ten."
HOARSE = Provider("tone", {"ms_per_character": MS_PER_CHARACTER, "frequency_hz": 400})
"""A voice that only one call has."""


def goodbye(server: InProcessServer) -> Awaitable[MadeCall]:
    bye = ScriptedReply("Goodbye then.", tool="end_call")
    return play(server, assistant([bye], hears=["bye"]), SPEECH, LISTEN)


def silence(server: InProcessServer) -> Awaitable[MadeCall]:
    idle = Idle(timeout_s=0.4, prompts=("Hello?",), goodbye="Nobody there. Goodbye.")
    return play(server, assistant(idle=idle), LISTEN)


def too_long(server: InProcessServer) -> Awaitable[MadeCall]:
    # Far enough apart that a stall lets neither run into the next.
    limits = {"max_duration_s": 3.2, "warning_before_s": 1.5, "warning_message": "Soon over."}
    return play(server, assistant(duration_goodbye="Time is up.", **limits), LISTEN)


def failing_model(ends: str) -> Callable[[InProcessServer], Awaitable[MadeCall]]:
    reply = ScriptedReply("", ends=ends)  # type: ignore[arg-type]
    return lambda server: play(
        server, assistant([reply], hears=["hello"], error_message=SORRY), SPEECH, LISTEN
    )


def dropped(server: InProcessServer) -> Awaitable[MadeCall]:
    chaos = Chaos(drop_socket_at_s=0.9, missing_callbacks=frozenset({"all"}))
    return play(server, assistant(), LISTEN, chaos=chaos)


CALLS: dict[str, Callable[[InProcessServer], Awaitable[MadeCall]]] = {
    "goodbye": goodbye,
    "put down": lambda server: play(server, assistant(greeting=COUNTING), Step(At(0.5), HangUp())),
    "silence": silence,
    "too long": too_long,
    "refused": failing_model("refused"),
    "unavailable": failing_model("unavailable"),
    "hoarse": lambda server: play(server, assistant(hears=["hello"], tts=HOARSE), SPEECH, LISTEN),
    "dropped": dropped,
}
ENDS = {
    "goodbye": "agent_hangup",
    "put down": "caller_hangup",
    "silence": "idle",
    "too long": "max_duration",
    "refused": "provider_failure",
    "unavailable": "provider_failure",
    "hoarse": "provider_failure",
    "dropped": "stream_lost",
}


def prepare(patch: pytest.MonkeyPatch) -> None:
    """The one voice that is hoarse loses itself after the greeting."""
    given = Voice.synthesize

    async def loses_itself(self: Voice, text: str) -> AsyncIterator[Sound]:
        if self._options.frequency_hz == 400 and text != GREETING:
            await self.aclose()
        async for sound in given(self, text):
            yield sound

    patch.setattr(Voice, "synthesize", loses_itself)


@pytest.mark.parametrize("name", CALLS)
def test_each_call_ends_once_with_its_own_reason(calls: MadeCalls, name: str) -> None:
    conversation = calls[name].kept.conversation
    assert (conversation.status, conversation.end_reason) == ("ended", ENDS[name])


def test_each_end_is_counted_once(calls: MadeCalls) -> None:
    for reason, count in Counter(ENDS.values()).items():
        assert calls.server.metric("rapida_calls_total", reason=reason) == count
    assert calls.server.metric("rapida_calls_active") == 0
    assert calls.server.closed(1006) == 1


async def test_the_agent_says_goodbye_to_its_end_and_hangs_up(calls: MadeCalls) -> None:
    report, kept = calls["goodbye"].report, calls["goodbye"].kept
    assert (report.end, report.status, wrong(report)) == ("agent hung up", "completed", [])
    assert report.heard.sound == await spoken(GREETING) + await spoken("Goodbye then.")
    assert not any(mark.cleared for mark in report.heard.marks), "nothing was cut off"
    assert kept.conversation.call_status == "completed"


def test_a_caller_who_hangs_up_in_the_middle_leaves_the_words_heard_so_far(calls: MadeCalls) -> None:
    report, kept = calls["put down"].report, calls["put down"].kept
    # What was on its way while the machine stood still is heard for one side and lost for the other.
    apart_ms = MS_PER_CHARACTER + calls["put down"].stalled_s * 1000
    assert report.end == "caller hung up"
    (entry,) = kept.entries("agent")
    assert (entry.text, entry.cut) == (COUNTING, True)
    assert COUNTING.startswith(entry.heard)
    assert len(entry.heard) * MS_PER_CHARACTER <= ms(report.heard.sound) + apart_ms


async def test_silence_is_prompted_and_then_ends_the_call(calls: MadeCalls) -> None:
    report, kept = calls["silence"].report, calls["silence"].kept
    assert report.end == "agent hung up"
    assert [entry.heard for entry in kept.entries("agent")] == [GREETING, "Hello?", "Nobody there. Goodbye."]
    assert report.heard.sound == b"".join([await spoken(entry.text) for entry in kept.entries("agent")])


def test_a_call_that_is_too_long_is_warned_and_ended(calls: MadeCalls) -> None:
    report, kept = calls["too long"].report, calls["too long"].kept
    assert report.end == "agent hung up"
    assert [entry.heard for entry in kept.entries("agent")] == [GREETING, "Soon over.", "Time is up."]


@pytest.mark.parametrize(
    ("name", "retryable", "times"), [("refused", "false", 1), ("unavailable", "true", 2)]
)
async def test_a_model_that_fails_is_tried_again_if_that_may_help_and_then_apologised_for(
    calls: MadeCalls, name: str, retryable: str, times: int
) -> None:
    report, kept = calls[name].report, calls[name].kept
    assert report.end == "agent hung up"
    assert report.heard.sound == await spoken(GREETING) + await spoken(SORRY)
    assert len(kept.failed("llm")) == times
    failed = {"family": "llm", "provider": "scripted", "retryable": retryable}
    assert calls.server.metric("rapida_provider_failures_total", **failed) == times


def test_a_voice_that_is_gone_where_no_carrier_can_speak_ends_the_call_without_a_word(
    calls: MadeCalls,
) -> None:
    report, kept = calls["hoarse"].report, calls["hoarse"].kept
    assert report.end == "agent hung up"
    assert ms(report.heard.sound) == len(GREETING) * MS_PER_CHARACTER
    assert kept.failed("tts")


def test_a_lost_socket_keeps_what_was_heard(calls: MadeCalls) -> None:
    report, kept = calls["dropped"].report, calls["dropped"].kept
    assert report.end == "stream lost"
    assert kept.entries("agent")[0].heard == GREETING


async def test_providers_that_cannot_be_had_end_the_call_and_it_says_so_in_the_record(
    server: InProcessServer,
) -> None:
    number = await server.install(replace(assistant(), tts=Provider("nobody")))
    report = await server.ring(number)
    assert (report.status, report.end) == ("completed", "agent hung up")
    assert wrong(report) == []
    kept = await server.kept(1)
    assert (kept.conversation.status, kept.conversation.end_reason) == ("ended", "provider_failure")

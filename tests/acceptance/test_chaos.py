"""The network's moods: callbacks in any order, twice, late or never, and sound that comes in bursts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from rapida.call import closing
from rapida.call.commands import EndCall
from rapida.call.happenings import CarrierReported, StreamLost, StreamRefused
from rapida.llm.scripted import ScriptedReply
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Step, Tone
from rapida.store import conversation_list, conversations
from rapida.store.conversation_list import Wanted

from .carrier import Carrier
from .conftest import Log, MadeCalls
from .server import GREETING, InProcessServer, MadeCall, assistant, play, spoken
from .server import kept as kept_of

SPEECH = Step(AfterAgent(300), Tone(300, 700))
HANG_UP = Step(AfterAgent(300), HangUp())
LISTEN = Step(At(20), Nothing())
NEVER_COMES = "CA" + "5" * 32
EVERY = ("initiated", "ringing", "answered", "completed")
MOODS = {
    "twice": Chaos(duplicate_callbacks=True),
    "swapped": Chaos(reorder_callbacks=True, duplicate_callbacks=True),
    "late": Chaos(late_callbacks_s=1.5, duplicate_callbacks=True, seed=4),
}


def moody(chaos: Chaos) -> Callable[[InProcessServer], Awaitable[MadeCall]]:
    return lambda server: play(server, assistant(), HANG_UP, chaos=chaos, status_events=EVERY)


def unconfirmed(server: InProcessServer) -> Awaitable[MadeCall]:
    bye = ScriptedReply("Bye.", tool="end_call")
    silent = Chaos(missing_callbacks=frozenset({"all"}))
    return play(server, assistant([bye], hears=["bye"]), SPEECH, LISTEN, chaos=silent)


def in_bursts(server: InProcessServer) -> Awaitable[MadeCall]:
    wanted = assistant(["We open at nine."], hears=["when do you open"])
    return play(server, wanted, SPEECH, HANG_UP, chaos=Chaos(stall_ms=450, stall_every_s=0.9))


CALLS: dict[str, Callable[[InProcessServer], Awaitable[MadeCall]]] = {
    **{name: moody(chaos) for name, chaos in MOODS.items()},
    "unconfirmed": unconfirmed,
    "dropped": lambda server: play(server, assistant(), LISTEN, chaos=Chaos(drop_socket_at_s=0.8)),
    "in bursts": in_bursts,
}


def prepare(patch: pytest.MonkeyPatch) -> None:
    """A short wait for the carrier's word on our hang-up."""
    patch.setattr(closing, "HANG_UP_US", 400_000)


@pytest.mark.parametrize("name", MOODS)
def test_callbacks_are_taken_once_whatever_their_order_and_the_end_is_final(
    calls: MadeCalls, name: str
) -> None:
    report, kept = calls[name].report, calls[name].kept
    assert {sent.status for sent in report.callbacks} == {204}
    assert kept.conversation.call_status == "completed"
    assert [(each.call_status, each.status) for each in kept.contexts] == [("completed", "ended")]
    reports = kept.happened(CarrierReported)
    told = Counter(each.status for each in reports if each.about == "call")
    assert told["completed"] == 1
    assert set(told.values()) == {1}
    assert len([each for each in reports if each.about == "stream"]) == 2
    assert kept.conversation.end_reason == "caller_hangup"
    assert kept.entries("agent")[0].heard == GREETING


def test_a_carrier_that_confirms_nothing_is_told_and_then_believed(calls: MadeCalls) -> None:
    report, kept = calls["unconfirmed"].report, calls["unconfirmed"].kept
    assert (report.end, report.callbacks) == ("agent hung up", [])
    assert (kept.conversation.status, kept.conversation.end_reason) == ("ended", "agent_hangup")


def test_a_dropped_socket_is_a_lost_stream_and_the_carriers_word_for_its_end_is_kept_beside_it(
    calls: MadeCalls,
) -> None:
    report, kept = calls["dropped"].report, calls["dropped"].kept
    assert report.end == "stream lost"
    assert (kept.conversation.end_reason, kept.conversation.call_status) == ("stream_lost", "completed")
    assert kept.journal().entries[-1][1] == EndCall("stream_lost")
    assert kept.happened(StreamLost) == [StreamLost(1006)]
    assert calls.server.metric("rapida_calls_total", reason="stream_lost") == 1


async def test_a_refused_socket_and_one_that_never_comes_have_reasons_of_their_own(
    server: InProcessServer, logged: Log
) -> None:
    number = await server.install(assistant())
    refused = await server.ring(number, chaos=Chaos(socket_signature="missing"))
    async with Carrier(server) as carrier:
        await carrier.announces(number, NEVER_COMES)
    async with server.store.read() as tx:
        ended = await conversation_list.page(tx, Wanted((await conversations.find(tx, 1)).project_id), 10)
    assert [fault.code for fault in refused.errors] == [31920]
    assert [(each.end_reason, each.call_status) for each in ended] == [
        ("no_stream", "completed"),
        ("stream_refused", "completed"),
    ]
    kept = await kept_of(server.store, server.data_dir, ended[1].id)
    assert kept.happened(StreamRefused) == [StreamRefused("it carries no X-Twilio-Signature")]
    for reason in ("no_stream", "stream_refused"):
        assert server.metric("rapida_calls_total", reason=reason) == 1
        assert [line["conversation_id"] for line in logged.of("call_ended") if line["reason"] == reason]
    assert server.metric("rapida_calls_total", reason="caller_hangup") == 0
    (line,) = logged.of("socket_refused")
    assert (line["status"], line["reason"], line["address"]) == (403, "not_proved", "127.0.0.1")
    assert line["url"].startswith(f"wss://{server.host}/v1/talk/twilio/ctx/")
    assert server.metric("rapida_refusals_total", what="socket", reason="not_proved") == 1


async def test_speech_that_arrives_in_bursts_is_one_turn_and_the_answer_is_whole(calls: MadeCalls) -> None:
    report, kept = calls["in bursts"].report, calls["in bursts"].kept
    assert report.failure == ""
    assert kept.said == [("agent", GREETING), ("caller", "when do you open"), ("agent", "We open at nine.")]
    assert report.heard.sound == await spoken(GREETING) + await spoken("We open at nine.")

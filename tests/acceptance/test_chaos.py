"""The network's moods: callbacks in any order, twice, late or never, and sound that comes in bursts."""

from __future__ import annotations

from collections import Counter

import pytest

from rapida.call import call as core
from rapida.call import closing
from rapida.llm.scripted import ScriptedReply
from rapida.phone.chaos import Chaos
from rapida.phone.script import AfterAgent, At, HangUp, Nothing, Step, Tone

from .house import GREETING, House, assistant, spoken

SPEECH = Step(AfterAgent(300), Tone(300, 700))
HANG_UP = Step(AfterAgent(300), HangUp())
EVERY = ("initiated", "ringing", "answered", "completed")


@pytest.mark.parametrize(
    "chaos",
    [
        Chaos(duplicate_callbacks=True),
        Chaos(reorder_callbacks=True, duplicate_callbacks=True),
        Chaos(late_callbacks_s=1.5, duplicate_callbacks=True, seed=4),
    ],
    ids=["twice", "swapped", "late"],
)
async def test_callbacks_are_taken_once_whatever_their_order_and_the_end_is_final(
    house: House, chaos: Chaos
) -> None:
    number = await house.install(assistant())
    report = await house.ring(number, HANG_UP, chaos=chaos, status_events=EVERY)
    kept = await house.kept(1)
    assert {sent.status for sent in report.callbacks} == {204}
    assert kept.conversation.call_status == "completed"
    assert [(each.call_status, each.status) for each in kept.contexts] == [("completed", "ended")]
    told = Counter(each.detail["status"] for each in kept.named("carrier_call"))
    assert told["completed"] == 1
    assert set(told.values()) == {1}
    assert len(kept.named("carrier_stream")) == 2
    assert kept.conversation.end_reason == "caller_hangup"
    assert kept.entries("agent")[0].heard == GREETING


async def test_a_carrier_that_confirms_nothing_is_told_and_then_believed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "LINE_US", 400_000)
    number = await house.install(assistant([ScriptedReply("Bye.", tool="end_call")], hears=["bye"]))
    silent = Chaos(missing_callbacks=frozenset({"all"}))
    report = await house.ring(number, SPEECH, Step(At(20), Nothing()), chaos=silent)
    kept = await house.kept()
    assert (report.end, report.callbacks) == ("agent hung up", [])
    assert (kept.conversation.status, kept.conversation.end_reason) == ("ended", "agent_hangup")


async def test_a_dropped_socket_waits_for_the_carriers_word_before_it_is_a_failure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "LOST_US", 10_000_000)
    number = await house.install(assistant())
    report = await house.ring(number, Step(At(20), Nothing()), chaos=Chaos(drop_socket_at_s=0.8))
    kept = await house.kept()
    assert report.end == "stream lost"
    assert kept.conversation.end_reason == "caller_hangup", "the status explained it"


async def test_speech_that_arrives_in_bursts_is_one_turn_and_the_answer_is_whole(house: House) -> None:
    number = await house.install(assistant(["We open at nine."], hears=["when do you open"]))
    report = await house.ring(number, SPEECH, HANG_UP, chaos=Chaos(stall_ms=450, stall_every_s=0.9))
    kept = await house.kept()
    assert report.failure == ""
    assert kept.said == [("agent", GREETING), ("caller", "when do you open"), ("agent", "We open at nine.")]
    assert report.heard.sound == await spoken(GREETING) + await spoken("We open at nine.")

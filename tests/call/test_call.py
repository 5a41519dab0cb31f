"""Events that cannot be, that come too late, and that come again: the same ones give the same orders."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts
from rapida.call.call import Call
from rapida.errors import IllegalEvent

from .driven_call import LONG, DrivenCall, Says, an_assistant, answered, playing

# Events that cannot be, and events that come too late

IMPOSSIBLE: list[e.Event] = [
    e.Connected(),
    e.ReplyDelta(999, "x"),
    e.ToolCalled(999, "a", "b", "{}"),
    e.QuestionAsked(999, e.Question()),
    e.ReplyEnded(999),
    e.ReplyFailed(999, "x", True),
    e.ToolFinished(999, "x"),
    e.SynthesisBegan(999),
    e.SynthesisProgressed(999),
    e.SynthesisEnded(999, 100),
    e.SynthesisFailed(999, "x", True),
    e.SoundSent(999, 100, 100),
    e.MarkReturned(0, 999, 100),
    e.TranscriptionFinished(999),
    e.TranscriptionRefused(999),
    e.TurnEndJudged(999, True),
    e.DigitsJudged(999, True),
    e.TransferAccepted(),
    e.TransferFailed("x"),
    e.CarrierSilent("x"),
    e.VoiceFell(100),
    e.ReplyDelta(0, "x"),
    e.ReplyDelta(-1, "x"),
]


@pytest.mark.parametrize("event", IMPOSSIBLE, ids=[type(event).__name__ for event in IMPOSSIBLE])
def test_an_impossible_event_is_illegal_and_leaves_the_call_unharmed(event: e.Event) -> None:
    def tell_it(driven: DrivenCall) -> DrivenCall:
        with pytest.raises(IllegalEvent):
            driven.tell(event)
        return driven

    def go_on(driven: DrivenCall) -> bytes:
        driven.caller_says("book a table", for_ms=800)
        driven.run()
        return msgspec.json.encode(driven.orders)

    assert go_on(tell_it(answered())) == go_on(answered())


@pytest.mark.parametrize(
    "event",
    [
        e.SoundStarted(20),
        e.VoiceRose(20),
        e.VoiceFell(20),
        e.KeyPressed("1"),
        e.SoundSent(1, 40, 40),
        e.MarkReturned(0, 1, 40),
    ],
)
def test_there_is_no_sound_before_the_stream(event: e.Event) -> None:
    with pytest.raises(IllegalEvent, match="ringing"):
        DrivenCall().tell(event)


def test_a_voice_that_is_on_cannot_rise() -> None:
    driven = answered()
    driven.tell(e.VoiceRose(5000))
    with pytest.raises(IllegalEvent, match="voice"):
        driven.tell(e.VoiceRose(5100))


def test_events_of_operations_that_are_over_change_nothing() -> None:
    driven = playing(LONG, for_ms=500)
    started = driven.ordered(c.StartSynthesis)[-1]
    transcription = driven.ordered(c.FinishTranscription)[-1].transcription_id
    driven.caller_presses("1")
    driven.run(1)
    before = len(driven.orders)
    for event in (
        e.SynthesisBegan(started.segment_id),
        e.SynthesisProgressed(started.segment_id),
        e.SynthesisEnded(started.segment_id, 100),
        e.SynthesisFailed(started.segment_id, "x", True),
        e.SoundSent(started.utterance_id, 900, driven.now_us),
        e.MarkReturned(0, started.utterance_id, 900),
        e.ReplyEnded(driven.asked[0].reply_id),
        e.TranscriptionFinished(transcription),
    ):
        driven.tell(event)
    assert len(driven.orders) == before


# The same events, the same orders


def a_busy_call() -> DrivenCall:
    driven = answered(
        replies=[
            Says(LONG, tools=[("look", "{}")]),
            Says("So it is."),
            Says("Fine. Anything else?"),
            Says("Bye.", tools=[("end_call", "{}")]),
        ],
        abilities=Abilities(interims=True, tools={"look": ToolFacts()}),
        assistant=an_assistant(turn={"speculate": True}),
    )
    driven.caller_says("when are you open", for_ms=600)
    driven.until_playing("We are open", 800)
    driven.caller_says("", for_ms=300)
    driven.run(1200).caller_says("stop that please", for_ms=450)
    driven.until_heard("Fine.").caller_presses("12#")
    driven.run()
    return driven


def replayed(driven: DrivenCall) -> list[tuple[int, c.Command]]:
    call = Call(driven.assistant, driven.abilities)
    orders = [(0, order) for order in call.open(0)]
    for now, event in driven.events:
        orders += [(now, order) for order in call.handle(event, now)]
    return orders


def test_the_same_events_give_the_same_orders_to_the_byte() -> None:
    driven = a_busy_call()
    assert len(driven.orders) > 30
    assert msgspec.json.encode(replayed(driven)) == msgspec.json.encode(driven.orders)


def test_events_and_orders_survive_being_written_down() -> None:
    driven = a_busy_call()
    event_type: Any = e.Event.__subclasses__()
    written = msgspec.json.encode([event for _, event in driven.events])
    union: Any = event_type[0]
    for kind in event_type[1:]:
        union = union | kind
    assert msgspec.json.decode(written, type=list[union]) == [event for _, event in driven.events]


def test_time_never_goes_back() -> None:
    driven = answered()
    now = driven.now_us
    driven.call.handle(e.TimerDue(), now - 2_000_000)
    deadline = driven.call.deadline_us
    assert deadline is not None
    assert deadline > now


def test_no_timer_is_left_behind_however_long_the_call_grows() -> None:
    driven = answered(replies=[Says("Fine.") for _ in range(40)])
    for _ in range(40):
        driven.caller_says("and then", for_ms=600)
        driven.until(c.StartReply, len(driven.asked) + 1).run(2500)
    timers = driven.call._shared.timers
    assert len(timers._wall) <= 3
    assert not timers._sound


def test_every_event_about_an_operation_is_tabled_with_its_field() -> None:
    named = {
        kind: field.name
        for kind in vars(e).values()
        if isinstance(kind, type) and issubclass(kind, e.Event)
        for field in msgspec.structs.fields(kind)
        if field.name.endswith("_id") and field.type is int
    }
    assert named == dict(e.OPERATION)
    assert set(e.OPERATION) <= {type(event) for event in IMPOSSIBLE}, "each is tried with one never started"

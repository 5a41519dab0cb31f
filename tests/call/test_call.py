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

from .stage import LONG, Says, Stage, an_assistant, answered, playing

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
    def tell_it(stage: Stage) -> Stage:
        with pytest.raises(IllegalEvent):
            stage.tell(event)
        return stage

    def go_on(stage: Stage) -> bytes:
        stage.caller_says("book a table", for_ms=800)
        stage.run()
        return msgspec.json.encode(stage.orders)

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
        Stage().tell(event)


def test_a_voice_that_is_on_cannot_rise() -> None:
    stage = answered()
    stage.tell(e.VoiceRose(5000))
    with pytest.raises(IllegalEvent, match="voice"):
        stage.tell(e.VoiceRose(5100))


def test_events_of_operations_that_are_over_change_nothing() -> None:
    stage = playing(LONG, for_ms=500)
    started = stage.ordered(c.StartSynthesis)[-1]
    transcription = stage.ordered(c.FinishTranscription)[-1].transcription_id
    stage.caller_presses("1")
    stage.run(1)
    before = len(stage.orders)
    for event in (
        e.SynthesisBegan(started.segment_id),
        e.SynthesisProgressed(started.segment_id),
        e.SynthesisEnded(started.segment_id, 100),
        e.SynthesisFailed(started.segment_id, "x", True),
        e.SoundSent(started.utterance_id, 900, stage.now_us),
        e.MarkReturned(0, started.utterance_id, 900),
        e.ReplyEnded(stage.asked[0].reply_id),
        e.TranscriptionFinished(transcription),
    ):
        stage.tell(event)
    assert len(stage.orders) == before


# The same events, the same orders


def a_busy_call() -> Stage:
    stage = answered(
        replies=[
            Says(LONG, tools=[("look", "{}")]),
            Says("So it is."),
            Says("Fine. Anything else?"),
            Says("Bye.", tools=[("end_call", "{}")]),
        ],
        abilities=Abilities(interims=True, tools={"look": ToolFacts()}),
        assistant=an_assistant(turn={"speculate": True}),
    )
    stage.caller_says("when are you open", for_ms=600)
    stage.until_playing("We are open", 800)
    stage.caller_says("", for_ms=300)
    stage.run(1200).caller_says("stop that please", for_ms=450)
    stage.until_heard("Fine.").caller_presses("12#")
    stage.run()
    return stage


def replayed(stage: Stage) -> list[tuple[int, c.Command]]:
    call = Call(stage.assistant, stage.abilities)
    orders = [(0, order) for order in call.open(0)]
    for now, event in stage.events:
        orders += [(now, order) for order in call.handle(event, now)]
    return orders


def test_the_same_events_give_the_same_orders_to_the_byte() -> None:
    stage = a_busy_call()
    assert len(stage.orders) > 30
    assert msgspec.json.encode(replayed(stage)) == msgspec.json.encode(stage.orders)


def test_events_and_orders_survive_being_written_down() -> None:
    stage = a_busy_call()
    event_type: Any = e.Event.__subclasses__()
    written = msgspec.json.encode([event for _, event in stage.events])
    union: Any = event_type[0]
    for kind in event_type[1:]:
        union = union | kind
    assert msgspec.json.decode(written, type=list[union]) == [event for _, event in stage.events]


def test_time_never_goes_back() -> None:
    stage = answered()
    now = stage.now_us
    stage.call.handle(e.TimerDue(), now - 2_000_000)
    deadline = stage.call.deadline_us
    assert deadline is not None
    assert deadline > now


def test_no_timer_is_left_behind_however_long_the_call_grows() -> None:
    stage = answered(replies=[Says("Fine.") for _ in range(40)])
    for _ in range(40):
        stage.caller_says("and then", for_ms=600)
        stage.until(c.StartReply, len(stage.asked) + 1).run(2500)
    timers = stage.call._shared.timers
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

"""The whole call: its line, its ends, its latencies, and the same events giving the same orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.call import Call, check
from rapida.call.desk import Abilities, ToolFacts
from rapida.errors import ConfigurationError, IllegalEvent

from .stage import GREETING, Says, Stage, Voices, an_assistant, answered, playing

LONG = "We are open from nine to five on weekdays and from ten to four at weekends."


# The line


def test_a_call_goes_from_ringing_to_ended() -> None:
    stage = Stage(replies=[Says("Goodbye.", tools=[("end_call", "{}")])])
    states = [stage.call.state]
    stage.run(500).connect()
    states.append(stage.call.state)
    stage.until_heard("Welcome").caller_says("bye", for_ms=500)
    stage.until(c.CloseStream)
    states.append(stage.call.state)
    stage.run()
    assert [*states, stage.call.state] == ["ringing", "connected", "closing", "ended"]


def test_the_last_order_of_a_call_is_its_end_and_nothing_follows() -> None:
    stage = answered()
    stage.tell(e.CarrierStopped())
    assert isinstance(stage.orders[-1][1], c.EndCall)
    assert stage.call.handle(e.CarrierStopped(), stage.now_us) == ()
    assert stage.call.handle(e.KeyPressed("1"), stage.now_us + 9_000_000) == ()
    assert stage.call.deadline_us is None


def hang_up_by_agent(stage: Stage) -> None:
    stage.replies = [Says("Bye.", tools=[("end_call", "{}")])]
    stage.caller_says("that is all", for_ms=600)


def transfer(stage: Stage) -> None:
    stage.replies = [Says("One moment.", tools=[("transfer_call", '{"to": "+1415"}')])]
    stage.caller_says("give me a human", for_ms=600)


def fail(stage: Stage) -> None:
    stage.replies = [Says(fails=False)]
    stage.caller_says("hello there", for_ms=600)


def mumble(stage: Stage) -> None:
    for nth in range(6):
        stage.caller_says("", for_ms=600, at=stage.now_ms + 5000 * nth)


ENDS: list[tuple[c.EndReason, Callable[[Stage], object]]] = [
    ("caller_hangup", lambda stage: stage.tell(e.CarrierStopped())),
    ("caller_hangup", lambda stage: stage.tell(e.StatusReported("completed"))),
    ("agent_hangup", hang_up_by_agent),
    ("operator_hangup", lambda stage: stage.tell(e.HangUpRequested("operator"))),
    ("drained", lambda stage: stage.tell(e.HangUpRequested("drain"))),
    ("transfer", transfer),
    ("idle", lambda stage: None),
    ("unclear", mumble),
    ("max_duration", lambda stage: [stage.caller_says("so", for_ms=500, at=9000 * n) for n in range(1, 30)]),
    ("provider_failure", fail),
    ("carrier_failure", lambda stage: stage.tell(e.CarrierClosed(1006))),
    ("carrier_failure", lambda stage: stage.tell(e.StatusReported("failed"))),
    ("internal_error", lambda stage: stage.tell(e.ShellFailed("here"))),
]


@pytest.mark.parametrize(("reason", "cause"), ENDS)
def test_each_cause_ends_the_call_once_with_its_own_reason(
    reason: c.EndReason, cause: Callable[[Stage], object]
) -> None:
    stage = answered(assistant=an_assistant(max_duration_s=120.0))
    cause(stage)
    stage.run()
    assert stage.end == reason
    assert isinstance(stage.orders[-1][1], c.EndCall)


def test_every_end_reason_is_reached_here() -> None:
    assert {reason for reason, _ in ENDS} == set(get_args(c.EndReason))


@pytest.mark.parametrize("at_ms", [0, 700, 1500, 2000, 2200, 2700])
def test_a_caller_may_hang_up_at_any_moment(at_ms: int) -> None:
    stage = answered(replies=[Says(LONG)])
    stage.caller_says("hello there", for_ms=600)
    stage.run(at_ms).tell(e.CarrierStopped())
    assert stage.end == "caller_hangup"


def test_a_lost_socket_may_be_explained_by_a_status() -> None:
    stage = answered()
    stage.tell(e.CarrierClosed(1006))
    stage.run(1900).tell(e.StatusReported("completed"))
    assert stage.end == "caller_hangup"


def test_a_lost_socket_without_a_status_is_the_carriers_failure_after_two_seconds() -> None:
    stage = answered()
    stage.tell(e.CarrierClosed(1006))
    lost = stage.now_ms
    stage.run()
    assert (stage.end, stage.now_ms - lost) == ("carrier_failure", 2000)


def test_our_own_hang_up_is_ours_whatever_the_carrier_says_of_it() -> None:
    stage = answered()
    stage.tell(e.HangUpRequested("operator"))
    stage.tell(e.StatusReported("completed"))
    assert stage.end == "operator_hangup"


def test_hanging_up_twice_closes_once() -> None:
    stage = answered()
    stage.tell(e.HangUpRequested("operator"))
    stage.tell(e.HangUpRequested("drain"))
    stage.run()
    assert len(stage.ordered(c.CloseStream)) == 1
    assert stage.end == "operator_hangup"


def test_an_operator_may_hang_up_while_the_phone_rings() -> None:
    stage = Stage()
    stage.tell(e.HangUpRequested("operator"))
    assert stage.call.state == "closing"
    assert stage.call.handle(e.Connected(), stage.now_us) == ()  # it crossed our order on the way
    stage.run()
    assert stage.end == "operator_hangup"


def test_a_call_nobody_answers_ends_with_its_status() -> None:
    stage = Stage(abilities=Abilities(direction="outbound"))
    stage.run(20_000).tell(e.StatusReported("no-answer"))
    assert stage.end == "carrier_failure"


def test_an_end_leaves_nothing_running() -> None:
    stage = answered(replies=[Says(LONG + " " + LONG, per_word_ms=200)])
    stage.caller_says("hello there", for_ms=600)
    stage.until_playing("We are open", 1500)
    stage.tell(e.CarrierStopped())
    assert [order.reply_id for order in stage.ordered(c.CancelReply)] == [stage.asked[0].reply_id]
    assert stage.agent_line("We are open").cut


# Too long


def test_a_call_that_is_too_long_is_warned_and_then_ended() -> None:
    assistant = an_assistant(max_duration_s=60.0, idle={"timeout_s": 1000.0})
    stage = answered(assistant=assistant)
    connected = stage.when(c.ResumePlayout)
    stage.until_playing("half a minute")
    assert stage.when(c.StartSynthesis, 1) - connected == 30_000
    stage.until_playing("Our time is up")
    assert stage.when(c.StartSynthesis, 2) - connected == 60_000
    stage.run()
    assert stage.end == "max_duration"
    assert stage.agent_line("Our time is up").heard == assistant.duration_goodbye


def test_without_a_warning_sentence_there_is_no_warning() -> None:
    stage = answered(
        assistant=an_assistant(max_duration_s=60.0, warning_message="", idle={"timeout_s": 1000.0})
    )
    stage.run()
    assert stage.said == [GREETING, stage.assistant.duration_goodbye]


def test_a_warning_longer_than_the_call_is_not_given() -> None:
    stage = answered(
        assistant=an_assistant(max_duration_s=20.0, warning_before_s=30.0, idle={"timeout_s": 1000.0})
    )
    stage.run()
    assert stage.said == [GREETING, stage.assistant.duration_goodbye]


def test_a_caller_who_talks_on_cannot_put_the_end_off() -> None:
    stage = answered(assistant=an_assistant(max_duration_s=30.0, warning_message=""))
    stage.run(1000).caller_says("and then I said to him that", for_ms=200_000)
    stage.until(c.CloseStream)
    assert stage.now_ms < 30_500 + 6000
    assert stage.agent_line("Our time is up").heard == stage.assistant.duration_goodbye


def test_words_over_the_last_goodbye_are_on_record_and_not_answered() -> None:
    stage = answered(
        assistant=an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    )
    stage.until_playing("Our time is up", 300)
    stage.caller_says("but wait a moment", for_ms=800)
    stage.run()
    assert stage.end == "max_duration"
    assert not stage.asked
    assert stage.caller_lines == [("said", "but wait a moment")]


def test_a_turn_that_goes_on_when_the_time_is_up_does_not_cut_the_goodbye() -> None:
    stage = answered(
        assistant=an_assistant(max_duration_s=9.0, warning_message=""),
        replies=[Says("For how many?", after_ms=900)],
    )
    stage.caller_says("book a table", for_ms=800)
    stage.until(c.StartReply)
    limit = stage.when(c.ResumePlayout) + 9000
    stage.caller_says("for two please", for_ms=limit + 500 - stage.now_ms - 50, at=stage.now_ms + 50)
    stage.run()
    assert stage.agent_line("Our time is up").heard == stage.assistant.duration_goodbye
    assert stage.caller_lines == [("said", "book a table for two please")]
    assert len(stage.asked) == 1


def test_keys_in_the_tail_of_the_last_goodbye_are_on_record_and_not_answered() -> None:
    stage = answered(
        assistant=an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    )
    stage.until_heard("Our time is up")
    stage.caller_presses("1#", every_ms=50)
    stage.run()
    assert stage.end == "max_duration"
    assert stage.caller_lines == [("keys", "1")]
    assert not stage.asked


def test_an_apology_is_not_cut_because_the_time_is_up() -> None:
    stage = answered(
        assistant=an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    )
    stage.run(stage.when(c.ResumePlayout) + 11_000 - stage.now_ms).tell(e.TranscriptionFailed("gone"))
    stage.run()
    assert stage.end == "provider_failure"
    assert stage.agent_line("I am sorry").heard == stage.assistant.error_message


def test_the_end_comes_in_the_middle_of_a_contest_too() -> None:
    stage = playing(
        LONG + " " + LONG, for_ms=0, assistant=an_assistant(max_duration_s=8.0, warning_message="")
    )
    limit = stage.when(c.ResumePlayout) + 8000
    stage.caller_says("", for_ms=5000, at=limit - 300)
    stage.run()
    assert stage.end == "max_duration"
    assert stage.agent_line("Our time is up").heard == stage.assistant.duration_goodbye


# Latency


FINE = Says("Fine.")


def stages_of(reply: Says = FINE, **script: Any) -> c.Stages:
    stage = answered(replies=[reply], **script)
    stage.caller_says("book a table", for_ms=800)
    stage.until(c.RecordStages)
    return stage.ordered(c.RecordStages)[0].stages


BARS = c.Stages.__struct_fields__[:8]


def bars(stages: c.Stages) -> dict[str, int]:
    return {name: getattr(stages, name) for name in BARS}


def test_the_stages_sum_to_the_whole_to_the_microsecond() -> None:
    stages = stages_of()
    assert sum(bars(stages).values()) == stages.total_us
    assert stages.total_us > 700_000


def test_the_whole_is_from_the_last_speech_to_the_first_mark() -> None:
    stage = answered(replies=[Says("Fine.")])
    ends = stage.now_us + 800_000
    stage.caller_says("book a table", for_ms=800)
    stage.until(c.RecordStages)
    assert stage.ordered(c.RecordStages)[0].stages.total_us == pytest.approx(stage.now_us - ends, abs=20_000)
    assert isinstance(stage.events[-1][1], e.MarkReturned)


SLOWER: list[tuple[str, int, dict[str, Any]]] = [
    ("final_us", 500, {"stt_final_ms": 1000, "assistant": an_assistant(turn={"silence_ms": 300})}),
    ("confirm_us", 600, {"assistant": an_assistant(turn={"silence_ms": 1300})}),
    ("token_us", 400, {"reply": Says("Fine.", after_ms=500)}),
    ("sentence_us", 600, {"reply": Says("Fine so.", per_word_ms=310)}),
    ("sound_us", 250, {"voice": lambda text: Voices(first_ms=270)}),
    ("frame_us", 700, {"voice": lambda text: Voices(drips_ms=700 if text[:4] == "Fine" else 0)}),
]


@pytest.mark.parametrize(("bar", "later_ms", "change"), SLOWER, ids=[bar for bar, _, _ in SLOWER])
def test_a_delay_in_one_stage_appears_in_that_bar_only(
    bar: str, later_ms: int, change: dict[str, Any]
) -> None:
    change = dict(change)
    before = {"reply": Says("Fine so.")} if bar == "sentence_us" else {}
    if bar == "final_us":
        before = {**change, "stt_final_ms": 500}
    plain, changed = bars(stages_of(**before)), bars(stages_of(**change))
    differences = {name: changed[name] - plain[name] for name in BARS if changed[name] != plain[name]}
    assert differences == {bar: later_ms * 1000}


def test_a_slow_tool_is_a_wait_for_the_first_sentence() -> None:
    stages = stages_of(
        Says(tools=[("look", "{}")]),
        abilities=Abilities(tools={"look": ToolFacts()}),
        tool_ms={"look": 1200},
    )
    assert stages.token_us == 100_000
    assert stages.sentence_us > 1_200_000


def test_an_answer_given_up_for_another_leaves_no_trace_in_the_stages() -> None:
    stage = answered(replies=[Says("For how many?", after_ms=700), Says("For two.", after_ms=300)])
    stage.caller_says("book a table", for_ms=800)
    stage.until(c.StartReply)
    stage.caller_says("for two", for_ms=1000, at=stage.now_ms + 300)
    stage.until_heard("For two.")
    (order,) = stage.ordered(c.RecordStages)
    assert order.stages.token_us == 300_000


def test_the_pause_after_the_last_key_counts_as_waiting_for_the_turn() -> None:
    stage = answered(replies=[Says("Fine.")])
    stage.caller_presses("12")
    stage.until(c.RecordStages)
    (order,) = stage.ordered(c.RecordStages)
    assert order.stages.confirm_us == 2_500_000
    assert order.stages.stop_us == order.stages.final_us == 0


def test_without_marks_the_stages_are_written_when_the_clock_is_believed() -> None:
    stage = answered(replies=[Says("Fine.")])
    stage.mouth.marks_return = False
    stage.caller_says("book a table", for_ms=800)
    stage.until_heard("Fine.")
    assert len(stage.ordered(c.RecordStages)) == 1


# Configuration


@pytest.mark.parametrize("change", [{"turn": {"barge_in": "words"}}, {"greeting_barge_in": "words"}])
def test_words_needs_an_stt_that_shows_words_while_the_caller_speaks(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="choose barge_in"):
        check(an_assistant(**change), Abilities())
    check(an_assistant(**change), Abilities(interims=True))


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
    timers = stage.call._desk.timers
    assert len(timers._wall) <= 3
    assert not timers._sound

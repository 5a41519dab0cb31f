"""The call's own life: how it is connected, how long it may last, and each of its ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, check
from rapida.errors import ConfigurationError

from .stage import GREETING, LONG, Says, Stage, an_assistant, answered, playing

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
    ("stream_lost", lambda stage: stage.tell(e.CarrierClosed(1006))),
    ("carrier_failure", lambda stage: stage.tell(e.CarrierClosed(1008))),
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


@pytest.mark.parametrize("code", [1000, 1001, 1005])
def test_a_socket_that_the_carrier_closed_may_be_explained_by_a_status(code: int) -> None:
    stage = answered()
    stage.tell(e.CarrierClosed(code))
    stage.run(1900).tell(e.StatusReported("completed"))
    assert stage.end == "caller_hangup"


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1006, "stream_lost"), *((code, "carrier_failure") for code in (1002, 1003, 1007, 1008, 1009, 1011))],
)
def test_a_socket_that_broke_is_no_hang_up_of_the_caller_whatever_the_carrier_reports(
    code: int, reason: c.EndReason
) -> None:
    stage = answered()
    stage.tell(e.CarrierClosed(code))
    assert stage.end == reason
    stage.tell(e.StatusReported("completed"))
    assert [order for _, order in stage.orders if isinstance(order, c.EndCall)] == [c.EndCall(reason)]


def test_a_callers_hang_up_is_theirs_though_the_socket_breaks_behind_it() -> None:
    stage = answered()
    stage.tell(e.CarrierStopped())
    stage.tell(e.CarrierClosed(1006))
    assert stage.end == "caller_hangup"


def test_a_closed_socket_without_a_status_is_the_carriers_failure_after_two_seconds() -> None:
    stage = answered()
    stage.tell(e.CarrierClosed(1000))
    lost = stage.now_ms
    stage.run()
    assert (stage.end, stage.now_ms - lost) == ("carrier_failure", 2000)


def test_a_voice_that_comes_with_the_end_of_the_call_changes_nothing_any_more() -> None:
    stage = answered()
    stage.tell(e.CarrierClosed(1000))
    stage.now_us += 2_000_000  # the loop was busy: the voice is told before the deadline is
    stage.tell(e.VoiceRose(stage.position_at(stage.now_ms)))
    assert stage.end == "carrier_failure"
    assert stage.call.deadline_us is stage.call.sound_deadline_ms is None


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
    stage.run(1000).caller_says("and then I said to him that " * 60, for_ms=200_000)
    stage.until(c.CloseStream)
    assert stage.now_ms < 30_500 + 6000
    assert stage.agent_line("Our time is up").heard == stage.assistant.duration_goodbye
    assert not stage.asked, "nobody is answered before the end of what is said"


def test_the_last_goodbye_is_heard_whole_even_right_behind_another() -> None:
    """The call's time is up in the moment in which a silent caller's goodbye fades."""
    assistant = an_assistant(max_duration_s=30.0, warning_message="", idle={"prompts": ()})
    faded = answered(assistant=assistant).until_heard(assistant.idle.goodbye).now_ms
    late = an_assistant(max_duration_s=(faded + 100 - 500) / 1000, warning_message="", idle={"prompts": ()})
    stage = answered(assistant=late)
    stage.run()
    assert stage.agent_line("Our time is up").heard == late.duration_goodbye
    assert stage.end == "max_duration"


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


# Configuration


@pytest.mark.parametrize("change", [{"turn": {"barge_in": "words"}}, {"greeting_barge_in": "words"}])
def test_words_needs_an_stt_that_shows_words_while_the_caller_speaks(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="choose barge_in"):
        check(an_assistant(**change), Abilities())
    check(an_assistant(**change), Abilities(interims=True))

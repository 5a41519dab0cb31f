"""The call's own life: how it is connected, how long it may last, and each of its ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, check
from rapida.errors import ConfigurationError

from .driven_call import GREETING, LONG, DrivenCall, Says, an_assistant, answered, playing

# The line


def test_a_call_goes_from_ringing_to_ended() -> None:
    driven = DrivenCall(replies=[Says("Goodbye.", tools=[("end_call", "{}")])])
    states = [driven.call.state]
    driven.run(500).connect()
    states.append(driven.call.state)
    driven.until_heard("Welcome").caller_says("bye", for_ms=500)
    driven.until(c.CloseStream)
    states.append(driven.call.state)
    driven.run()
    assert [*states, driven.call.state] == ["ringing", "connected", "closing", "ended"]


def test_the_last_order_of_a_call_is_its_end_and_nothing_follows() -> None:
    driven = answered()
    driven.tell(e.CarrierStopped())
    assert isinstance(driven.orders[-1][1], c.EndCall)
    assert driven.call.handle(e.CarrierStopped(), driven.now_us) == ()
    assert driven.call.handle(e.KeyPressed("1"), driven.now_us + 9_000_000) == ()
    assert driven.call.deadline_us is None


def hang_up_by_agent(driven: DrivenCall) -> None:
    driven.replies = [Says("Bye.", tools=[("end_call", "{}")])]
    driven.caller_says("that is all", for_ms=600)


def transfer(driven: DrivenCall) -> None:
    driven.replies = [Says("One moment.", tools=[("transfer_call", '{"to": "+1415"}')])]
    driven.caller_says("give me a human", for_ms=600)


def fail(driven: DrivenCall) -> None:
    driven.replies = [Says(fails=False)]
    driven.caller_says("hello there", for_ms=600)


def mumble(driven: DrivenCall) -> None:
    for nth in range(6):
        driven.caller_says("", for_ms=600, at=driven.now_ms + 5000 * nth)


ENDS: list[tuple[c.EndReason, Callable[[DrivenCall], object]]] = [
    ("caller_hangup", lambda driven: driven.tell(e.CarrierStopped())),
    ("caller_hangup", lambda driven: driven.tell(e.StatusReported("completed"))),
    ("agent_hangup", hang_up_by_agent),
    ("operator_hangup", lambda driven: driven.tell(e.HangUpRequested("operator"))),
    ("drained", lambda driven: driven.tell(e.HangUpRequested("drain"))),
    ("transfer", transfer),
    ("idle", lambda driven: None),
    ("unclear", mumble),
    (
        "max_duration",
        lambda driven: [driven.caller_says("so", for_ms=500, at=9000 * n) for n in range(1, 30)],
    ),
    ("provider_failure", fail),
    ("stream_lost", lambda driven: driven.tell(e.CarrierClosed(1006))),
    ("carrier_failure", lambda driven: driven.tell(e.CarrierClosed(1008))),
    ("carrier_failure", lambda driven: driven.tell(e.StatusReported("failed"))),
    ("internal_error", lambda driven: driven.tell(e.ShellFailed("here"))),
]


@pytest.mark.parametrize(("reason", "cause"), ENDS)
def test_each_cause_ends_the_call_once_with_its_own_reason(
    reason: c.EndReason, cause: Callable[[DrivenCall], object]
) -> None:
    driven = answered(assistant=an_assistant(max_duration_s=120.0))
    cause(driven)
    driven.run()
    assert driven.end == reason
    assert isinstance(driven.orders[-1][1], c.EndCall)


def test_every_end_reason_is_reached_here() -> None:
    assert {reason for reason, _ in ENDS} == set(get_args(c.EndReason))


@pytest.mark.parametrize("at_ms", [0, 700, 1500, 2000, 2200, 2700])
def test_a_caller_may_hang_up_at_any_moment(at_ms: int) -> None:
    driven = answered(replies=[Says(LONG)])
    driven.caller_says("hello there", for_ms=600)
    driven.run(at_ms).tell(e.CarrierStopped())
    assert driven.end == "caller_hangup"


@pytest.mark.parametrize("code", [1000, 1001, 1005])
def test_a_socket_that_the_carrier_closed_may_be_explained_by_a_status(code: int) -> None:
    driven = answered()
    driven.tell(e.CarrierClosed(code))
    driven.run(1900).tell(e.StatusReported("completed"))
    assert driven.end == "caller_hangup"


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1006, "stream_lost"), *((code, "carrier_failure") for code in (1002, 1003, 1007, 1008, 1009, 1011))],
)
def test_a_socket_that_broke_is_no_hang_up_of_the_caller_whatever_the_carrier_reports(
    code: int, reason: c.EndReason
) -> None:
    driven = answered()
    driven.tell(e.CarrierClosed(code))
    assert driven.end == reason
    driven.tell(e.StatusReported("completed"))
    assert [order for _, order in driven.orders if isinstance(order, c.EndCall)] == [c.EndCall(reason)]


def test_a_callers_hang_up_is_theirs_though_the_socket_breaks_behind_it() -> None:
    driven = answered()
    driven.tell(e.CarrierStopped())
    driven.tell(e.CarrierClosed(1006))
    assert driven.end == "caller_hangup"


def test_a_closed_socket_without_a_status_is_the_carriers_failure_after_two_seconds() -> None:
    driven = answered()
    driven.tell(e.CarrierClosed(1000))
    lost = driven.now_ms
    driven.run()
    assert (driven.end, driven.now_ms - lost) == ("carrier_failure", 2000)


def test_a_voice_that_comes_with_the_end_of_the_call_changes_nothing_any_more() -> None:
    driven = answered()
    driven.tell(e.CarrierClosed(1000))
    driven.now_us += 2_000_000  # the loop was busy: the voice is told before the deadline is
    driven.tell(e.VoiceRose(driven.position_at(driven.now_ms)))
    assert driven.end == "carrier_failure"
    assert driven.call.deadline_us is driven.call.sound_deadline_ms is None


def test_our_own_hang_up_is_ours_whatever_the_carrier_says_of_it() -> None:
    driven = answered()
    driven.tell(e.HangUpRequested("operator"))
    driven.tell(e.StatusReported("completed"))
    assert driven.end == "operator_hangup"


def test_hanging_up_twice_closes_once() -> None:
    driven = answered()
    driven.tell(e.HangUpRequested("operator"))
    driven.tell(e.HangUpRequested("drain"))
    driven.run()
    assert len(driven.ordered(c.CloseStream)) == 1
    assert driven.end == "operator_hangup"


def test_an_operator_may_hang_up_while_the_phone_rings() -> None:
    driven = DrivenCall()
    driven.tell(e.HangUpRequested("operator"))
    assert driven.call.state == "closing"
    assert driven.call.handle(e.Connected(), driven.now_us) == ()  # it crossed our order on the way
    driven.run()
    assert driven.end == "operator_hangup"


def test_a_call_nobody_answers_ends_with_its_status() -> None:
    driven = DrivenCall(abilities=Abilities(direction="outbound"))
    driven.run(20_000).tell(e.StatusReported("no-answer"))
    assert driven.end == "carrier_failure"


def test_an_end_leaves_nothing_running() -> None:
    driven = answered(replies=[Says(LONG + " " + LONG, per_word_ms=200)])
    driven.caller_says("hello there", for_ms=600)
    driven.until_playing("We are open", 1500)
    driven.tell(e.CarrierStopped())
    assert [order.reply_id for order in driven.ordered(c.CancelReply)] == [driven.asked[0].reply_id]
    assert driven.agent_line("We are open").cut


# Too long


def test_a_call_that_is_too_long_is_warned_and_then_ended() -> None:
    assistant = an_assistant(max_duration_s=60.0, idle={"timeout_s": 1000.0})
    driven = answered(assistant=assistant)
    connected = driven.when(c.ResumePlayout)
    driven.until_playing("half a minute")
    assert driven.when(c.StartSynthesis, 1) - connected == 30_000
    driven.until_playing("Our time is up")
    assert driven.when(c.StartSynthesis, 2) - connected == 60_000
    driven.run()
    assert driven.end == "max_duration"
    assert driven.agent_line("Our time is up").heard == assistant.duration_goodbye


def test_without_a_warning_sentence_there_is_no_warning() -> None:
    driven = answered(
        assistant=an_assistant(max_duration_s=60.0, warning_message="", idle={"timeout_s": 1000.0})
    )
    driven.run()
    assert driven.said == [GREETING, driven.assistant.duration_goodbye]


def test_a_warning_longer_than_the_call_is_not_given() -> None:
    driven = answered(
        assistant=an_assistant(max_duration_s=20.0, warning_before_s=30.0, idle={"timeout_s": 1000.0})
    )
    driven.run()
    assert driven.said == [GREETING, driven.assistant.duration_goodbye]


def test_a_caller_who_talks_on_cannot_put_the_end_off() -> None:
    driven = answered(assistant=an_assistant(max_duration_s=30.0, warning_message=""))
    driven.run(1000).caller_says("and then I said to him that " * 60, for_ms=200_000)
    driven.until(c.CloseStream)
    assert driven.now_ms < 30_500 + 6000
    assert driven.agent_line("Our time is up").heard == driven.assistant.duration_goodbye
    assert not driven.asked, "nobody is answered before the end of what is said"


def test_the_last_goodbye_is_heard_whole_even_right_behind_another() -> None:
    """The call's time is up in the moment in which a silent caller's goodbye fades."""
    assistant = an_assistant(max_duration_s=30.0, warning_message="", idle={"prompts": ()})
    faded = answered(assistant=assistant).until_heard(assistant.idle.goodbye).now_ms
    late = an_assistant(max_duration_s=(faded + 100 - 500) / 1000, warning_message="", idle={"prompts": ()})
    driven = answered(assistant=late)
    driven.run()
    assert driven.agent_line("Our time is up").heard == late.duration_goodbye
    assert driven.end == "max_duration"


def test_words_over_the_last_goodbye_are_on_record_and_not_answered() -> None:
    driven = answered(
        assistant=an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    )
    driven.until_playing("Our time is up", 300)
    driven.caller_says("but wait a moment", for_ms=800)
    driven.run()
    assert driven.end == "max_duration"
    assert not driven.asked
    assert driven.caller_lines == [("said", "but wait a moment")]


def test_a_turn_that_goes_on_when_the_time_is_up_does_not_cut_the_goodbye() -> None:
    driven = answered(
        assistant=an_assistant(max_duration_s=9.0, warning_message=""),
        replies=[Says("For how many?", after_ms=900)],
    )
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.StartReply)
    limit = driven.when(c.ResumePlayout) + 9000
    driven.caller_says("for two please", for_ms=limit + 500 - driven.now_ms - 50, at=driven.now_ms + 50)
    driven.run()
    assert driven.agent_line("Our time is up").heard == driven.assistant.duration_goodbye
    assert driven.caller_lines == [("said", "book a table for two please")]
    assert len(driven.asked) == 1


def test_keys_in_the_tail_of_the_last_goodbye_are_on_record_and_not_answered() -> None:
    driven = answered(
        assistant=an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    )
    driven.until_heard("Our time is up")
    driven.caller_presses("1#", every_ms=50)
    driven.run()
    assert driven.end == "max_duration"
    assert driven.caller_lines == [("keys", "1")]
    assert not driven.asked


def test_an_apology_is_not_cut_because_the_time_is_up() -> None:
    driven = answered(
        assistant=an_assistant(max_duration_s=12.0, warning_message="", idle={"timeout_s": 100.0})
    )
    driven.run(driven.when(c.ResumePlayout) + 11_000 - driven.now_ms).tell(e.TranscriptionFailed("gone"))
    driven.run()
    assert driven.end == "provider_failure"
    assert driven.agent_line("I am sorry").heard == driven.assistant.error_message


def test_the_end_comes_in_the_middle_of_a_contest_too() -> None:
    driven = playing(
        LONG + " " + LONG, for_ms=0, assistant=an_assistant(max_duration_s=8.0, warning_message="")
    )
    limit = driven.when(c.ResumePlayout) + 8000
    driven.caller_says("", for_ms=5000, at=limit - 300)
    driven.run()
    assert driven.end == "max_duration"
    assert driven.agent_line("Our time is up").heard == driven.assistant.duration_goodbye


# Configuration


@pytest.mark.parametrize("change", [{"turn": {"barge_in": "words"}}, {"greeting_barge_in": "words"}])
def test_words_needs_an_stt_that_shows_words_while_the_caller_speaks(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="choose barge_in"):
        check(an_assistant(**change), Abilities())
    check(an_assistant(**change), Abilities(interims=True))

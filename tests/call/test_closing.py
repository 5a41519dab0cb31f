"""Goodbye: the hang-up waits for the ear, and for a caller who is not finished."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities
from rapida.call.timers import Timer
from rapida.errors import IllegalEvent

from .driven_call import DrivenCall, Says, Voices, an_assistant, answered

BYE = "Thank you for calling us today, and goodbye."
INTERIMS = Abilities(interims=True)


def goodbye(*replies: Says, text: str = BYE, to: str = "", **script: Any) -> DrivenCall:
    """The model says a last sentence and ends the call (or hands it over)."""
    tool = ("transfer_call", '{"to": "' + to + '"}') if to else ("end_call", "{}")
    driven = answered(replies=[Says(text, tools=[tool]), *replies], **script)
    driven.caller_says("that is all", for_ms=600)
    return driven.until(c.StartReply)


def test_closing_begins_400_ms_after_the_goodbyes_last_mark() -> None:
    driven = goodbye().until_heard(BYE)
    heard = driven.now_ms
    driven.until(c.CloseStream)
    assert driven.now_ms - heard == 400
    assert driven.call.state == "closing"
    driven.run()
    assert driven.end == "agent_hangup"


def test_without_marks_it_begins_three_seconds_after_the_goodbye_should_have_been_heard() -> None:
    driven = goodbye(text="Bye.")
    driven.run(until=lambda: "Bye." in driven.said)
    driven.phone.marks_return = False
    driven.until_playing("Bye.")
    began = driven.now_ms
    driven.until(c.CloseStream)
    # The end of the utterance is believed after two seconds already.
    assert driven.now_ms - began in range(200 + 2000 + 400, 200 + 3000 + 50)


def test_a_goodbye_that_never_sounds_is_left_to_the_carrier_three_seconds_beyond_its_length() -> None:
    driven = stuck()
    began = driven.now_ms
    driven.until(c.LetCarrierSay)
    assert driven.now_ms - began == 4 * 65 + 3000
    driven.run()
    assert driven.ordered(c.LetCarrierSay) == [c.LetCarrierSay("Bye.")]
    assert driven.agent_line("Bye.").heard == ""
    assert driven.end == "agent_hangup"


def test_an_operator_who_hangs_up_meanwhile_has_nothing_said() -> None:
    driven = stuck().run(1000)
    driven.tell(e.HangUpRequested("operator"))
    assert driven.ordered(c.CloseStream)
    driven.run()
    assert not driven.ordered(c.LetCarrierSay)
    assert driven.end == "operator_hangup"


def stuck() -> DrivenCall:
    """The goodbye was given to a voice from which nothing comes."""
    driven = goodbye(text="Bye.", voice=lambda text: Voices(stalls=text == "Bye."))
    return driven.run(until=lambda: "Bye." in driven.said)


def test_a_confirmed_barge_in_cancels_the_hang_up() -> None:
    driven = goodbye(Says("Of course."))
    driven.until_playing("Thank you", 800)
    driven.caller_says("wait one more thing", for_ms=1200)
    driven.until_heard("Of course.").run(5000)
    assert not driven.ordered(c.CloseStream)
    assert driven.agent_line("Thank you").cut


def test_a_long_interruption_is_not_hung_up_on() -> None:
    driven = goodbye(Says("Of course."))
    driven.until_playing("Thank you", 800)
    driven.caller_says("wait there is a whole story that I have to tell you", for_ms=15_000)
    driven.until_heard("Of course.")
    assert not driven.ordered(c.CloseStream)


def test_a_bound_that_passes_during_a_cough_begins_again() -> None:
    """The second sentence of the goodbye never sounds; the caller coughs just when the wait for it ends."""
    text = "Thank you for calling. Bye."
    patient = an_assistant(deadlines={"first_sound_ms": 60_000})
    driven = goodbye(
        text=text, voice=lambda text: Voices(stalls=text == "Bye."), abilities=INTERIMS, assistant=patient
    )
    driven.until_playing("Thank you")
    bound = driven.call._shared.timers._wall[Timer.GOODBYE, 0] // 1000
    driven.caller_says("", for_ms=800, at=bound - 500)
    driven.run(bound - driven.now_ms + 1)
    assert driven.call.floor == "contested"
    assert not driven.ordered(c.CloseStream)
    driven.until(c.CloseStream)
    assert driven.now_ms < bound + 6000


def test_a_cough_over_the_goodbye_does_not() -> None:
    driven = goodbye()
    driven.until_playing("Thank you", 800)
    driven.caller_says("", for_ms=300)
    driven.run()
    assert driven.end == "agent_hangup"
    assert driven.agent_line("Thank you").heard == BYE


def test_the_bound_begins_again_when_the_goodbye_goes_on() -> None:
    driven = goodbye(abilities=INTERIMS)
    driven.until_playing("Thank you", 500)
    for _ in range(2):
        driven.caller_says("", for_ms=900)
        driven.run(1500)
    driven.until(c.CloseStream)
    assert driven.agent_line("Thank you").heard == BYE


def test_words_in_the_tail_are_answered_first() -> None:
    driven = goodbye(Says("Of course."))
    driven.until_heard(BYE)
    driven.caller_says("oh one more thing", for_ms=900, at=driven.now_ms + 150)
    driven.until_heard("Of course.").run(5000)
    assert driven.end is None


@pytest.mark.parametrize(("abilities", "bound_ms"), [(INTERIMS, 3000), (Abilities(), 10_000)])
@pytest.mark.parametrize("gap_ms", [0, 500])
def test_music_in_the_tail_does_not_keep_the_line_open(
    abilities: Abilities, bound_ms: int, gap_ms: int
) -> None:
    """Half an hour of it, in one piece or with pauses too short to end a turn."""
    driven = goodbye(abilities=abilities)
    driven.until_heard(BYE)
    heard = driven.now_ms
    for nth in range(900):
        driven.caller_says("", for_ms=2000 - gap_ms, at=heard + 150 + nth * 2000)
    driven.until(c.CloseStream)
    # In one piece, it is known for what it is when speech has gone on for long without a word.
    bound_ms = min(bound_ms, 4000) if gap_ms == 0 else bound_ms
    assert driven.now_ms - heard in range(bound_ms, bound_ms + 501)
    driven.run()
    assert driven.end == "agent_hangup"


@pytest.mark.parametrize("abilities", [INTERIMS, Abilities()])
def test_a_long_story_begun_in_the_tail_is_listened_to(abilities: Abilities) -> None:
    driven = goodbye(Says("Of course."), abilities=abilities)
    driven.until_heard(BYE)
    driven.caller_says("oh wait there is one more thing to tell you", for_ms=8000, at=driven.now_ms + 150)
    driven.until_heard("Of course.").run(3000)
    assert not driven.ordered(c.CloseStream)


@pytest.mark.parametrize(
    ("left_ms", "cough_ms", "then_ms"), [(300, 600, 1100), (500, 300, 600), (700, 200, 300)]
)
def test_even_behind_a_cough_over_the_goodbyes_last_word(left_ms: int, cough_ms: int, then_ms: int) -> None:
    """The goodbye went on and was heard: the bound of the wait for it is over with it."""
    driven = goodbye(Says("Of course."))
    driven.until_playing("Thank you", len(BYE) * 50 - left_ms)
    driven.caller_says("", for_ms=cough_ms)
    driven.until_heard(BYE)
    driven.caller_says("oh wait there is one more thing to tell you", for_ms=8000, at=driven.now_ms + then_ms)
    driven.until_heard("Of course.").run(3000)
    assert not driven.ordered(c.CloseStream)


@pytest.mark.parametrize("limit", [0, 3])
def test_a_cough_in_the_tail_only_puts_the_hang_up_off(limit: int) -> None:
    driven = goodbye(assistant=an_assistant(unclear_limit=limit))
    driven.until_heard(BYE)
    driven.caller_says("", for_ms=300, at=driven.now_ms + 150)
    driven.run(1000)
    assert not driven.ordered(c.CloseStream)
    driven.run()
    assert driven.end == "agent_hangup"
    assert driven.said[-1] == BYE
    assert driven.caller_lines[-1] == ("unclear", "")


def test_nobody_is_prompted_in_the_tail() -> None:
    """A voice puts the hang-up off beyond the time after which a silent caller is prompted."""
    driven = goodbye(assistant=an_assistant(idle={"timeout_s": 0.5}))
    driven.until_heard(BYE)
    for at in (300, 500, 700):
        driven.caller_says("", for_ms=150, at=driven.now_ms + at)
    driven.run()
    assert driven.end == "agent_hangup"
    assert driven.said[-1] == BYE


def test_words_kept_from_the_goodbyes_last_second_are_answered() -> None:
    driven = goodbye(Says("Oh, there you are."), abilities=INTERIMS)
    driven.until_playing("Thank you", len(BYE) * 50 - 600)
    driven.caller_says("okay", for_ms=300)
    driven.until_heard("Oh, there")
    assert not driven.agent_line("Thank you").cut


def test_speech_before_the_goodbye_sounds_holds_it_however_long_it_takes() -> None:
    driven = goodbye(Says("Right."), voice=lambda text: Voices(first_ms=400))
    driven.until(c.StartSynthesis, 2)
    driven.caller_says("and then there is this other thing that I wanted to ask", for_ms=9000)
    driven.until_heard("Right.").run(5000)
    assert not driven.ordered(c.CloseStream)
    assert driven.asked[0].turn_id == driven.asked[1].turn_id


def test_the_line_is_given_five_seconds_and_then_the_call_is_completed_by_rest() -> None:
    driven = goodbye().until(c.CloseStream)
    # The driven call's carrier would confirm at once; this one is deaf.
    deaf = driven.call
    orders = [
        order for at in range(1, 11) for order in deaf.handle(e.TimerDue(), driven.now_us + at * 499_999)
    ]
    assert orders == []
    assert deaf.deadline_us == driven.now_us + 5_000_000
    orders = list(deaf.handle(e.TimerDue(), driven.now_us + 5_000_000))
    assert orders == [c.CompleteCall(), c.EndCall("agent_hangup")]


@pytest.mark.parametrize("event", [e.CarrierStopped(), e.StatusReported("completed")])
def test_a_stop_or_a_terminal_status_confirms_the_hang_up(event: e.Event) -> None:
    driven = goodbye().until(c.CloseStream)
    assert driven.call.handle(e.CarrierClosed(1000), driven.now_us) == ()
    assert driven.call.handle(event, driven.now_us) == (c.EndCall("agent_hangup"),)


def test_while_the_line_closes_nothing_is_said_thought_or_answered() -> None:
    driven = goodbye().until(c.CloseStream)
    position = driven.position_at(driven.now_ms)
    core, now = driven.call, driven.now_us
    for event in (
        e.VoiceRose(position),
        e.SoundReached(position + 2000),
        e.VoiceFell(position + 2000),
        e.KeyPressed("1"),
        e.SoundReached(position + 9000),
        e.TranscriptFinal("hello", position, position + 2000),
    ):
        assert core.handle(event, now) == ()


def test_late_words_still_complete_the_transcript_while_the_line_closes() -> None:
    driven = goodbye()
    position = driven.position_at(driven.now_ms) - 1300
    driven.until(c.CloseStream)
    orders = driven.call.handle(e.TranscriptFinal("thanks", position + 550, position + 590), driven.now_us)
    assert [order.entry.text for order in orders if isinstance(order, c.RecordEntry)] == [
        "that is all thanks"
    ]


def test_a_transfer_waits_for_the_ear_too() -> None:
    driven = goodbye(text="I will put you through.", to="+14155550100")
    driven.until_heard("I will put")
    heard = driven.now_ms
    driven.until(c.Transfer)
    assert driven.now_ms - heard == 400
    assert driven.ordered(c.Transfer) == [c.Transfer("+14155550100")]
    driven.run()
    assert driven.end == "transfer"
    assert not driven.ordered(c.CloseStream)


OVER = "I will put you through."
REFUSED = e.TransferFailed("the number to call is not valid")


def handing_over(**script: Any) -> DrivenCall:
    """The carrier has just been asked to hand the caller over."""
    return goodbye(text=OVER, to="+14155550100", **script).until(c.Transfer)


@pytest.mark.parametrize("after_ms", [40, 9000, 14_900])
def test_a_transfer_that_the_carrier_takes_its_time_to_accept_is_not_hung_up_on(after_ms: int) -> None:
    driven = handing_over(transfer_ms=after_ms)
    driven.run()
    assert driven.end == "transfer"
    assert driven.when(c.EndCall) - driven.when(c.Transfer) == after_ms + 10
    assert not driven.ordered(c.CompleteCall)
    assert not driven.ordered(c.CloseStream)


def test_an_accepted_transfer_whose_stream_does_not_stop_ends_without_hanging_up_on_the_caller() -> None:
    driven = handing_over(transfer=None)
    driven.run(7000).tell(e.TransferAccepted())
    assert driven.call.state == "closing"
    assert driven.call.deadline_us == driven.now_us + 5_000_000
    driven.run()
    assert driven.end == "transfer"
    assert not driven.ordered(c.CompleteCall)


@pytest.mark.parametrize(("answer", "after_ms"), [(REFUSED, 40), (REFUSED, 9000), (None, 15_000)])
def test_a_transfer_refused_or_not_answered_ends_with_the_apology(
    answer: e.Event | None, after_ms: int
) -> None:
    driven = handing_over(transfer=answer, transfer_ms=after_ms)
    driven.until_playing("I am sorry")
    assert driven.when(c.StartSynthesis, -1) - driven.when(c.Transfer) == after_ms
    driven.until(c.CloseStream)
    assert driven.agent_line("I am sorry").heard == driven.assistant.error_message
    driven.run()
    assert driven.end == "provider_failure"
    assert len(driven.ordered(c.Transfer)) == 1


def test_a_stream_that_stops_before_the_carrier_answers_was_handed_over() -> None:
    driven = handing_over(transfer=None)
    driven.run(300).tell(e.CarrierStopped())
    assert driven.end == "transfer"


def test_what_the_caller_says_and_types_meanwhile_is_on_record_and_not_answered() -> None:
    driven = handing_over(transfer_ms=9000, transfer=REFUSED)
    driven.caller_says("is anybody there", for_ms=900, at=driven.now_ms + 300)
    driven.caller_presses("12#", at=driven.now_ms + 4000)
    driven.run()
    assert driven.end == "provider_failure"
    assert sorted(driven.caller_lines) == [
        ("keys", "12"),
        ("said", "is anybody there"),
        ("said", "that is all"),
    ]
    assert len(driven.asked) == 1
    assert driven.agent_line("I am sorry").heard == driven.assistant.error_message


def test_a_caller_silent_meanwhile_is_not_prompted() -> None:
    driven = handing_over(transfer_ms=14_000, assistant=an_assistant(idle={"timeout_s": 1.0}))
    driven.run()
    assert driven.end == "transfer"
    assert "Are you still there?" not in driven.said


def test_an_operator_hangs_up_on_a_transfer_that_is_not_answered_yet() -> None:
    driven = handing_over(transfer_ms=9000)
    driven.run(1000).tell(e.HangUpRequested("operator"))
    driven.run()
    assert driven.end == "operator_hangup"
    assert len(driven.ordered(c.CloseStream)) == 1


def test_an_answer_that_comes_after_the_transfer_was_given_up_changes_nothing() -> None:
    driven = handing_over(transfer=None)
    driven.until_playing("I am sorry", 300)
    before = len(driven.orders)
    driven.tell(e.TransferAccepted())
    assert len(driven.orders) == before
    driven.run()
    assert driven.end == "provider_failure"


def test_an_end_without_a_word_waits_for_what_is_still_being_said() -> None:
    from rapida.call.abilities import ToolFacts

    driven = answered(
        replies=[
            Says("Let me take that down for you.", tools=[("note", "{}")]),
            Says(tools=[("end_call", "{}")]),
        ],
        abilities=Abilities(tools={"note": ToolFacts()}),
    )
    driven.caller_says("that is all", for_ms=600)
    driven.run()
    assert driven.end == "agent_hangup"
    assert not driven.agent_line("Let me take").cut


def test_an_end_without_any_word_is_at_once() -> None:
    driven = goodbye(text="")
    driven.until(c.CloseStream)
    assert driven.now_ms - driven.when(c.StartReply) == 100


def test_a_carrier_that_is_silent_is_told_to_hang_up_once() -> None:
    driven = stuck()
    driven.carrier_speaks = False
    driven.until(c.CloseStream)
    with pytest.raises(IllegalEvent, match="was not asked"):
        driven.tell(e.CarrierSilent("still not"))
    assert len(driven.ordered(c.CloseStream)) == 1


def test_a_transfer_whose_last_sentence_never_sounds_is_ordered_all_the_same() -> None:
    text = "One moment, I am putting you through."
    patient = an_assistant(deadlines={"first_sound_ms": 60_000})
    driven = goodbye(
        text=text, to="+14155550199", voice=lambda said: Voices(stalls=said == text), assistant=patient
    )
    driven.run()
    assert driven.ordered(c.Transfer) == [c.Transfer("+14155550199")]
    assert driven.end == "transfer"


def test_a_goodbye_to_a_silent_caller_that_the_voice_cannot_say_is_left_to_the_carrier() -> None:
    farewell = "Nobody is there, so goodbye."
    driven = answered(
        assistant=an_assistant(idle={"prompts": (), "goodbye": farewell}),
        voice=lambda text: Voices(fails=False if text == farewell else None),
    )
    driven.run()
    assert driven.ordered(c.LetCarrierSay) == [c.LetCarrierSay(farewell)]
    assert driven.end == "idle"

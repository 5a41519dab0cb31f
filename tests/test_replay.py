"""A replay names the order at which two runs part, and the turn that it is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from rapida.assistant import Assistant
from rapida.call import commands as c
from rapida.call.call import Call
from rapida.call.events import CarrierClosed
from rapida.replay import Difference, Replayed, replay
from rapida.telemetry.journal import Entry, Head, Reading, read
from tests.call.driven_call import DrivenCall, Says, an_assistant, speaking

REPORTED = sorted((Path(__file__).parent / "journals").glob("*.jsonl"))
"""Journals of whole calls, whatever version wrote them: a call that went wrong and was mended is put here."""


def two_turns() -> DrivenCall:
    """The greeting, an answered question, and sound that no words come of."""
    driven = DrivenCall(replies=[Says("We open at nine.")]).connect()
    driven.until_heard("Welcome").caller_says("when do you open", for_ms=800)
    driven.until_heard("nine").caller_says("", for_ms=800)
    driven.until_heard("Sorry").run(until=lambda: driven.now_ms % 1000 == 0)
    return driven


def kept(driven: DrivenCall) -> Reading:
    head = Head(1, "0", driven.assistant, "UTC", "2026-11-22T12:00:00Z", abilities=driven.abilities)
    return Reading(head, (*driven.orders, *driven.events))


def lines(driven: DrivenCall) -> list[Entry]:
    """A journal's lines in the order in which they are written: each event before what it led to."""
    call = Call(driven.assistant, driven.abilities)
    written: list[Entry] = [(0, order) for order in call.open(0)]
    for at_us, event in driven.events:
        written.append((at_us, event))
        written += [(at_us, order) for order in call.handle(event, at_us)]
    return written


def turns(driven: DrivenCall) -> list[int]:
    lines = [order for order in driven.ordered(c.RecordEntry) if order.entry.speaker == "caller"]
    return [*dict.fromkeys(line.turn_id for line in lines)]


def first_difference(driven: DrivenCall, other: Assistant) -> Difference:
    found = replay(kept(driven), other).difference
    assert found is not None
    return found


def test_the_same_assistant_decides_the_same() -> None:
    driven = two_turns()
    driven.tell(CarrierClosed(1006))
    driven.run()
    assert driven.end == "stream_lost"
    assert replay(kept(driven)) == Replayed(len(driven.events), len(driven.orders), None)


@pytest.mark.parametrize("how", [{}, {"torn": True}, {"cut": True}], ids=["killed", "torn", "cut"])
def test_a_journal_that_ends_within_its_call_is_the_same_as_far_as_it_goes(how: dict[str, bool]) -> None:
    driven = two_turns()
    head, written = kept(driven).head, lines(driven)
    for kept_lines in range(len(written)):
        short = Reading(head, tuple(written[:kept_lines]), **how)
        told, ordered = len(list(short.events)), len(list(short.commands))
        assert replay(short) == Replayed(told, ordered, None, ends_early=True)


@pytest.mark.parametrize("torn", [False, True])
def test_only_what_the_last_event_led_to_may_be_missing(torn: bool) -> None:
    driven = two_turns()
    head, written = kept(driven).head, lines(driven)
    missing = next(nth for nth, (_, line) in enumerate(written) if isinstance(line, c.FinishTranscription))
    shown = replay(Reading(head, (*written[:missing], *written[missing + 1 :]), torn=torn))
    assert shown.difference is not None
    assert isinstance(shown.difference.replayed, c.FinishTranscription)
    last_but_one = driven.events[-2][0]
    extra = c.StartReply(reply_id=98, turn_id=99, memory=())
    shown = replay(Reading(head, (*written[:-1], (last_but_one, extra), written[-1]), torn=torn))
    assert shown.difference is not None
    assert shown.difference.recorded == extra


def test_there_are_journals_to_replay() -> None:
    assert {path.stem for path in REPORTED} >= {"barge-in", "sensitive-digits"}


@pytest.mark.parametrize("journal", REPORTED, ids=lambda path: path.stem)
def test_this_version_decides_as_the_journals_of_reported_calls_say(journal: Path) -> None:
    reading = read(journal)
    shown = replay(reading)
    assert shown.difference is None
    assert not shown.ends_early
    assert shown.commands == len([*reading.commands]) > 10


def test_an_order_that_journals_of_its_format_do_not_have_is_no_difference() -> None:
    driven = speaking()
    driven.caller_presses("1")
    driven.run(until=lambda: bool(driven.ordered(c.RecordBargeIn)))
    driven.tell(CarrierClosed(1006))
    reading = kept(driven)
    assert replay(reading).difference is None
    older = tuple(entry for entry in reading.entries if not isinstance(entry[1], c.RecordBargeIn))
    assert replay(Reading(replace(reading.head, format=1), older)).difference is None
    shown = replay(Reading(reading.head, older)).difference
    assert shown is not None
    assert shown.replayed == c.RecordBargeIn("key")


def test_a_cough_is_no_difference_in_a_journal_from_before_coughs_were_told() -> None:
    driven = speaking()
    driven.caller_says("", for_ms=400)
    driven.run(1000)
    driven.caller_says("okay", for_ms=700)
    driven.until_heard("We are open")
    driven.tell(CarrierClosed(1006))
    reading = kept(driven)
    assert replay(reading).difference is None
    cough = next(entry for entry in reading.entries if isinstance(entry[1], c.RecordFalseBargeIn))
    older = tuple(entry for entry in reading.entries if entry is not cough)
    assert any(isinstance(order, c.RecordFalseBargeIn) for _, order in older)
    assert replay(Reading(replace(reading.head, format=2), older)).difference is None
    assert replay(Reading(reading.head, older)).difference is not None


def test_a_greeting_that_differs_comes_before_any_turn() -> None:
    found = first_difference(two_turns(), an_assistant(greeting="Good morning."))
    assert (found.turn_id, isinstance(found.recorded, c.StartSynthesis)) == (0, True)


@pytest.mark.parametrize(
    ("changed", "kind"), [({"silence_ms": 1500}, c.RecordEntry), ({"stop_ms": 350}, c.FinishTranscription)]
)
def test_the_turn_that_differs_is_named_not_the_one_before(
    changed: dict[str, int], kind: type[c.Command]
) -> None:
    driven = two_turns()
    found = first_difference(driven, an_assistant(turn=changed))
    assert isinstance(found.recorded or found.replayed, kind)
    assert found.turn_id == turns(driven)[0] > 0


def test_an_answer_that_differs_belongs_to_the_turn_it_answers() -> None:
    driven = two_turns()
    found = first_difference(driven, an_assistant(unclear_message="Pardon?"))
    assert isinstance(found.recorded, c.StartSynthesis)
    assert found.turn_id == turns(driven)[1]


def test_a_later_turn_that_one_run_has_and_the_other_has_not_is_named() -> None:
    driven = two_turns()
    last = turns(driven)[1]
    at = next(
        nth
        for nth, (_, order) in enumerate(driven.orders)
        if isinstance(order, c.RecordEntry) and order.turn_id == last
    )
    reading = kept(driven)
    shorter = Reading(reading.head, (*driven.orders[:at], *driven.events))
    found = replay(shorter).difference
    assert found is not None
    assert (found.turn_id, found.recorded) == (last, None)
    extra = c.StartReply(reply_id=98, turn_id=99, memory=())
    missed = replay(Reading(reading.head, (*reading.entries, (driven.now_us, extra)))).difference
    assert missed is not None
    assert (missed.turn_id, missed.replayed) == (99, None)

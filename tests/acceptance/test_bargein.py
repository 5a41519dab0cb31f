"""Interruptions over the wire: what the transcript says was heard is what the phone played, to the word."""

from __future__ import annotations

from collections.abc import Awaitable

import numpy as np
from msgspec.structs import replace

from rapida.audio import g711
from rapida.call.commands import ClearPlayout, HoldPlayout, RecordFalseBargeIn, ResumePlayout, StartReply
from rapida.simulator.twilio.script import AfterAgent, Cough, HangUp, Step, Tone, Wait, WhileAgent
from rapida.timeline.draw import CallFacts, draw
from rapida.tts.tone import Tone as Voice

from .conftest import MadeCalls
from .server import (
    GREETING,
    MS_PER_CHARACTER,
    QUICK,
    InProcessServer,
    MadeCall,
    Scripted,
    assistant,
    ms,
    play,
    sounding,
    spoken,
    steady,
    wrong,
)

LONG = (
    "This is a rather long announcement about everything that we can do for you and for your family "
    "at any hour of the day and of the night."
)
PATIENT = replace(QUICK, confirm_ms=700)
"""Confirmed only when the sound that was on its way has surely played out: both ends then count the same."""
HANG_UP = Step(AfterAgent(1200), HangUp())
"""Only when nothing more comes: a busy machine may take its time between announcement and answer."""


def interrupted(server: InProcessServer) -> Awaitable[MadeCall]:
    wanted = assistant(["As you wish."], hears=["stop it please"], greeting=LONG, turn=PATIENT)
    return play(server, wanted, Step(WhileAgent(600), Tone(300, 1100)), HANG_UP)


def coughed_at(server: InProcessServer) -> Awaitable[MadeCall]:
    return play(server, assistant(greeting=LONG), Step(WhileAgent(600), Cough(300)), HANG_UP)


def must_be_heard(server: InProcessServer) -> Awaitable[MadeCall]:
    wanted = assistant(["As you wish."], hears=["stop it please"], greeting=LONG, greeting_barge_in="never")
    return play(server, wanted, Step(WhileAgent(600), Tone(300, 900)), HANG_UP)


def goes_on(server: InProcessServer) -> Awaitable[MadeCall]:
    said = ["I would like", "to see a dentist"]
    wanted = assistant(["One answer."], hears=said, turn=replace(QUICK, silence_ms=900))
    first, second = Step(AfterAgent(200), Tone(300, 500)), Step(Wait(0.4), Tone(300, 500))
    return play(server, wanted, first, second, HANG_UP)


CALLS: dict[str, Scripted] = {
    "interrupted": steady(interrupted),
    "coughed at": steady(coughed_at),
    "must be heard": steady(must_be_heard),
    "goes on": steady(goes_on),
}


def words_within(text: str, heard_ms: float) -> str:
    """The words of a text that lie wholly within its first so many milliseconds."""
    voice = Voice(Voice.Options(ms_per_character=MS_PER_CHARACTER))
    return " ".join(word.word for word in voice.words(text) if word.end_ms <= heard_ms)


async def test_an_interruption_cuts_the_sound_and_the_transcript_at_the_same_word(calls: MadeCalls) -> None:
    report, kept = calls["interrupted"].report, calls["interrupted"].kept
    announcement, answer = await spoken(LONG), await spoken("As you wish.")
    heard = report.heard.sound
    assert (report.failure, wrong(report)) == ("", [])
    assert heard.endswith(answer)
    part = heard.removesuffix(answer)
    assert announcement.startswith(part)
    assert 600 < ms(part) < ms(announcement)
    cut, after = kept.entries("agent")
    assert (cut.text, cut.cut, cut.heard) == (LONG, True, words_within(LONG, ms(part)))
    assert (after.text, after.cut) == ("As you wish.", False)
    assert kept.entries("caller")[0].text == "stop it please"
    assert len(report.heard.clears) == 1
    memory = next(order for _, order in kept.journal().commands if isinstance(order, StartReply)).memory
    assert [(each.role, each.text, each.cut) for each in memory] == [
        ("assistant", cut.heard, True),
        ("user", "stop it please", False),
    ]
    _, right = kept.sound()
    assert np.array_equal(sounding(right), sounding(g711.decode_block(heard)))


async def test_a_cough_neither_repeats_nor_loses_a_byte(calls: MadeCalls) -> None:
    report, kept = calls["coughed at"].report, calls["coughed at"].kept
    assert (report.failure, wrong(report)) == ("", [])
    assert report.heard.sound == await spoken(LONG)
    assert report.heard.clears == ()
    orders = [type(order) for _, order in kept.journal().commands]
    assert orders.count(HoldPlayout) == orders.count(ResumePlayout) >= 2, "it was held while it was unclear"
    drawn = [hold.verdict for hold in draw(kept.journal(), CallFacts()).holds]
    assert drawn == ["false_barge_in"] * orders.count(RecordFalseBargeIn) != []
    assert ClearPlayout not in orders
    assert [(entry.heard, entry.cut) for entry in kept.entries("agent")] == [(LONG, False)]
    assert kept.entries("caller") == []


async def test_nobody_interrupts_what_must_be_heard_but_the_words_are_answered_after_it(
    calls: MadeCalls,
) -> None:
    report, kept = calls["must be heard"].report, calls["must be heard"].kept
    assert (report.failure, wrong(report)) == ("", [])
    assert report.heard.sound == await spoken(LONG) + await spoken("As you wish.")
    assert report.heard.clears == ()
    assert kept.said == [("agent", LONG), ("caller", "stop it please"), ("agent", "As you wish.")]


async def test_a_caller_who_goes_on_before_the_answer_is_answered_once_and_whole(calls: MadeCalls) -> None:
    report, kept = calls["goes on"].report, calls["goes on"].kept
    assert kept.said == [
        ("agent", GREETING),
        ("caller", "I would like to see a dentist"),
        ("agent", "One answer."),
    ]
    assert report.heard.sound == await spoken(GREETING) + await spoken("One answer.")

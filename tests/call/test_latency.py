"""The stages of a turn: what each delay adds to, and that they sum to the whole."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts

from .driven_call import Says, Voices, an_assistant, answered

FINE = Says("Fine.")


def stages_of(reply: Says = FINE, **script: Any) -> c.Stages:
    driven = answered(replies=[reply], **script)
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.RecordStages)
    return driven.ordered(c.RecordStages)[0].stages


BARS = c.Stages.__struct_fields__[:8]


def bars(stages: c.Stages) -> dict[str, int]:
    return {name: getattr(stages, name) for name in BARS}


def test_the_stages_sum_to_the_whole_to_the_microsecond() -> None:
    stages = stages_of()
    assert sum(bars(stages).values()) == stages.total_us
    assert stages.total_us > 700_000


def test_the_whole_is_from_the_last_speech_to_the_first_mark() -> None:
    driven = answered(replies=[Says("Fine.")])
    ends = driven.now_us + 800_000
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.RecordStages)
    assert driven.ordered(c.RecordStages)[0].stages.total_us == pytest.approx(
        driven.now_us - ends, abs=20_000
    )
    assert isinstance(driven.events[-1][1], e.MarkReturned)


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
    driven = answered(replies=[Says("For how many?", after_ms=700), Says("For two.", after_ms=300)])
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.StartReply)
    driven.caller_says("for two", for_ms=1000, at=driven.now_ms + 300)
    driven.until_heard("For two.")
    (order,) = driven.ordered(c.RecordStages)
    assert order.stages.token_us == 300_000


def test_the_pause_after_the_last_key_counts_as_waiting_for_the_turn() -> None:
    driven = answered(replies=[Says("Fine.")])
    driven.caller_presses("12")
    driven.until(c.RecordStages)
    (order,) = driven.ordered(c.RecordStages)
    assert order.stages.confirm_us == 2_500_000
    assert order.stages.stop_us == order.stages.final_us == 0


def test_without_marks_the_stages_are_written_when_the_clock_is_believed() -> None:
    driven = answered(replies=[Says("Fine.")])
    driven.phone.marks_return = False
    driven.caller_says("book a table", for_ms=800)
    driven.until_heard("Fine.")
    assert len(driven.ordered(c.RecordStages)) == 1

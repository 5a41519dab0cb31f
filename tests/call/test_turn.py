"""One turn: its words by place, what they mean, and where its time went."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from rapida.call.commands import Stages
from rapida.call.events import Question
from rapida.call.turn import Boundary, Instants, Turn


def turn(started_ms: int = 1000) -> Turn:
    return Turn(1, started_ms, Question())


# Words by position


def test_finals_stand_in_the_order_in_which_they_sounded() -> None:
    this = turn()
    this.heard("a table", 1500, 2000, final=True)
    this.heard("book", 1000, 1400, final=True)
    assert this.text == "book a table"


def test_an_interim_replaces_the_one_before_it_and_a_final_replaces_the_interim() -> None:
    this = turn()
    this.heard("boo", 1000, 1200, final=False)
    this.heard("book a", 1000, 1500, final=False)
    assert this.text == "book a"
    this.heard("book a", 1000, 1500, final=True)
    this.heard("table", 1600, 1900, final=False)
    assert this.text == "book a table"
    this.heard("", 1600, 1900, final=False)
    assert this.text == "book a"


def test_a_final_for_the_same_place_replaces_the_first() -> None:
    this = turn()
    this.heard("look", 1000, 1400, final=True)
    this.heard("book", 1000, 1400, final=True)
    assert this.text == "book"


def test_a_turn_owns_what_sounded_between_its_onset_and_its_end() -> None:
    this = turn(1000)
    assert this.covers(700, 900)  # a recogniser may place the first word a little early
    assert not this.covers(300, 700)
    this.fell_ms, this.closed_ms = 2000, 2700
    assert this.covers(2500, 2700)
    assert not this.covers(2700, 2900)
    assert this.spoke_at(1900, 2100)
    assert not this.spoke_at(2100, 2300)


def test_keys_own_no_sound() -> None:
    this = turn()
    this.typed = "12"
    assert this.text == "12"
    assert not this.covers(1000, 1200)


# What they mean


def test_yeah_is_a_backchannel_only_over_the_agent() -> None:
    this = turn()
    this.heard("yeah", 1000, 1300, final=True)
    assert not this.is_backchannel
    this.over_agent = True
    assert this.is_backchannel
    this.held = True
    assert not this.is_backchannel
    this.keeps = True
    assert not this.is_backchannel


def test_a_hum_that_held_the_agent_is_a_backchannel_unless_it_is_kept() -> None:
    this = turn()
    this.over_agent = this.held = True
    this.heard("mm-hm", 1000, 1300, final=True)
    assert this.is_backchannel
    this.keeps = True
    assert not this.is_backchannel


# Time


def passed(these: Instants, **boundaries: int | None) -> None:
    for boundary in get_args(Boundary):
        if (at_us := boundaries.get(boundary)) is not None:
            these.first(boundary, at_us)


def test_stages_lie_between_boundaries() -> None:
    these = Instants()
    these.spoke, these.stop, these.final, these.confirm = 0, 200, 300, 700
    passed(these, token=1000, sentence=1100, sound=1150, frame=1160, mark=1200)
    assert these.stages(9999) == Stages(200, 100, 400, 300, 100, 50, 10, 40, total_us=1200)


def test_there_are_no_stages_without_a_frame() -> None:
    these = Instants()
    these.spoke = 0
    assert these.stages(5) is None


def test_what_never_happened_adds_nothing_and_a_missing_mark_is_now() -> None:
    these = Instants()
    these.spoke = 0
    passed(these, frame=400)
    assert these.stages(450) == Stages(0, 0, 0, 0, 0, 0, 400, 50, total_us=450)


def test_only_the_first_of_a_kind_counts_until_the_turn_is_answered_again() -> None:
    these = Instants()
    passed(these, token=5)
    passed(these, token=6)
    assert these.token == 5
    these.answer_again()
    assert these.token is None
    passed(these, token=7)
    assert these.token == 7


INSTANT = st.none() | st.integers(0, 10_000_000)


@given(
    st.integers(0, 10_000_000), st.lists(INSTANT, min_size=6, max_size=6), st.integers(0, 10_000_000), INSTANT
)
def test_stages_always_sum_to_the_whole(
    spoke: int, others: list[int | None], frame: int, mark: int | None
) -> None:
    these = Instants()
    these.spoke = spoke
    these.stop, these.final, these.confirm, token, sentence, sound = others
    passed(these, token=token, sentence=sentence, sound=sound, frame=frame, mark=mark)
    stages = these.stages(10_000_000)
    assert stages is not None
    parts = [getattr(stages, name) for name in Stages.__struct_fields__[:8]]
    assert sum(parts) == stages.total_us
    assert min(parts) >= 0

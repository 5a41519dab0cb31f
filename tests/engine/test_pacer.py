"""The pacer against a telephone that plays what it is sent, on a clock turned by hand."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.engine.clock import ManualClock
from rapida.engine.pacer import Pacer
from tests.engine.pacer_line import MS, Line, say, speech

GRID_MS = 10


@pytest.fixture
def line() -> Line:
    return Line()


def test_an_utterance_begins_with_a_small_message_and_goes_on_in_100_ms(line: Line) -> None:
    say(line, 1, speech(2000))
    line.wait(3000)
    sizes = [size // 8 for _, size in line.phone.sent]
    assert sizes[0] == 40
    assert set(sizes[1:-1]) == {100}
    assert sum(sizes) == 2000
    assert line.phone.sent[0][0] == line.phone.sent[2][0] == 123_456


def test_the_phone_holds_190_to_300_ms_while_the_agent_speaks(line: Line) -> None:
    say(line, 1, speech(10_000))
    leads: list[float] = []
    for _ in range(9_500):
        line.wait(1)
        leads.append(line.phone.lead_ms)
    assert max(leads) <= 300
    assert min(leads) > 200 - GRID_MS - 1


def test_everything_is_heard_in_order_without_a_gap(line: Line) -> None:
    sound = speech(4321)
    say(line, 1, sound)
    line.wait(5000)
    assert line.phone.heard == sound
    assert line.phone.silences_ms() == []


@pytest.mark.parametrize("stall_ms", [60, 120, 185])
@pytest.mark.parametrize("at_ms", [1003, 1050, 1071, 1099])
def test_a_stall_of_the_loop_is_not_heard(line: Line, stall_ms: int, at_ms: int) -> None:
    say(line, 1, speech(3000))
    line.wait(at_ms)
    line.clock.stall(stall_ms * MS)
    line.wait(3000)
    assert line.phone.silences_ms() == []
    assert line.phone.heard == speech(3000)


def test_a_mark_stands_after_the_first_message_each_200_ms_and_at_the_end(line: Line) -> None:
    say(line, 7, speech(1234))
    line.wait(2000)
    names = [name for _, name in line.phone.marks]
    positions = [int(name.rsplit(".", 1)[1]) for name in names]
    assert names[0] == "g0.u7.40"
    assert positions == [40, 240, 440, 640, 840, 1040, 1234]
    assert line.places() == [(0, 7, position) for position in positions]


def test_the_core_is_told_of_sound_at_most_six_times_a_second(line: Line) -> None:
    say(line, 1, speech(5000))
    line.wait(200)
    before = len(line.told)
    line.wait(4000)
    assert 4 * 4 <= len(line.told) - before <= 4 * 6


def test_marks_between_the_first_and_the_last_are_told_with_what_is_told_next(line: Line) -> None:
    line.phone.eventful = False
    say(line, 1, speech(3000))
    line.wait(1990)
    assert line.places() == [(0, 1, 40)]
    line.ask()
    [_, passing] = line.returned()
    assert (passing.position_ms, passing.sent_ms) == (1840, 2240)
    assert passing.at_us == 123_456 + 1840 * MS, "when it came, not when it was told"
    line.ask()
    assert len(line.returned()) == 2, "once"
    line.wait(2000)
    assert line.places()[2:] == [(0, 1, 3000)]
    line.ask()
    assert len(line.returned()) == 3, "the last one takes the place of those before it"


def test_the_last_mark_of_sound_that_was_sent_twice_is_told_at_once_again(line: Line) -> None:
    line.phone.eventful = False
    say(line, 1, speech(1000))
    line.wait(900)
    line.pacer.hold()
    line.pacer.resume(1, 600)
    line.wait(1000)
    assert [mark.position_ms for mark in line.returned()][-1] == 1000
    assert line.clock.now_us() - line.returned()[-1].at_us < 1000 * MS
    assert line.phone.marks[-1][1] == "g0.u1.1000"


def test_returned_marks_bring_along_how_far_sound_has_been_sent_since(line: Line) -> None:
    say(line, 1, speech(3000))
    line.wait(2000)
    marks = line.returned()
    assert [event.sent_ms for event in line.sent()] == [40]
    assert [mark.sent_ms for mark in marks] == [mark.position_ms + 200 for mark in marks]
    assert all(mark.ends_at_us == 123_456 + mark.sent_ms * MS for mark in marks)
    line.wait(2000)
    assert [event.sent_ms for event in line.sent()] == [40, 3000]


def test_while_held_marks_tell_nothing_that_the_hold_has_not_told(line: Line) -> None:
    say(line, 1, speech(3000))
    line.wait(1000)
    line.pacer.hold()
    told = line.sent()[-1].sent_ms
    before = len(line.returned())
    line.wait(1000)
    marks = line.returned()[before:]
    assert marks[-1].position_ms <= told == len(line.phone.heard) // 8
    assert {mark.sent_ms for mark in marks} == {0}


def test_what_is_told_of_sent_sound_is_when_it_ends_at_the_ear(line: Line) -> None:
    say(line, 1, speech(900))
    line.wait(1500)
    for event in line.sent():
        assert event.ends_at_us == 123_456 + event.sent_ms * MS
    assert line.sent()[-1].sent_ms == 900


def test_a_finish_that_comes_late_is_marked_at_once(line: Line) -> None:
    line.pacer.enqueue(1, 1, speech(300))
    line.wait(50)
    at = line.clock.now_us()
    line.pacer.finish(1)
    assert line.phone.marks[-1] == (at, "g0.u1.300")
    line.wait(400)
    assert line.places()[-1] == (0, 1, 300)


def test_an_utterance_without_sound_ends_with_a_mark_at_zero(line: Line) -> None:
    line.pacer.finish(3)
    line.wait(10)
    assert line.places() == [(0, 3, 0)]
    assert line.phone.heard == b""


def test_a_slow_synthesiser_costs_no_timers_and_leaves_whole_frames(line: Line) -> None:
    said = speech(150) + b"\x11" * 100
    line.pacer.enqueue(1, 1, said)
    line.wait(2000)
    assert line.clock.waiting == 0
    assert line.phone.heard == said[: 160 * 8]
    line.pacer.enqueue(1, 1, b"\x12" * 60)
    line.pacer.finish(1)
    line.wait(500)
    assert line.phone.heard == said + b"\x12" * 60


def test_a_synthesiser_that_keeps_pace_is_heard_without_gaps_in_long_messages(line: Line) -> None:
    sound = speech(6000)
    line.pacer.enqueue(1, 1, sound[: 250 * 8])
    for at in range(250, 6000, 25):
        line.wait(25)
        line.pacer.enqueue(1, 1, sound[at * 8 : (at + 25) * 8])
    line.pacer.finish(1)
    line.wait(1000)
    assert line.phone.heard == sound
    assert line.phone.silences_ms() == []
    assert len(line.phone.sent) < 6000 / 60


def test_the_first_sound_of_a_slow_synthesiser_goes_out_at_once(line: Line) -> None:
    line.pacer.enqueue(1, 1, speech(19))
    assert line.phone.sent == []
    line.pacer.enqueue(1, 1, speech(1))
    assert line.phone.sent == [(123_456, 160)]


def test_utterances_are_played_in_the_order_they_were_opened(line: Line) -> None:
    line.pacer.open(1)
    say(line, 2, speech(300, seed=2))
    line.wait(100)
    assert line.phone.sent == []
    say(line, 1, speech(500, seed=1))
    line.wait(2000)
    assert line.phone.heard == speech(500, seed=1) + speech(300, seed=2)
    assert line.phone.silences_ms() == []
    assert [m.utterance_id for m in line.returned()] == sorted(m.utterance_id for m in line.returned())


# Holding and resuming


def test_a_hold_tells_to_the_byte_how_far_sound_was_sent(line: Line) -> None:
    say(line, 1, speech(3000))
    line.wait(1003)
    line.pacer.hold()
    last = line.sent()[-1]
    assert last.sent_ms * 8 == len(line.phone.heard)
    assert last.ends_at_us == line.phone.ends_at_us
    line.wait(1000)
    assert last.sent_ms * 8 == len(line.phone.heard)


@pytest.mark.parametrize("hold_ms", [50, 180, 230, 310, 600])
@pytest.mark.parametrize("at_ms", [710, 777])
def test_a_cough_repeats_nothing_and_its_gap_is_what_the_lead_did_not_cover(
    line: Line, hold_ms: int, at_ms: int
) -> None:
    say(line, 1, speech(3000))
    line.wait(at_ms)
    lead_ms = line.phone.lead_ms
    line.pacer.hold()
    line.wait(hold_ms)
    line.pacer.resume(1)
    line.wait(4000)
    assert line.phone.heard == speech(3000)
    assert sum(line.phone.silences_ms()) == pytest.approx(max(0, hold_ms - lead_ms))
    assert line.phone.clears == 0


def test_a_hold_before_the_first_sound_sends_nothing_until_resumed(line: Line) -> None:
    line.pacer.hold()
    say(line, 1, speech(500))
    line.wait(1000)
    assert line.phone.sent == []
    line.pacer.resume(0)
    line.wait(1000)
    assert line.phone.heard == speech(500)


def test_resuming_from_a_word_repeats_exactly_from_there(line: Line) -> None:
    sound = speech(3000)
    say(line, 1, sound)
    line.wait(1000)
    line.pacer.hold()
    sent_ms = line.sent()[-1].sent_ms
    line.wait(900)
    line.pacer.resume(1, 950)
    line.wait(4000)
    assert line.phone.heard == sound[: sent_ms * 8] + sound[950 * 8 :]
    assert line.returned()[-1].position_ms == 3000


def test_an_utterance_sent_to_its_end_can_be_resumed_from_a_word(line: Line) -> None:
    sound = speech(600)
    say(line, 1, sound)
    line.wait(450)
    line.pacer.hold()
    line.wait(1000)
    assert line.returned()[-1].position_ms == 600
    line.pacer.resume(1, 400)
    line.wait(1000)
    assert line.phone.heard == sound + sound[400 * 8 :]
    assert [mark.position_ms for mark in line.returned()].count(600) == 2


@pytest.mark.parametrize(("utterance_id", "from_ms"), [(9, 0), (1, 99_999), (1, None)])
def test_resuming_what_cannot_be_rewound_goes_on_where_it_was(
    line: Line, utterance_id: int, from_ms: int | None
) -> None:
    say(line, 1, speech(2000))
    line.wait(500)
    line.pacer.hold()
    line.wait(100)
    line.pacer.resume(utterance_id, from_ms)
    line.wait(3000)
    assert line.phone.heard == speech(2000)


# Clearing and dropping


def test_clear_empties_the_phone_and_the_queue_and_starts_a_generation(line: Line) -> None:
    say(line, 1, speech(3000, seed=1))
    say(line, 2, speech(3000, seed=2))
    line.wait(1000)
    line.pacer.hold()
    line.wait(50)
    line.pacer.clear(1)
    line.wait(1000)
    assert line.phone.clears == 1
    assert line.phone.heard == speech(3000, seed=1)[: 1050 * 8]
    say(line, 3, speech(400, seed=3))
    line.wait(1000)
    assert line.phone.heard == speech(3000, seed=1)[: 1050 * 8] + speech(400, seed=3)
    assert line.phone.marks[-1][1] == "g1.u3.400"
    assert line.places()[-1] == (1, 3, 400)


def test_a_dropped_segment_loses_what_was_not_sent_and_nothing_else(line: Line) -> None:
    first, second, third = speech(500, 1), speech(500, 2), speech(500, 3)
    for segment_id, sound in ((11, first), (12, second), (13, third)):
        line.pacer.enqueue(1, segment_id, sound)
    line.pacer.finish(1)
    line.wait(450)
    sent = len(line.phone.heard)
    assert 500 * 8 < sent < 1000 * 8
    line.pacer.drop_segment(12)
    line.wait(3000)
    assert line.phone.heard == (first + second)[:sent] + third
    assert line.returned()[-1].position_ms == sent // 8 + 500


def test_dropping_the_last_unsent_segment_ends_the_utterance_where_it_is(line: Line) -> None:
    line.pacer.enqueue(1, 11, speech(300))
    line.pacer.enqueue(1, 12, speech(3000))
    line.pacer.finish(1)
    line.wait(200)
    sent_ms = len(line.phone.heard) // 8
    line.pacer.drop_segment(12)
    line.wait(1000)
    assert line.places()[-1] == (0, 1, sent_ms)
    assert len(line.phone.heard) == sent_ms * 8


def test_a_closed_pacer_sends_and_tells_nothing(line: Line) -> None:
    say(line, 1, speech(3000))
    line.wait(100)
    sent, told = len(line.phone.sent), len(line.told)
    line.pacer.close()
    say(line, 2, speech(100))
    line.wait(3000)
    assert (len(line.phone.sent), len(line.told)) == (sent, told)


@pytest.mark.parametrize(
    "name", ["", "done", "g0.u1", "g0.u1.-5", "g0.u1.5 ", "xg0.u1.5", "g0.u1.5.6", "g٣.u1.5"]
)
def test_marks_of_others_are_ignored(line: Line, name: str) -> None:
    line.pacer.marked(name)
    assert line.told == []


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("speak"), st.integers(1, 900)),
            st.tuples(st.just("wait"), st.integers(1, 400)),
            st.tuples(st.just("stall"), st.integers(1, 400)),
            st.tuples(st.just("hold"), st.just(0)),
            st.tuples(st.just("resume"), st.just(0)),
            st.tuples(st.just("finish"), st.just(0)),
        ),
        max_size=60,
    )
)
def test_whatever_happens_everything_is_heard_once_and_the_lead_keeps_its_bound(
    steps: list[tuple[str, int]],
) -> None:
    line, utterance, said = Line(), 1, b""
    for what, amount in steps:
        if what == "speak":
            sound = speech(1, amount) * amount
            line.pacer.enqueue(utterance, utterance, sound[: amount * 5])
            said += sound[: amount * 5]
        elif what == "wait":
            line.wait(amount)
        elif what == "stall":
            line.clock.stall(amount * MS)
        elif what == "hold":
            line.pacer.hold()
        elif what == "resume":
            line.pacer.resume(0)
        else:
            line.pacer.finish(utterance)
            utterance += 1
        assert line.phone.lead_ms <= 300
        assert said.startswith(line.phone.heard)
    line.pacer.finish(utterance)
    line.pacer.resume(0)
    line.wait(len(said) / 8 + 1000)
    assert line.phone.heard == said
    assert line.clock.waiting == 0
    ends = {mark.utterance_id for mark in line.returned()}
    assert ends == set(range(1, utterance + 1))


def test_a_long_utterance_does_not_keep_all_that_was_sent() -> None:
    clock, sent = ManualClock(), list[bytes]()

    class Wire:
        def play(self, ulaw: bytes, mark: str = "") -> None:
            sent.append(ulaw)

        def mark(self, name: str) -> None: ...

        def clear(self) -> None: ...

        def close(self, code: int = 1000, reason: str = "") -> None: ...

    pacer = Pacer(Wire(), lambda event: None, clock, None)
    made = bytes(range(256)) * 1875  # one minute
    tracemalloc.start()
    for second in range(60):
        pacer.enqueue(1, 2, made[second * 8000 : (second + 1) * 8000])
        clock.advance(1_000_000)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    pacer.finish(1)
    clock.advance(2_000_000)
    assert b"".join(sent) == made
    assert held - sum(map(len, sent)) < len(made) // 3
    sent.clear()
    pacer.hold()
    pacer.resume(1, 59_000)
    clock.advance(3_000_000)
    assert b"".join(sent) == made[59_000 * 8 :]


def test_before_the_first_sound_there_is_nothing_to_clear(line: Line) -> None:
    line.pacer.hold()
    line.pacer.enqueue(1, 1, speech(300))
    line.pacer.clear(1)
    line.pacer.clear(2)
    assert line.phone.clears == 0
    line.pacer.resume(0)
    say(line, 2, speech(300))
    line.pacer.clear(3)
    assert line.phone.clears == 1

"""What was generated, what was sent, and what was heard."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.playout import Segment, Utterance

from .driven_call import GREETING, LONG, DrivenCall, Says, Voices, an_assistant, answered, playing


def utterance(
    *, sent_ms: int, ends_at_us: int, marked_ms: int = 0, marked_us: int | None = None
) -> Utterance:
    """Four words of 250 ms each."""
    made = Utterance(1, "reply", "always", 1)
    segment = Segment(2, "aaaa bbbb cccc dddd")
    segment.duration_ms = 1000
    made.segments.append(segment)
    made.began_us, made.sent_ms, made.ends_at_us = 0, sent_ms, ends_at_us
    made.marked_ms, made.marked_us = marked_ms, marked_us
    return made


# How much was heard


def test_heard_is_what_was_sent_less_what_the_phone_still_holds() -> None:
    assert utterance(sent_ms=600, ends_at_us=900_000).heard_ms(700_000) == 400


def test_heard_is_the_last_mark_plus_the_clock() -> None:
    made = utterance(sent_ms=600, ends_at_us=600_000, marked_ms=300, marked_us=500_000)
    assert made.heard_ms(560_000) == 360


def test_heard_is_never_more_than_was_sent_nor_less_than_the_last_mark() -> None:
    made = utterance(sent_ms=600, ends_at_us=600_000, marked_ms=300, marked_us=500_000)
    assert made.heard_ms(9_000_000) == 600
    early = utterance(sent_ms=600, ends_at_us=5_000_000, marked_ms=300, marked_us=500_000)
    assert early.heard_ms(500_000) == 300


def test_nothing_is_heard_before_the_first_frame() -> None:
    made = utterance(sent_ms=0, ends_at_us=0)
    made.began_us = None
    assert made.heard_ms(5_000_000) == 0


# Words


def test_a_word_is_heard_when_its_end_was() -> None:
    made = utterance(sent_ms=1000, ends_at_us=0)
    ends = [end for _, _, end in made.word_times()]
    made.cut_ms = ends[1]
    assert made.heard_text() == "aaaa bbbb"
    made.cut_ms = ends[1] - 1
    assert made.heard_text() == "aaaa"


def test_without_timings_a_word_has_its_share_of_the_sound() -> None:
    segment = Segment(1, "a longerword")
    segment.duration_ms = 1300
    assert segment.word_times() == [("a", 0, 200), ("longerword", 200, 1300)]


def test_the_voices_own_timings_come_first() -> None:
    segment = Segment(1, "Hello, you")
    segment.duration_ms = 1000
    segment.timings = (e.WordTiming("hello", 100, 300), e.WordTiming("you", 700, 900))
    assert segment.word_times() == [("Hello,", 100, 300), ("you", 700, 900)]


def test_timings_that_do_not_match_the_text_are_not_believed() -> None:
    segment = Segment(1, "Hello, you")
    segment.duration_ms = 1100
    segment.timings = (e.WordTiming("hello", 100, 300),)
    assert segment.word_times() == [("Hello,", 0, 700), ("you", 700, 1100)]


def test_words_of_later_segments_follow_those_of_earlier_ones() -> None:
    made = utterance(sent_ms=0, ends_at_us=0)
    second = Segment(3, "eeee")
    second.duration_ms = 300
    made.segments.append(second)
    assert made.word_times()[-1] == ("eeee", 1000, 1300)


def test_word_timings_decide_what_the_transcript_shows_as_heard() -> None:
    words = GREETING.split()
    late = tuple(e.WordTiming(word, 2000 + 10 * n, 2009 + 10 * n) for n, word in enumerate(words))
    driven = DrivenCall(voice=lambda text: Voices(timings=late)).run(500).connect()
    driven.run(1500)
    driven.caller_presses("1")
    driven.run(1)
    line = driven.agent_line("Welcome")
    assert (line.cut, line.heard) == (True, "")


# Marks


def test_heard_to_the_end_is_the_last_mark() -> None:
    driven = DrivenCall().run(500).connect().until_heard("Welcome")
    last = [event for _, event in driven.events if isinstance(event, e.MarkReturned)][-1]
    assert last.position_ms == len(GREETING) * 50
    assert driven.events[-1][1] == last
    assert driven.agent_line("Welcome").heard == GREETING


def test_a_lost_last_mark_is_replaced_by_the_clock_two_seconds_later() -> None:
    driven = DrivenCall().run(500)
    driven.phone.marks_return = False
    driven.connect().until_heard("Welcome")
    sent = [event for _, event in driven.events if isinstance(event, e.SoundSent)][-1]
    assert driven.now_us == sent.ends_at_us + 2_000_000
    assert driven.agent_line("Welcome").heard == GREETING


def test_a_lost_last_mark_is_missed_even_if_the_voice_ends_after_its_sound_was_sent() -> None:
    driven = DrivenCall(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = driven.ordered(c.StartSynthesis)
    driven.tell(e.SynthesisBegan(order.segment_id))
    driven.tell(e.SoundSent(order.utterance_id, 900, 900_000))
    driven.run(1500)
    driven.tell(e.SynthesisEnded(order.segment_id, 900))
    driven.until_heard("Welcome")
    assert driven.now_ms == 2900


def test_or_if_the_model_ends_its_reply_after_that() -> None:
    driven = answered(replies=[Says("Fine。", stalls=True)])
    driven.caller_says("hello there", for_ms=600)
    driven.until_playing("Fine")
    driven.phone.marks_return = False
    driven.run(1500).tell(e.ReplyEnded(driven.asked[0].reply_id))
    driven.until_heard("Fine")
    assert not driven.agent_line("Fine").cut


def test_the_last_mark_may_come_before_the_voice_says_that_it_is_done() -> None:
    driven = DrivenCall(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = driven.ordered(c.StartSynthesis)
    driven.tell(e.SynthesisBegan(order.segment_id))
    driven.tell(e.SoundSent(order.utterance_id, 900, 900_000))
    driven.run(1000)
    driven.tell(e.MarkReturned(0, order.utterance_id, 900))
    assert not driven.transcript
    driven.tell(e.SynthesisEnded(order.segment_id, 900))
    assert driven.agent_line("Welcome").heard == GREETING


def test_a_mark_of_a_cleared_generation_is_ignored() -> None:
    driven = playing(LONG, for_ms=1000)
    driven.caller_presses("1")
    driven.run(1)
    heard = driven.agent_line("We are open").heard
    driven.run(400)  # the carrier returns the rest of the marks
    assert driven.agent_line("We are open").heard == heard
    (clear,) = driven.ordered(c.ClearPlayout)
    assert clear.generation == 1


def test_a_returned_mark_may_bring_along_how_far_sound_was_sent() -> None:
    driven = DrivenCall(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = driven.ordered(c.StartSynthesis)
    driven.tell(e.SynthesisBegan(order.segment_id))
    driven.tell(e.SoundSent(order.utterance_id, 40, 40_000))
    driven.run(900)
    driven.tell(e.MarkReturned(0, order.utterance_id, 640, sent_ms=900, ends_at_us=driven.now_us + 260_000))
    driven.tell(e.MarkReturned(0, order.utterance_id, 900))
    assert not driven.transcript
    driven.tell(e.SynthesisEnded(order.segment_id, 900))
    assert driven.agent_line("Welcome").heard == GREETING


def test_a_mark_never_counts_for_more_than_was_sent() -> None:
    driven = playing(LONG, for_ms=1000)
    current = driven.ordered(c.StartSynthesis)[-1].utterance_id
    driven.tell(e.MarkReturned(0, current, 3800))
    driven.caller_presses("1")
    driven.run(1)
    assert driven.agent_line("We are open").cut


def test_after_a_clear_what_was_heard_is_the_last_mark_plus_the_clock() -> None:
    driven = playing(LONG, for_ms=1000)
    ear_ms = 1000  # the first frame is heard at once, and the phone never ran dry
    driven.caller_presses("1")
    driven.run(1)
    heard = driven.agent_line("We are open").heard
    following = LONG[len(heard) :].split(maxsplit=1)[0]
    assert len(heard) * 50 <= ear_ms < len(f"{heard} {following} ") * 50


def test_a_queue_of_utterances_is_heard_one_after_the_other() -> None:
    driven = answered(assistant=an_assistant(max_duration_s=9.0, warning_before_s=4.5))
    driven.caller_says("hello", for_ms=400)
    driven.until_heard("All right.").until_heard("half a minute")
    spoken = [line.text for line in driven.transcript if line.speaker == "agent"]
    assert spoken[-2:] == ["All right.", "We have half a minute left on this call."]


# Silence and other oddities


def test_an_utterance_without_sound_is_over_at_once() -> None:
    driven = DrivenCall(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = driven.ordered(c.StartSynthesis)
    driven.tell(e.SynthesisEnded(order.segment_id, 0))
    assert driven.agent_line("Welcome").heard == GREETING
    driven.run(8_100)
    assert "Are you still there?" in driven.said


def test_a_message_that_slips_out_after_the_hold_keeps_the_utterance_held() -> None:
    driven = playing(LONG, for_ms=1000)
    driven.caller_says("", for_ms=300)
    driven.until(c.HoldPlayout, 2)
    current = driven.ordered(c.StartSynthesis)[-1].utterance_id
    driven.tell(e.SoundSent(current, 1400, driven.now_us + 300_000))
    driven.until_heard("We are open")
    assert len(driven.ordered(c.ResumePlayout)) == 2

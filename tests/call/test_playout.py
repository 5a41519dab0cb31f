"""What was generated, what was sent, and what was heard."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.playout import Segment, Utterance

from .stage import GREETING, LONG, Says, Stage, Voices, an_assistant, answered, playing


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
    stage = Stage(voice=lambda text: Voices(timings=late)).run(500).connect()
    stage.run(1500)
    stage.caller_presses("1")
    stage.run(1)
    line = stage.agent_line("Welcome")
    assert (line.cut, line.heard) == (True, "")


# Marks


def test_heard_to_the_end_is_the_last_mark() -> None:
    stage = Stage().run(500).connect().until_heard("Welcome")
    last = [event for _, event in stage.events if isinstance(event, e.MarkReturned)][-1]
    assert last.position_ms == len(GREETING) * 50
    assert stage.events[-1][1] == last
    assert stage.agent_line("Welcome").heard == GREETING


def test_a_lost_last_mark_is_replaced_by_the_clock_two_seconds_later() -> None:
    stage = Stage().run(500)
    stage.mouth.marks_return = False
    stage.connect().until_heard("Welcome")
    sent = [event for _, event in stage.events if isinstance(event, e.SoundSent)][-1]
    assert stage.now_us == sent.ends_at_us + 2_000_000
    assert stage.agent_line("Welcome").heard == GREETING


def test_a_lost_last_mark_is_missed_even_if_the_voice_ends_after_its_sound_was_sent() -> None:
    stage = Stage(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = stage.ordered(c.StartSynthesis)
    stage.tell(e.SynthesisBegan(order.segment_id))
    stage.tell(e.SoundSent(order.utterance_id, 900, 900_000))
    stage.run(1500)
    stage.tell(e.SynthesisEnded(order.segment_id, 900))
    stage.until_heard("Welcome")
    assert stage.now_ms == 2900


def test_or_if_the_model_ends_its_reply_after_that() -> None:
    stage = answered(replies=[Says("Fine。", stalls=True)])
    stage.caller_says("hello there", for_ms=600)
    stage.until_playing("Fine")
    stage.mouth.marks_return = False
    stage.run(1500).tell(e.ReplyEnded(stage.asked[0].reply_id))
    stage.until_heard("Fine")
    assert not stage.agent_line("Fine").cut


def test_the_last_mark_may_come_before_the_voice_says_that_it_is_done() -> None:
    stage = Stage(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = stage.ordered(c.StartSynthesis)
    stage.tell(e.SynthesisBegan(order.segment_id))
    stage.tell(e.SoundSent(order.utterance_id, 900, 900_000))
    stage.run(1000)
    stage.tell(e.MarkReturned(0, order.utterance_id, 900))
    assert not stage.transcript
    stage.tell(e.SynthesisEnded(order.segment_id, 900))
    assert stage.agent_line("Welcome").heard == GREETING


def test_a_mark_of_a_cleared_generation_is_ignored() -> None:
    stage = playing(LONG, for_ms=1000)
    stage.caller_presses("1")
    stage.run(1)
    heard = stage.agent_line("We are open").heard
    stage.run(400)  # the carrier returns the rest of the marks
    assert stage.agent_line("We are open").heard == heard
    (clear,) = stage.ordered(c.ClearPlayout)
    assert clear.generation == 1


def test_a_returned_mark_may_bring_along_how_far_sound_was_sent() -> None:
    stage = Stage(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = stage.ordered(c.StartSynthesis)
    stage.tell(e.SynthesisBegan(order.segment_id))
    stage.tell(e.SoundSent(order.utterance_id, 40, 40_000))
    stage.run(900)
    stage.tell(e.MarkReturned(0, order.utterance_id, 640, sent_ms=900, ends_at_us=stage.now_us + 260_000))
    stage.tell(e.MarkReturned(0, order.utterance_id, 900))
    assert not stage.transcript
    stage.tell(e.SynthesisEnded(order.segment_id, 900))
    assert stage.agent_line("Welcome").heard == GREETING


def test_a_mark_never_counts_for_more_than_was_sent() -> None:
    stage = playing(LONG, for_ms=1000)
    current = stage.ordered(c.StartSynthesis)[-1].utterance_id
    stage.tell(e.MarkReturned(0, current, 3800))
    stage.caller_presses("1")
    stage.run(1)
    assert stage.agent_line("We are open").cut


def test_after_a_clear_what_was_heard_is_the_last_mark_plus_the_clock() -> None:
    stage = playing(LONG, for_ms=1000)
    ear_ms = 1000  # the first frame is heard at once, and the phone never ran dry
    stage.caller_presses("1")
    stage.run(1)
    heard = stage.agent_line("We are open").heard
    following = LONG[len(heard) :].split(maxsplit=1)[0]
    assert len(heard) * 50 <= ear_ms < len(f"{heard} {following} ") * 50


def test_a_queue_of_utterances_is_heard_one_after_the_other() -> None:
    stage = answered(assistant=an_assistant(max_duration_s=9.0, warning_before_s=4.5))
    stage.caller_says("hello", for_ms=400)
    stage.until_heard("All right.").until_heard("half a minute")
    spoken = [line.text for line in stage.transcript if line.speaker == "agent"]
    assert spoken[-2:] == ["All right.", "We have half a minute left on this call."]


# Silence and other oddities


def test_an_utterance_without_sound_is_over_at_once() -> None:
    stage = Stage(voice=lambda text: Voices(stalls=True)).connect()
    (order,) = stage.ordered(c.StartSynthesis)
    stage.tell(e.SynthesisEnded(order.segment_id, 0))
    assert stage.agent_line("Welcome").heard == GREETING
    stage.run(8_100)
    assert "Are you still there?" in stage.said


def test_a_message_that_slips_out_after_the_hold_keeps_the_utterance_held() -> None:
    stage = playing(LONG, for_ms=1000)
    stage.caller_says("", for_ms=300)
    stage.until(c.HoldPlayout, 2)
    current = stage.ordered(c.StartSynthesis)[-1].utterance_id
    stage.tell(e.SoundSent(current, 1400, stage.now_us + 300_000))
    stage.until_heard("We are open")
    assert len(stage.ordered(c.ResumePlayout)) == 2

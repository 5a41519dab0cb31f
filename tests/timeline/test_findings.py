"""What mattered, in sentences: every rule with a call that meets it, and none where nothing was unusual."""

from __future__ import annotations

from dataclasses import replace

from rapida.call.happenings import EndUnreported
from rapida.timeline.draw import CallFacts, draw
from rapida.timeline.findings import findings
from rapida.timeline.shapes import Failure, Finding, ReplyTimes, Span, SpokenLine, Timeline, ToolRun

from .test_draw import journal

QUIET = replace(
    draw(journal("barge-in"), CallFacts()),
    holds=(),
    findings=(),
    duration_ms=60_000,
    end_reason="caller_hangup",
)


def found(
    call: Timeline,
    *,
    filler_ms: int = 1500,
    usual_ms: int = 0,
    verified: bool | None = True,
    unreported: EndUnreported | None = None,
) -> list[Finding]:
    return list(
        findings(call, filler_ms=filler_ms, usual_ms=usual_ms, verified=verified, unreported=unreported)
    )


def sentences(call: Timeline, **more: object) -> list[str]:
    return [each.sentence for each in found(call, **more)]  # pyright: ignore[reportArgumentType]


def caller(kind: str, number: int) -> SpokenLine:
    return SpokenLine(50 + number, 20 + number, "caller", kind, "", "", False, None, None)


def test_where_nothing_was_unusual_one_sentence_says_so() -> None:
    assert sentences(QUIET) == ["Nothing unusual: 2 replies, slowest 1.00 s."]
    assert sentences(replace(QUIET, replies=())) == ["Nothing unusual: no replies."]


def test_a_barge_in_tells_how_fast_the_agent_was_quiet_and_what_was_lost() -> None:
    (told,) = draw(journal("barge-in"), CallFacts()).findings
    assert told.sentence == (
        "The caller spoke over the agent, which was quiet 500 ms later; 21 of 32 words were never heard."
    )
    assert (told.rule, told.start_ms, told.end_ms, told.turn_id) == ("barge_in", 3080, 3980, 4)


def test_a_false_barge_in_tells_how_long_the_agent_was_held_and_what_came_twice() -> None:
    (told,) = draw(journal("backchannel"), CallFacts()).findings
    assert told.sentence == "A sound without words held the agent for 0.90 s, and 100 ms were said again."


def test_a_failure_names_its_provider_and_what_followed() -> None:
    call = replace(
        QUIET,
        failures=(
            Failure("tts", "elevenlabs", 3_000, "the stream broke", for_good=False),
            Failure("stt", "", 63_500, "it refused the key", for_good=True),
        ),
    )
    assert sentences(call) == [
        "The voice (elevenlabs) failed at 00:03.0: the stream broke; it was tried again.",
        "The ear failed at 01:03.5: it refused the key; it served no more in this call.",
    ]


def test_a_tool_is_slow_from_the_filler_on_and_its_silence_is_what_the_caller_heard() -> None:
    spoken = replace(QUIET.lines[0], sound=(Span(11_000, 12_200),))
    call = replace(
        QUIET,
        lines=(spoken,),
        tools=(
            ToolRun(
                name="lookup", arguments="{}", start_ms=10_000, deadline_ms=15_000, end_ms=13_100, ok=True
            ),
            ToolRun(
                name="quick", arguments="{}", start_ms=20_000, deadline_ms=15_000, end_ms=21_500, ok=True
            ),
            ToolRun("stuck", "{}", 45_000, 15_000),
        ),
    )
    assert sentences(call) == [
        "`lookup` took 3.10 s; the caller heard nothing for 1.90 s of it.",
        "`stuck` did not answer within 15.0 s; the caller heard nothing for 15.0 s of it.",
    ]


def test_a_reply_is_slow_against_the_usual_and_names_the_stage_to_blame() -> None:
    slow = ReplyTimes(9, (30_000, 30_200, 30_700, 30_700, 32_100, 32_150, 32_250, 32_260, 32_300), 0)
    call = replace(QUIET, replies=(*QUIET.replies, slow))
    assert sentences(call, usual_ms=1000) == [
        "A reply took 2.30 s, usual are 1.00 s: 1.40 s of it were waited for the model's first token."
    ]
    assert found(call, usual_ms=1000)[0].turn_id == 9
    assert [each.rule for each in found(call, usual_ms=1600)] == ["nothing_unusual"]


def test_turns_without_words_are_counted() -> None:
    call = replace(QUIET, lines=(*QUIET.lines, caller("unclear", 0), caller("unclear", 1), caller("idle", 2)))
    assert sentences(call) == [
        "The caller could not be understood 2 times.",
        "The caller said nothing and was asked again once.",
    ]


def test_what_happened_around_the_call_is_told_too() -> None:
    unreported = EndUnreported("completed", "https://calls.example.com/v1/talk/twilio/event/4", "")
    call = replace(QUIET, end_reason="stream_lost")
    assert sentences(call, verified=False, unreported=unreported) == [
        "The stream was let in without a proved signature, as the settings say.",
        "The stream was lost at 01:00.0.",
        "The carrier never reported the end of the call; asked, it said 'completed'. It could not reach "
        "https://calls.example.com/v1/talk/twilio/event/4.",
    ]


def test_findings_stand_in_the_order_of_time() -> None:
    call = replace(
        draw(journal("barge-in"), CallFacts()),
        failures=(Failure("llm", "openai", 100, "away", for_good=False),),
        tools=(
            ToolRun(name="lookup", arguments="{}", start_ms=4_000, deadline_ms=15_000, end_ms=8_000, ok=True),
        ),
    )
    assert [each.rule for each in found(call)] == ["provider_failed", "barge_in", "slow_tool"]

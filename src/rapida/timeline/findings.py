"""What mattered in a call, by rule and never by a model: sentences with the cause, the effect, the number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..call.happenings import EndUnreported
from .shapes import Failure, Finding, Hold, ReplyTimes, Span, SpokenLine, Timeline, ToolRun

SLOW = 1.5
"""A reply that takes so many times the usual is heard as slow (the rule of the call page)."""
STAGES = (
    "the end of the caller's speech",
    "the transcript",
    "the end of the turn",
    "the model's first token",
    "the model's first sentence",
    "the voice",
    "the first frame",
    "the carrier's mark",
)
"""What a reply waited for between two of its boundaries."""
WORDLESS: dict[Literal["unclear", "idle"], str] = {
    "unclear": "could not be understood",
    "idle": "said nothing and was asked again",
}
"""What to tell of the caller's turns of these kinds."""
FAMILY = {"stt": "The ear", "llm": "The model", "tts": "The voice"}


def findings(
    call: Timeline, *, filler_ms: int, usual_ms: int, verified: bool | None, unreported: EndUnreported | None
) -> tuple[Finding, ...]:
    """All that was unusual, in the order of time; one sentence that says so where nothing was."""
    found = [
        *(_failure(each, call) for each in call.failures),
        *(_slow_tool(each, call) for each in call.tools if _took_ms(each, call) > filler_ms),
        *_holds(call),
        *_slow_replies(call, usual_ms),
        *_wordless(call),
        *_around(call, verified, unreported),
    ]
    if not found:
        found = [_nothing(call)]
    return tuple(sorted(found, key=lambda each: each.start_ms))


def _failure(failure: Failure, call: Timeline) -> Finding:
    who = f"{FAMILY[failure.family]}{f' ({failure.provider})' if failure.provider else ''}"
    effect = "it served no more in this call" if failure.for_good else "it was tried again"
    sentence = f"{who} failed at {_clock(failure.at_ms)}: {failure.reason}; {effect}."
    turn_id = _turn_at(call, failure.at_ms)
    return Finding("provider_failed", failure.at_ms, failure.at_ms, turn_id, sentence)


def _took_ms(tool: ToolRun, call: Timeline) -> int:
    return (call.duration_ms if tool.end_ms is None else tool.end_ms) - tool.start_ms


def _slow_tool(tool: ToolRun, call: Timeline) -> Finding:
    end_ms = tool.start_ms + _took_ms(tool, call)
    silent_ms = _uncovered_ms(Span(tool.start_ms, end_ms), _agent_sound(call))
    took = "did not answer within" if tool.end_ms is None else "took"
    sentence = (
        f"`{tool.name}` {took} {_seconds(end_ms - tool.start_ms)}; the caller heard nothing for "
        f"{_seconds(silent_ms)} of it."
    )
    return Finding("slow_tool", tool.start_ms, end_ms, _turn_at(call, tool.start_ms), sentence)


def _holds(call: Timeline) -> Iterator[Finding]:
    for hold in call.holds:
        end_ms = call.duration_ms if hold.end_ms is None else hold.end_ms
        if hold.verdict == "barge_in":
            yield Finding("barge_in", hold.start_ms, end_ms, hold.turn_id, _barge_in(hold, call))
        elif hold.verdict == "false_barge_in":
            again = f", and {hold.repeated_ms} ms were said again" if hold.repeated_ms else ""
            sentence = f"A sound without words held the agent for {_seconds(end_ms - hold.start_ms)}{again}."
            yield Finding("false_barge_in", hold.start_ms, end_ms, hold.turn_id, sentence)


def _barge_in(hold: Hold, call: Timeline) -> str:
    """How fast the agent was quiet, and what it did not get to say."""
    by = "pressed a key" if hold.by == "key" else "spoke"
    cut = next((line for line in call.lines if line.cut and line.end_ms and _touches(line, hold)), None)
    # A key is obeyed at once: there is no delay to tell of.
    onset_ms = None if hold.by == "key" else _onset_ms(hold, call)
    said = f"The caller {by} over the agent"
    if cut is None or cut.end_ms is None:
        return f"{said}."
    quiet = "" if onset_ms is None else f", which was quiet {max(0, cut.end_ms - onset_ms)} ms later"
    unheard = len(cut.text.split()) - len(cut.heard.split())
    return f"{said}{quiet}; {unheard} of {len(cut.text.split())} words were never heard."


def _onset_ms(hold: Hold, call: Timeline) -> int | None:
    """When the voice rose for which the agent stopped."""
    return max((each.start_ms for each in call.speech if each.start_ms <= hold.start_ms), default=None)


def _touches(line: SpokenLine, hold: Hold) -> bool:
    starts_ms, ends_ms = line.start_ms or 0, line.end_ms or 0
    return starts_ms <= hold.start_ms <= ends_ms + 1000


def _slow_replies(call: Timeline, usual_ms: int) -> Iterator[Finding]:
    for reply in call.replies:
        took_ms = _wait_ms(reply)
        if usual_ms and took_ms > SLOW * usual_ms:
            parts = [b - a for a, b in zip(reply.boundaries_ms, reply.boundaries_ms[1:], strict=False)]
            longest = max(range(len(parts)), key=parts.__getitem__)
            sentence = (
                f"A reply took {_seconds(took_ms)}, usual are {_seconds(usual_ms)}: "
                f"{_seconds(parts[longest])} of it were waited for {STAGES[longest]}."
            )
            yield Finding(
                "slow_reply", reply.boundaries_ms[0], reply.boundaries_ms[-1], reply.turn_id, sentence
            )


def _wordless(call: Timeline) -> Iterator[Finding]:
    """Turns that could not be understood, and those that never came, each kind in one sentence."""
    for rule, told in WORDLESS.items():
        lines = [line for line in call.lines if line.speaker == "caller" and line.kind == rule]
        if lines:
            first = lines[0]
            at_ms = first.start_ms if first.start_ms is not None else _after(call, first)
            times = "once" if len(lines) == 1 else f"{len(lines)} times"
            yield Finding(rule, at_ms, at_ms, first.turn_id, f"The caller {told} {times}.")


def _after(call: Timeline, line: SpokenLine) -> int:
    """Where a line without sound of its own stands: behind what ended before it was written."""
    return max((each.end_ms or 0 for each in call.lines if each.id and each.id < line.id), default=0)


def _around(call: Timeline, verified: bool | None, unreported: EndUnreported | None) -> Iterator[Finding]:
    if call.end_reason == "stream_lost":
        at_ms = call.duration_ms
        yield Finding("stream_lost", at_ms, at_ms, 0, f"The stream was lost at {_clock(at_ms)}.")
    if verified is False:
        sentence = "The stream was let in without a proved signature, as the settings say."
        yield Finding("unverified", 0, 0, 0, sentence)
    if unreported is not None:
        at_ms = call.duration_ms
        sentence = (
            f"The carrier never reported the end of the call; asked, it said {unreported.status!r}. "
            f"It could not reach {unreported.url}."
        )
        yield Finding("unreported", at_ms, at_ms, 0, sentence)


def _nothing(call: Timeline) -> Finding:
    if not call.replies:
        return Finding("nothing_unusual", 0, call.duration_ms, 0, "Nothing unusual: no replies.")
    slowest = max(call.replies, key=_wait_ms)
    replies = "1 reply" if len(call.replies) == 1 else f"{len(call.replies)} replies"
    sentence = f"Nothing unusual: {replies}, slowest {_seconds(_wait_ms(slowest))}."
    return Finding("nothing_unusual", 0, call.duration_ms, slowest.turn_id, sentence)


def _wait_ms(reply: ReplyTimes) -> int:
    return reply.boundaries_ms[-1] - reply.boundaries_ms[0]


def _agent_sound(call: Timeline) -> list[Span]:
    return sorted((span for line in call.lines for span in line.sound), key=lambda span: span.start_ms)


def _uncovered_ms(span: Span, sounds: list[Span]) -> int:
    """How much of a span no sound covers; the sounds come in order and do not overlap."""
    covered = sum(
        max(0, min(each.end_ms, span.end_ms) - max(each.start_ms, span.start_ms)) for each in sounds
    )
    return span.end_ms - span.start_ms - covered


def _turn_at(call: Timeline, at_ms: int) -> int:
    """The turn that an instant belongs to: of the caller's last line before it."""
    before = [line for line in call.lines if line.turn_id and (line.start_ms or 0) <= at_ms]
    return before[-1].turn_id if before else 0


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.2f} s" if ms < 10_000 else f"{ms / 1000:.1f} s"


def _clock(ms: int) -> str:
    return f"{ms // 60_000:02d}:{ms % 60_000 / 1000:04.1f}"

"""What a timeline is made of. Every `*_ms` is a place on the axis of the call's recording: its zero is the
carrier's media timestamp 0. None stands where something never sounded or is not over yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["barge_in", "false_barge_in", "went_on", "open"]
"""How a hold ended: the caller took the floor, had no words, or went on with the turn before; or not yet."""
Rule = Literal[
    "provider_failed",
    "stream_lost",
    "slow_tool",
    "barge_in",
    "false_barge_in",
    "slow_reply",
    "unclear",
    "idle",
    "unverified",
    "unreported",
    "nothing_unusual",
]


@dataclass(frozen=True)
class Span:
    """A stretch of sound."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class SpokenWord:
    """A word of the agent. `heard` = all of it reached the ear."""

    text: str
    heard: bool
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True)
class SpokenLine:
    """A line of the transcript where it was spoken. `id` is 0 while the agent still speaks it.

    `sound` has the agent's stretches, with a hole where the playout was held. `words` are the agent's: how an
    STT divides a caller's line in time is not kept.
    """

    id: int
    turn_id: int
    speaker: Literal["caller", "agent"]
    kind: str
    text: str
    heard: str
    cut: bool
    start_ms: int | None
    end_ms: int | None
    sound: tuple[Span, ...] = ()
    words: tuple[SpokenWord, ...] = ()


@dataclass(frozen=True)
class Hold:
    """The agent stopped for a sound of the caller. `repeated_ms` of its own sound were played once more."""

    start_ms: int
    end_ms: int | None
    verdict: Verdict
    by: Literal["", "key", "words", "speech"]
    turn_id: int
    repeated_ms: int = 0


@dataclass(frozen=True)
class ReplyTimes:
    """One reply from the caller's last sound to its own first mark.

    `boundaries_ms` are nine: last caller sound, stop decided, transcript final, turn confirmed, first token,
    first sentence, first sound, first frame, first mark. `saved_ms` is what speculation saved.
    """

    turn_id: int
    boundaries_ms: tuple[int, ...]
    saved_ms: int


@dataclass(frozen=True)
class ToolRun:
    """A tool from its start to its result. `arguments` is JSON text, `result` what the model read."""

    name: str
    arguments: str
    start_ms: int
    deadline_ms: int
    end_ms: int | None = None
    ok: bool | None = None
    result: str = ""


@dataclass(frozen=True)
class Key:
    """A key of the caller; a secret one is `digit#N` or `terminator`."""

    at_ms: int
    key: str


@dataclass(frozen=True)
class Mute:
    """Secret digits were typed: nothing of the caller was transcribed or recorded.

    `judged_ms` is when the digits were complete; the caller's leg is silent until `end_ms`.
    """

    start_ms: int
    judged_ms: int | None
    end_ms: int | None


@dataclass(frozen=True)
class Service:
    """A provider of the call, by family and catalogue name."""

    family: Literal["stt", "llm", "tts"]
    provider: str


@dataclass(frozen=True)
class Failure:
    """A provider refused, broke off or was silent. `for_good` = it served no more in this call."""

    family: Literal["stt", "llm", "tts"]
    provider: str
    at_ms: int
    reason: str
    for_good: bool


@dataclass(frozen=True)
class ReportedStatus:
    """What the carrier reported, when it came."""

    at_ms: int
    about: str
    status: str
    reason: str
    sequence: int | None


@dataclass(frozen=True)
class Finding:
    """Something that mattered, found by a rule: a sentence with the cause, the effect and the number."""

    rule: Rule
    start_ms: int
    end_ms: int
    turn_id: int
    sentence: str


@dataclass(frozen=True)
class Timeline:
    """A whole call, or as much of it as has happened.

    `started_at` is the wall clock (UTC, RFC 3339) of the axis' zero. `whole` is false for a call in progress
    and for a journal that stops before its call did.
    """

    conversation_id: int
    assistant_id: int
    version: int
    started_at: str
    zone: str
    duration_ms: int
    end_reason: str
    whole: bool
    lines: tuple[SpokenLine, ...]
    speech: tuple[Span, ...]
    holds: tuple[Hold, ...]
    replies: tuple[ReplyTimes, ...]
    tools: tuple[ToolRun, ...]
    keys: tuple[Key, ...]
    mutes: tuple[Mute, ...]
    services: tuple[Service, ...]
    failures: tuple[Failure, ...]
    callbacks: tuple[ReportedStatus, ...]
    findings: tuple[Finding, ...]

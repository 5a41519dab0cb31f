"""What the shell tells the call core: facts, in the past tense.

Positions (`*_ms` named `at`, `start`, `end`, `position`) lie on the caller's sound timeline, which is the
carrier's `media.timestamp`; positions within an utterance count that utterance's own sound. Instants are the
`now` that accompanies an event: integer microseconds since the call's zero. Each operation the core started
(`reply_id`, `segment_id`, …) comes back in the events about it, so that an event of a cancelled one is known
as stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Event(Struct, frozen=True, tag=True):
    """The root of every event; journals store them tagged with their class name."""


# The line ---------------------------------------------------------------------------------------------------


class Connected(Event, frozen=True):
    """The carrier's stream has started: sound may flow both ways."""


class CarrierStopped(Event, frozen=True):
    """The carrier said the stream is over (its `stop`): the caller hung up, or we did."""


class CarrierClosed(Event, frozen=True):
    """The media socket is gone. `code` is the close code, 1006 when there was none."""

    code: int


class StatusReported(Event, frozen=True):
    """A terminal call status came by callback: completed, busy, failed, no-answer or canceled."""

    status: str


class HangUpRequested(Event, frozen=True):
    """A person or the drain of the server asks for the end of the call."""

    by: Literal["operator", "drain"]


class ShellFailed(Event, frozen=True):
    """A bug in the shell; the call ends as `internal_error`."""

    where: str


class TransferAccepted(Event, frozen=True):
    """The carrier hands the caller over as ordered: it will end the stream."""


class TransferFailed(Event, frozen=True):
    """The carrier does not hand the caller over; the stream goes on."""

    reason: str


class CarrierSilent(Event, frozen=True):
    """The carrier does not say the last sentence; the stream goes on."""

    reason: str


class TimerDue(Event, frozen=True):
    """The instant `Call.deadline_us` has passed and nothing else happened."""


# The caller's sound -----------------------------------------------------------------------------------------


class SoundStarted(Event, frozen=True):
    """The first frame of caller sound arrived; it ends at `position_ms`."""

    position_ms: int


class SoundReached(Event, frozen=True):
    """Received sound has passed `Call.sound_deadline_ms`; it now ends at `position_ms`."""

    position_ms: int


class SoundStalled(Event, frozen=True):
    """No caller sound for one second; received sound still ends at `position_ms`."""

    position_ms: int


class VoiceRose(Event, frozen=True):
    """The voice detector went from no voice to voice at `at_ms`. `level_db` is dBFS there."""

    at_ms: int
    level_db: float = -30.0


class VoiceFell(Event, frozen=True):
    """The voice detector went from voice to none; the last voice was at `at_ms`."""

    at_ms: int


class KeyPressed(Event, frozen=True):
    """A keypad key: one of `0-9*#`, or, while sensitive digits are collected, `digit#N` / `terminator`."""

    key: str


class CallerWrote(Event, frozen=True):
    """The caller has typed a line, whole, in place of saying it. `text` is not empty."""

    text: str


class DigitsJudged(Event, frozen=True):
    """The toolbox has looked at the sensitive digits it holds."""

    collection_id: int
    valid: bool


# What the caller said ---------------------------------------------------------------------------------------


class TranscriptChanged(Event, frozen=True):
    """An interim transcript of the caller's sound between two positions; it replaces the one before it."""

    text: str
    start_ms: int
    end_ms: int


class TranscriptFinal(Event, frozen=True):
    """A final transcript of the caller's sound between two positions. Empty = heard, but no words."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float = 1.0


class TranscriptionFinished(Event, frozen=True):
    """The STT has given every final it has for what `FinishTranscription` asked."""

    transcription_id: int


class TranscriptionRefused(Event, frozen=True):
    """The STT could not take the work just now (a full queue): the caller is asked again."""

    transcription_id: int


class TranscriptionBroke(Event, frozen=True):
    """The STT's stream broke and is being replaced: what it had not settled is transcribed again."""

    reason: str
    provider: str = ""
    """Its catalogue name; empty in journals that are older than this field."""


class TranscriptionFailed(Event, frozen=True):
    """The STT failed for good: nothing more of this call will be transcribed."""

    reason: str
    provider: str = ""
    """Its catalogue name; empty in journals that are older than this field."""


class TurnEndJudged(Event, frozen=True):
    """The turn-end model's verdict on `JudgeTurnEnd`."""

    judgement_id: int
    complete: bool
    pause_ms: int | None = None
    """How long a pause ends the turn; None = at once when complete, else `incomplete_ms`."""


# What the model said ----------------------------------------------------------------------------------------


class ReplyDelta(Event, frozen=True):
    """A piece of the reply's text."""

    reply_id: int
    text: str


class ToolCalled(Event, frozen=True):
    """The model wants a tool. `call_id` is the model's own name for the request, `arguments` JSON text."""

    reply_id: int
    call_id: str
    name: str
    arguments: str


class Question(Struct, frozen=True):
    """What the model expects to hear next; it sharpens the ear and sets the keypad for one turn."""

    kind: Literal["free", "yes_no", "choice", "digits", "phone", "date"] = "free"
    phrases: tuple[str, ...] = ()
    """What a caller may say, for a recogniser that works from a grammar."""
    also: tuple[str, ...] = ()
    """Other wordings that count, for a recogniser that hears free speech."""
    keys: str = ""
    """Keys that answer at once (`"12"` for "press 1 or 2")."""
    min_digits: int = 0
    max_digits: int = 0
    """0 = no digits expected."""
    terminator: str = "#"
    sensitive: bool = False
    """The digits must be seen by nobody but the toolbox."""
    check: Literal["", "luhn"] = ""
    silence_ms: int = 0
    """Overrides the assistant's `silence_ms` when not 0."""
    barge_in: Literal["", "always", "words", "never"] = ""
    """Overrides the assistant's `barge_in` for this reply's utterance when not empty."""
    reprompt: str = ""
    """Spoken instead of the assistant's messages when the answer is unclear or does not come."""
    takes_unclear: bool = False
    """The model itself wants to handle an unclear answer (a turn of kind `unclear`)."""


class QuestionAsked(Event, frozen=True):
    """The reply ends in this question."""

    reply_id: int
    question: Question


class ReplyEnded(Event, frozen=True):
    """The reply is complete. Token counts are 0 where the model does not tell."""

    reply_id: int
    input_tokens: int = 0
    output_tokens: int = 0
    cut_short: str = ""
    """Why the model stopped before it was through (`length`); empty = it was."""


class ReplyFailed(Event, frozen=True):
    """The model failed; `retryable` says whether asking again may help."""

    reply_id: int
    reason: str
    retryable: bool
    retry_after_ms: int = 0
    """How long it asks to be left alone; 0 = it does not."""
    provider: str = ""
    """Its catalogue name; empty in journals that are older than this field."""


class ToolFinished(Event, frozen=True):
    """A tool's result, as the text the model will read. `ok` is false when the text describes a failure."""

    tool_id: int
    result: str
    ok: bool = True


# What the voice did -----------------------------------------------------------------------------------------


class WordTiming(Struct, frozen=True, array_like=True):
    """Where a word lies in its segment's sound."""

    word: str
    start_ms: int
    end_ms: int


class SynthesisBegan(Event, frozen=True):
    """The first sound of a segment is there."""

    segment_id: int


class SynthesisProgressed(Event, frozen=True):
    """More sound of a segment arrived (told at most once a second): the stream is alive."""

    segment_id: int


class SynthesisEnded(Event, frozen=True):
    """All of a segment's sound is there. `words` is empty where the voice gives no timings."""

    segment_id: int
    duration_ms: int
    words: tuple[WordTiming, ...] = ()


class SynthesisFailed(Event, frozen=True):
    """The voice failed on a segment; `retryable` says whether asking again may help."""

    segment_id: int
    reason: str
    retryable: bool
    provider: str = ""
    """Its catalogue name; empty in journals that are older than this field."""


class SoundSent(Event, frozen=True):
    """Utterance sound up to `sent_ms` is on the socket; the phone will run dry at `ends_at_us`."""

    utterance_id: int
    sent_ms: int
    ends_at_us: int


class MarkReturned(Event, frozen=True):
    """The carrier echoed a mark that stands at `position_ms` of an utterance.

    It brings along how far the utterance has been sent by now, as `SoundSent` would tell; 0 = told already.
    A mark within an utterance may be told late, with the next event; `at_us` is when it came; 0 = just now.
    """

    generation: int
    utterance_id: int
    position_ms: int
    sent_ms: int = 0
    ends_at_us: int = 0
    at_us: int = 0


# Which are about what, and matter when ---------------------------------------------------------------------

OPERATION: Mapping[type[Event], str] = {
    DigitsJudged: "collection_id",
    TranscriptionFinished: "transcription_id",
    TranscriptionRefused: "transcription_id",
    TurnEndJudged: "judgement_id",
    ReplyDelta: "reply_id",
    ToolCalled: "reply_id",
    QuestionAsked: "reply_id",
    ReplyEnded: "reply_id",
    ReplyFailed: "reply_id",
    ToolFinished: "tool_id",
    SynthesisBegan: "segment_id",
    SynthesisProgressed: "segment_id",
    SynthesisEnded: "segment_id",
    SynthesisFailed: "segment_id",
    SoundSent: "utterance_id",
    MarkReturned: "utterance_id",
}
"""The field by which an event names the operation that it is about: the core must have started it."""

IN_STREAM = (
    SoundStarted,
    SoundReached,
    SoundStalled,
    VoiceRose,
    VoiceFell,
    KeyPressed,
    CallerWrote,
    SoundSent,
    MarkReturned,
)
"""Events that need a stream; while ringing there is none."""

WHILE_CLOSING = (
    CarrierStopped,
    CarrierClosed,
    CarrierSilent,
    StatusReported,
    HangUpRequested,
    ShellFailed,
    TimerDue,
    TranscriptFinal,
)
"""Once the hang-up is ordered only these still matter. Final words are then written down and not answered."""

"""What the call core orders: each command starts, cancels or enqueues; none is awaited."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from .events import Question


class Command(Struct, frozen=True, tag=True):
    """The root of every command; journals store them tagged with their class name."""


class ToolRequest(Struct, frozen=True):
    """A tool call as the model made it, kept in its memory."""

    call_id: str
    name: str
    arguments: str


Unasked = Literal["", "broken", "results"]
"""Why the model is asked where the caller has said nothing new: for the rest of a reply that broke off, or to
speak of a tool's late result."""


class Message(Struct, frozen=True, omit_defaults=True):
    """One entry of the model's memory: what was said *and heard*, or a tool's result."""

    role: Literal["user", "assistant", "tool"]
    text: str
    kind: Literal["said", "keys", "unclear", "idle", "opening"] = "said"
    """For the user's: spoken, typed, or the lack of an answer (`text` is then empty)."""
    note: Unasked = ""
    """For the user's, who has said nothing new."""
    tools: tuple[ToolRequest, ...] = ()
    call_id: str = ""
    cut: bool = False
    """For the assistant's: the caller interrupted, and `text` is only what was heard."""
    ok: bool = True
    """For a tool's: false when `text` describes a failure."""


# The ear ----------------------------------------------------------------------------------------------------


class FinishTranscription(Command, frozen=True):
    """Speech between two positions is over: let the STT say its last word on it."""

    transcription_id: int
    start_ms: int
    end_ms: int
    question: Question


class JudgeTurnEnd(Command, frozen=True):
    """Ask the turn-end model whether the caller, silent since `end_ms`, has finished."""

    judgement_id: int
    end_ms: int
    text: str = ""
    """All that the turn says so far, for a model that reads; empty for one that listens."""
    question: Question = Question()


class DiscountVoice(Command, frozen=True):
    """Voice between two positions had no words: hear no voice in what is no louder, while it lasts."""

    start_ms: int
    end_ms: int


class CollectSensitive(Command, frozen=True):
    """From now on give the core tokens instead of keys, and mute the STT and both recorded legs."""

    collection_id: int
    question: Question


class JudgeDigits(Command, frozen=True):
    """The sensitive digits are complete: validate them (`DigitsJudged` answers) and lift the STT's mute.

    Keys stay tokens, and are kept no more: a number typed once more is as secret as before. So the caller's
    recorded leg stays mute, and only the agent's is recorded again.
    """

    collection_id: int


class StopCollecting(Command, frozen=True):
    """Forget a sensitive collection and lift the mute."""

    collection_id: int


class ReleaseKeys(Command, frozen=True):
    """A judged collection's answer was given, or another question asked: tell keys, and record all again."""

    collection_id: int


# The model and its tools ------------------------------------------------------------------------------------


class StartReply(Command, frozen=True):
    """Ask the model for a reply. `turn_id` stays the same when the same turn is answered again."""

    reply_id: int
    turn_id: int
    memory: tuple[Message, ...]
    speculative: bool = False
    tools: bool = True
    """False = it has used enough of them for this turn and must answer with what it knows."""


class CancelReply(Command, frozen=True):
    """Stop a reply's stream; its later events are stale."""

    reply_id: int


class StartTool(Command, frozen=True):
    """Run a tool; once started it finishes, or fails at its deadline."""

    tool_id: int
    name: str
    arguments: str
    deadline_ms: int


# The voice --------------------------------------------------------------------------------------------------


class StartSynthesis(Command, frozen=True):
    """Turn a segment's text into sound and queue it behind what this utterance already has."""

    segment_id: int
    utterance_id: int
    text: str


class CancelSynthesis(Command, frozen=True):
    """Drop a segment: stop its synthesis, discard its sound that was not sent."""

    segment_id: int


class FinishUtterance(Command, frozen=True):
    """No further segment will follow: put a mark at the utterance's end once its last sound is sent.

    When segments are cancelled and started anew (a second try after a failure) it is ordered again.
    """

    utterance_id: int


class HoldPlayout(Command, frozen=True):
    """Send no more frames; keep what is unsent; clear nothing."""


class ResumePlayout(Command, frozen=True):
    """Go on sending, from the first unsent byte or from `from_ms` of `utterance_id`'s own sound."""

    utterance_id: int
    from_ms: int | None = None


class TakeBackPlayout(Command, frozen=True):
    """While held: empty the phone's buffer, but keep the sound; `ResumePlayout` says from where it goes on.

    Marks now belong to `generation`.
    """

    generation: int


class ClearPlayout(Command, frozen=True):
    """Drop everything unsent, empty the phone's buffer, hold no longer; marks now belong to `generation`."""

    generation: int


# The line and the record ------------------------------------------------------------------------------------


class Transfer(Command, frozen=True):
    """Hand the caller over to another number through the carrier.

    `TransferAccepted` or `TransferFailed` answers.
    """

    to: str


class LetCarrierSay(Command, frozen=True):
    """The voice is gone: let the carrier say the last sentence in its own, and hang up; the stream ends.

    `CarrierSilent` answers if it does not.
    """

    text: str


class CloseStream(Command, frozen=True):
    """Close the media socket normally: the carrier then runs on to the end of its document."""


class CompleteCall(Command, frozen=True):
    """End the call through the carrier's REST interface (already over = done)."""


class Entry(Struct, frozen=True, omit_defaults=True):
    """One line of the transcript as heard."""

    speaker: Literal["caller", "agent"]
    text: str
    """What was said; for the agent, all of it, heard or not."""
    heard: str = ""
    """For the agent: the part that reached the ear."""
    kind: Literal["said", "keys", "unclear", "idle", "opening", "backchannel"] = "said"
    cut: bool = False


class Stages(Struct, frozen=True):
    """Where one reply's time went, in microseconds; the parts sum to `total_us` exactly."""

    stop_us: int
    """last caller speech → speech stop decided"""
    final_us: int
    """→ transcript final"""
    confirm_us: int
    """→ turn confirmed"""
    token_us: int
    """→ first token"""
    sentence_us: int
    """→ first sentence"""
    sound_us: int
    """→ first byte of sound"""
    frame_us: int
    """→ first frame on the socket"""
    mark_us: int
    """→ first mark"""
    total_us: int
    saved_us: int = 0
    """Time that speculation saved; not part of the sum."""


class RecordEntry(Command, frozen=True):
    """Write a transcript line; a later one with the same `entry_id` replaces it."""

    entry_id: int
    turn_id: int
    entry: Entry


class RecordStages(Command, frozen=True):
    """Write a turn's latency stages."""

    turn_id: int
    stages: Stages


EndReason = Literal[
    "caller_hangup",
    "agent_hangup",
    "operator_hangup",
    "transfer",
    "idle",
    "unclear",
    "max_duration",
    "provider_failure",
    "stream_lost",
    "carrier_failure",
    "drained",
    "internal_error",
]


class RecordBargeIn(Command, frozen=True):
    """The caller took the floor from what was being heard: by a key, by words, or by speech that lasted.

    Speech alone makes the agent stop; that it was a barge-in is known when it proves to have words.
    """

    by: Literal["key", "words", "speech"]


class RecordFalseBargeIn(Command, frozen=True):
    """The agent was held, or had stopped, for a sound that proved to be no interruption, and goes on."""


LLM_FAILED: Final = "llm failed"
"""The model's answer was a failure: it was empty."""
CUT_SHORT: Final = "reply cut short"
"""The model ended its answer before its end."""


class Note(Command, frozen=True):
    """Keep among the call's events what happened, and what of it a person should know."""

    kind: Literal["llm failed", "reply cut short"]
    detail: str


class EndCall(Command, frozen=True):
    """The call is over; the last command of every call, given once."""

    reason: EndReason

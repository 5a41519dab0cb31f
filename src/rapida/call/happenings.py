"""What happened in a call besides its transcript: one Struct for each kind, with the facts of it.

The page of a call, and whatever else tells of calls, is drawn from these. To tell more about a call is one
more Struct here, named in `Happening`. Each is kept as JSON with its kind in `kind`: the Struct's name in
snake case. None holds a secret: of a bug only the name is kept, of a tool's failure not the reason, of a
secret key its number.
"""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

from msgspec import Struct


def _kind(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class _Kept(Struct, frozen=True, omit_defaults=True, tag_field="kind", tag=_kind):
    """The root of every kind."""


# The providers ----------------------------------------------------------------------------------------------

Family = Literal["llm", "stt", "tts", "turn_end", "telephony"]


class ProvidersNotReady(_Kept, frozen=True):
    """Before the first word a provider could not be made ready, by its own fault or its configuration's.

    Of the latter are an address that is not allowed, a model file that is not known and a missing credential.
    """

    reason: str


class ProviderFailed(_Kept, frozen=True):
    """A provider refused, broke off or was silent during the call, or a model answered with nothing.

    Of `telephony`: the carrier refused, or did not answer, what the call asked of it. All are counted as
    `rapida_provider_failures_total`.
    """

    family: Family
    reason: str
    provider: str = ""
    """Its name in the catalogue; empty where an older version kept it."""
    retryable: bool | None = None
    """Whether asking again may help; None where an older version kept it."""


class ReplyCutShort(_Kept, frozen=True):
    """The model ended its answer too early, as at its `max_tokens`; its last whole sentence was spoken."""

    reason: str


ToolEnd = Literal["answered", "failed", "late", "misused"]
"""How a tool ended; `misused` = the model gave it arguments that it cannot take."""


class ToolAnswered(_Kept, frozen=True):
    """A tool answered.

    What it was given and what the model read are kept to their first 2,000 characters, with words in place of
    sensitive digits; an older version kept neither.
    """

    tool: str
    arguments: str = ""
    """JSON text."""
    result: str = ""
    took_ms: int | None = None


class ToolFailed(_Kept, frozen=True):
    """A tool failed, was late (its deadline), or was given arguments by the model that it cannot take."""

    tool: str
    end: Literal["failed", "late", "misused"] = "failed"
    """`failed` in any case where an older version kept it."""
    arguments: str = ""
    """As of one that answered. Why it failed may hold a secret of its server's, and is not kept."""
    took_ms: int | None = None


class VariablesMissing(_Kept, frozen=True):
    """These `{{names}}` had no value in this call."""

    names: tuple[str, ...]


# The caller -------------------------------------------------------------------------------------------------


class BargeIn(_Kept, frozen=True):
    """The caller took the floor from the agent, by a key, by words, or by speech of yet unknown words."""

    by: Literal["key", "words", "speech"]


class FalseBargeIn(_Kept, frozen=True):
    """The agent was held, or had stopped, for a sound that proved to be no interruption, and went on."""


class NoiseDiscounted(_Kept, frozen=True):
    """So much voice had no words: what is no louder is not heard as voice while it lasts."""

    voice_ms: int


class CallerPressedKey(_Kept, frozen=True):
    """The caller pressed a key; a secret one is kept as its number alone."""

    key: str


# The line ---------------------------------------------------------------------------------------------------


class StatusLearned(_Kept, frozen=True):
    """The call was told, while it was held here, how the carrier says that it ended."""

    status: str


class TransferAsked(_Kept, frozen=True):
    """The carrier was asked to connect the caller with another number."""

    to: str


class TransferAgreed(_Kept, frozen=True):
    """The carrier connects the caller with the other number."""


class TransferRefused(_Kept, frozen=True):
    """The carrier does not connect the caller with the other number; the call goes on."""

    reason: str


class LeftToCarrier(_Kept, frozen=True):
    """The carrier was to say this sentence, since our voice could not."""

    text: str


class StreamRefused(_Kept, frozen=True):
    """The carrier's media socket was not let in."""

    reason: str


class StreamLost(_Kept, frozen=True):
    """The stream broke or fell silent, and the carrier never said that it was over."""

    code: int | None = None
    """The socket's close code, 1006 when there was none; None where it stayed open without sound."""


class CarrierReported(_Kept, frozen=True):
    """The carrier's callback of this kind; what it did not say is left out."""

    about: Literal["call", "stream", "machine", "recording"]
    status: str = ""
    """The carrier's own word."""
    reason: str = ""
    sequence: int | None = None
    """The carrier's order of the call's callbacks, which arrive in any order."""
    stream_id: str = ""
    recording_id: str = ""
    recording_url: str = ""
    answered_by: str = ""
    duration_s: int | None = None
    sip_code: int | None = None
    error_code: int | None = None


class EndUnreported(_Kept, frozen=True):
    """The carrier never reported the call's end: where it should have, and what it said when asked."""

    status: str
    url: str
    reason: str


# The dial ---------------------------------------------------------------------------------------------------


class DialFailed(_Kept, frozen=True):
    """The call was never dialled; of `unknown`, nobody knows whether it was."""

    end: Literal["refused", "expired", "operator_hangup", "unknown"]
    reason: str


# Our own faults ---------------------------------------------------------------------------------------------


class CallBroken(_Kept, frozen=True):
    """A bug ended the call; the name of its error is kept, the log has the rest."""

    error: str


class IllegalEventIgnored(_Kept, frozen=True):
    """An event came that its state does not foresee, which is a bug; the call went on as if it had not.

    It is kept once for each event and state.
    """

    event: str
    state: str


class OtherHappening(_Kept, frozen=True):
    """What this version has no kind for: an older or a newer one kept it."""

    name: str
    detail: dict[str, Any] = {}


Happening = (
    ProvidersNotReady
    | ProviderFailed
    | ReplyCutShort
    | ToolAnswered
    | ToolFailed
    | VariablesMissing
    | BargeIn
    | FalseBargeIn
    | NoiseDiscounted
    | CallerPressedKey
    | StatusLearned
    | TransferAsked
    | TransferAgreed
    | TransferRefused
    | LeftToCarrier
    | StreamRefused
    | StreamLost
    | CarrierReported
    | EndUnreported
    | DialFailed
    | CallBroken
    | IllegalEventIgnored
    | OtherHappening
)
"""Anything that happened in a call."""

KINDS: tuple[type[Happening], ...] = get_args(Happening)
"""Every kind, in the order of this file."""


def kind_of(struct: type[Happening]) -> str:
    """What `kind` says of a Struct's values."""
    return str(struct.__struct_config__.tag)

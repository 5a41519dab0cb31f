"""What a carrier asks over HTTP: whose request it is, what proves it, and what it says of a call.

Each carrier writes its own fields and words. Its `Webhooks` read them into the values here, in the words that
records, pages and metrics have for every carrier. Whose secret to try, and what follows from a request, is
decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Literal, Protocol

CallbackKind = Literal["call", "stream", "machine", "recording"]

ORDER: Final = ("queued", "initiated", "ringing", "in-progress")
"""The statuses of a call that is not over, in the order in which they come."""
TERMINAL: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""The statuses of a call that is over. A status that stands in neither says nothing of the order."""
STREAM_STARTED: Final = "stream-started"
STREAM_STOPPED: Final = "stream-stopped"

Answerer = Literal["", "person", "machine", "fax"]
"""Who or what took a call; "" = the carrier does not say, or cannot tell."""


@dataclass(frozen=True)
class CarrierRequest:
    """A carrier's HTTP request as it came: the path undecoded, header names in lower case, the body whole."""

    carrier: str
    """At whose address it came, as the catalogue names it."""
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    def url(self, host: str) -> str:
        """The address that was asked, had it been asked at `host`."""
        return f"https://{host}{self.path}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True)
class SigningKeys:
    """What may have signed a request: any of `tokens`. An empty one signs nothing."""

    tokens: tuple[str, ...] = ()
    algorithm: str = ""
    """The carrier's name for how they sign; "" = its usual way."""


@dataclass(frozen=True)
class InboundCall:
    """A call that the carrier announces. Numbers are as the carrier writes them (see `parties`)."""

    account_id: str
    call_id: str
    from_number: str
    to_number: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    """What its address said beside the carrier's own fields."""
    carried: Mapping[str, str] = field(default_factory=dict[str, str])
    """The variables of `parties.carries` that the carrier brings along, unbounded."""


@dataclass(frozen=True)
class Callback:
    """One callback, about a call or what belongs to it. `reason` says why the status came about."""

    kind: CallbackKind
    call_id: str
    account_id: str
    status: str
    """call: of `ORDER` or `TERMINAL`, or the carrier's own word for anything else · stream: `STREAM_STARTED`,
    `STREAM_STOPPED`, or the carrier's own word · machine, recording: the carrier's own word"""
    reason: str
    dedup_key: str
    """Equal for repetitions of one event, and for nothing else."""
    sequence: int | None
    """The carrier's number of the call's events; callbacks arrive in any order. None = it does not number."""
    at: datetime | None
    """When it happened (UTC)."""
    stream_id: str = ""
    recording_id: str = ""
    recording_url: str = ""
    answered_by: str = ""
    """The carrier's own word for who took the call."""
    answerer: Answerer = ""
    """The same as one of ours."""
    duration_s: int | None = None
    """Of the call, or of the recording."""
    sip_code: int | None = None
    error_code: int | None = None

    @property
    def terminal(self) -> bool:
        """Whether the *call* is over; a stream that stopped says nothing about its call."""
        return self.kind == "call" and self.status in TERMINAL


@dataclass(frozen=True)
class SignedPost:
    """A POST as a carrier would send it."""

    headers: Mapping[str, str]
    body: bytes


class Webhook(Protocol):
    """One request of a carrier. What it says raises `WireError` where that breaks the carrier's own rules."""

    @property
    def request(self) -> CarrierRequest: ...

    @property
    def account_id(self) -> str:
        """Whose request it claims to be; "" = it does not say."""
        ...

    @property
    def call_id(self) -> str:
        """About which call it claims to be; "" = it does not say."""
        ...

    @property
    def call(self) -> InboundCall:
        """The call that it announces."""
        ...

    @property
    def callback(self) -> Callback:
        """What it reports. Raises `WireError` too when it reports nothing that the carrier reports."""
        ...

    def signed(self, host: str, keys: SigningKeys) -> bool:
        """Whether one of `keys` signed it, had it been asked at `host`.

        It takes as long for a wrong key as for the right one.
        """
        ...


class Webhooks(Protocol):
    """How a carrier's requests are read and proved. It keeps nothing between two of them."""

    signature_header: ClassVar[str]
    """The header without which nothing is signed, in lower case."""
    reports_streams: ClassVar[bool]
    """Whether callbacks tell the beginning and the end of each media stream."""

    def read(self, request: CarrierRequest) -> Webhook:
        """A request, unproved. Nothing is read before it is asked for."""
        ...

    def keys(self, headers: Mapping[str, str], secrets: Sequence[Mapping[str, str]]) -> SigningKeys:
        """What of a credential may have signed a request with these headers.

        `secrets` are the credential's fields, those in force first and then replaced ones that still prove.
        """
        ...

    def handshake_signed(self, url: str, headers: Mapping[str, str], keys: SigningKeys) -> bool:
        """Whether one of `keys` signed the upgrade of the media socket at `url` (`wss://…`)."""
        ...

    def trial(self, url: str, secret: Mapping[str, str]) -> SignedPost:
        """A callback to `url` about a call that there is not, signed by a credential with these fields.

        It changes nothing where it is proved, and is how we try the way that a carrier's requests take.
        """
        ...

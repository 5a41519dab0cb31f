"""What a carrier is to the platform: its webhooks, its documents, its streams, its accounts and its calls.

The class in the catalogue is a `Carrier`. What is the same for every account stands on the class. An object
of it is one account: it places, ends and hands over calls from outside their stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from msgspec import Struct

from ..errors import ProviderRefused
from .account_numbers import AccountNumbers
from .documents import Documents
from .stream import Codec
from .webhooks import Webhooks


class NoSuchCall(ProviderRefused):
    """The carrier knows no call of this name in this account."""


@dataclass(frozen=True)
class Dial:
    """A call to be placed. Numbers are E.164 (or what else the carrier can call: `sip:`, `client:`)."""

    to_number: str
    from_number: str
    document: str
    """What the carrier shall do when the call is answered, in its own language (see `Documents`)."""
    status_url: str
    """Where every change of the call is reported, the answering machine's verdict included."""
    ring_s: int = 60
    detect_machine: Literal["no", "fast", "greeting_end"] = "no"
    """Whether to find out who answered while the call goes on: at once, or when a greeting has ended."""
    time_limit_s: int = 0
    """After how long the carrier ends the call; 0 = the carrier's own limit."""
    caller_id: str = ""
    """What the callee is shown, where that is not `from_number`; empty = `from_number`."""
    send_digits: str = ""
    """Keys that the carrier sends as soon as the call is taken: an extension. `w` waits for half a
    second, `W` for a whole one; 32 in all."""


@dataclass(frozen=True)
class PlacedCall:
    """A call as its carrier knows it. `status` is one of `webhooks.ORDER` or `TERMINAL`, if it can be."""

    call_id: str
    status: str
    direction: str
    from_number: str
    to_number: str
    duration_s: int | None = None
    answered_by: str = ""
    created_at: datetime | None = None
    """When the carrier was asked for it, to the second."""


@dataclass(frozen=True)
class AccountCheck:
    """A GET that changes nothing, and by whose answer a carrier says whether it knows an account."""

    path: Callable[[Mapping[str, str]], str]
    """Credential's fields → what stands behind the carrier's `api_url`."""
    login: Callable[[Mapping[str, str]], tuple[str, str]]
    """Credential's fields → user and password of HTTP's Basic authentication."""
    read: Callable[[int, bytes, Mapping[str, str]], str | None]
    """(HTTP status, body, credential's fields) → the carrier's name for the account, without a secret.

    None = so no such carrier answers. Raises `ProviderRefused`.
    """


class Carrier(Protocol):
    """A carrier, and of it one account.

    The class declares `Options` (with `api_url`, its REST interface, and `guarded`, whether a user named that
    host) and `Credential`, both Structs, as every provider does. Its methods raise `ProviderRefused` and
    `ProviderUnavailable`; the latter says `slow_down` when it is asked too often.
    """

    Options: ClassVar[type[Struct]]
    Credential: ClassVar[type[Struct]]
    account_field: ClassVar[str]
    """The field of `Credential` that names the account and is no secret."""
    webhooks: ClassVar[Webhooks]
    documents: ClassVar[Documents]
    account_check: ClassVar[AccountCheck]

    @staticmethod
    def codec(call_id: str, account_id: str) -> Codec:
        """The codec of one stream. It refuses the stream of another call or account; "" = of any call."""
        ...

    @staticmethod
    def made_up_credential() -> dict[str, str]:
        """The fields of a credential that fits `Credential`, and that the carrier does not know."""
        ...

    async def ready(self) -> None:
        """Load whatever the first request would have to load before it could be sent."""
        ...

    async def dial(self, order: Dial) -> PlacedCall:
        """Place a call. After an error that is not `retryable` it may ring: look before dialling again."""
        ...

    async def complete(self, call_id: str) -> None:
        """End a call; one that is over already is ended. Raises `NoSuchCall` too."""
        ...

    async def transfer(self, call_id: str, to: str, caller_id: str) -> None:
        """Connect the caller with another number; the call's stream ends."""
        ...

    async def fetch(self, call_id: str) -> PlacedCall:
        """Look a call up. Raises `NoSuchCall` too."""
        ...

    async def placed_since(self, to_number: str, from_number: str, since: datetime) -> list[PlacedCall]:
        """Calls between two numbers that were placed through this interface since then, newest first."""
        ...

    async def say(self, call_id: str, sentence: str, language: str = "") -> None:
        """Let the carrier itself say a sentence and hang up; the call's stream ends."""
        ...

    def numbers(self) -> AccountNumbers | None:
        """The account's telephone numbers. None = the carrier's interface does not show them."""
        ...

    async def aclose(self) -> None: ...

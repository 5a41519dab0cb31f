"""The telephone numbers of an account at its carrier: which there are, and where each of them leads.

A carrier that lets its numbers be led by its interface has an `AccountNumbers`. How a number is set is the
carrier's own affair: its settings go out as a mapping, and back in as the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ..errors import ProviderRefused

MOST_LISTED = 1000
"""The longest page of numbers that a carrier may be asked for."""


class NoSuchNumber(ProviderRefused):
    """The account has no such number."""


@dataclass(frozen=True)
class AccountNumber:
    """A number that the account has."""

    number_id: str
    """The carrier's name for it."""
    number: str
    """As +, country code and number."""
    name: str
    """What the account calls it."""
    takes_calls: bool
    """Whether it can be called by voice at all."""
    asks: str
    """The address that is asked when it rings; empty = none."""
    instead: str
    """What answers in place of that address, in the carrier's words (`trunk TK…`); empty = nothing does."""
    reports_to: str
    """The address that is told of each call's status; empty = none."""
    settings: Mapping[str, str]
    """All that decides who answers, by the carrier's names. `change` puts it back as it was."""


@dataclass(frozen=True)
class NumberPage:
    """Some of an account's numbers. `next_cursor` asks for those that follow; empty = that was all."""

    numbers: Sequence[AccountNumber]
    next_cursor: str = ""


@dataclass(frozen=True)
class Destination:
    """Where a number is to lead: the addresses that the carrier asks, each by POST."""

    voice_url: str
    """Asked when it rings."""
    status_url: str
    """Told what becomes of each call."""
    fallback_url: str
    """Asked when the first address fails."""


NumberType = Literal["local", "mobile", "toll_free"]


@dataclass(frozen=True)
class NumberSearch:
    """Numbers to look for among those that can be bought."""

    country: str
    """As ISO 3166 code."""
    type: NumberType = "local"
    contains: str = ""
    """Digits that stand one after the other in it."""
    limit: int = 20


@dataclass(frozen=True)
class AvailableNumber:
    """A number that can be bought."""

    number: str
    type: NumberType
    place: str
    """Where it belongs to, as the carrier calls it; empty = it does not say."""
    needs_address: bool
    """Whether the law wants an address or a document of who buys it."""
    monthly_price: str = ""
    """What it costs a month, as a decimal number; empty = the carrier did not say."""
    currency: str = ""
    """As ISO 4217 code."""


class AccountNumbers(Protocol):
    """The numbers of one account. Methods raise `ProviderRefused` and `ProviderUnavailable`."""

    async def page(self, limit: int, cursor: str = "") -> NumberPage:
        """At most `limit` numbers (`MOST_LISTED`), in the carrier's order."""
        ...

    async def find(self, number: str) -> AccountNumber:
        """One of the account's numbers. Raises `NoSuchNumber` too."""
        ...

    def leading_to(self, destination: Destination) -> Mapping[str, str]:
        """The settings that lead a number to some addresses, and to nothing in place of them."""
        ...

    async def change(self, number_id: str, settings: Mapping[str, str]) -> AccountNumber:
        """Set a number as `settings` say, and read how it stands then. Raises `NoSuchNumber` too."""
        ...

    async def available(self, wanted: NumberSearch) -> Sequence[AvailableNumber]:
        """Numbers that can be bought and take calls. None where the carrier sells none of that kind there."""
        ...

    async def offered(self, number: str) -> AvailableNumber:
        """A number that can be bought, with its price. Raises `NoSuchNumber` too."""
        ...

    async def buy(self, number: str) -> AccountNumber:
        """Buy a number. What was sent and not answered may have bought it: that is not `retryable`."""
        ...

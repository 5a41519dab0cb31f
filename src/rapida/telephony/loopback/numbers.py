"""The loopback account's numbers, by JSON requests.

`GET /numbers` lists them and `POST /numbers/{number}` changes where one leads: `asks`, `reports_to` and
`otherwise`, each an address. `GET /numbers/free` lists what can be bought, and `POST /numbers` buys one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from ..account_numbers import (
    AccountNumber,
    AvailableNumber,
    Destination,
    NoSuchNumber,
    NumberPage,
    NumberSearch,
    NumberType,
)
from ..carrier import NoSuchCall
from .answers import NAME, read

BOUGHT: Final = "the number may have been bought: list the account's numbers before buying again"


class AskLoopback(Protocol):
    """One request of the account. The answer's body."""

    def __call__(self, method: str, path: str, told: Any = None, *, once: str = "") -> Awaitable[bytes]: ...


class _Settings(Struct):
    asks: str = ""
    reports_to: str = ""
    otherwise: str = ""


class _Number(Struct):
    number: str
    name: str = ""
    settings: _Settings = msgspec.field(default_factory=_Settings)


class _Page(Struct):
    numbers: list[_Number]
    next: str = ""


class _Free(Struct):
    number: str
    type: NumberType = "local"
    place: str = ""
    needs_address: bool = False
    monthly_price: str = ""
    currency: str = ""


class LoopbackNumbers:
    """An `AccountNumbers`."""

    def __init__(self, ask: AskLoopback) -> None:
        self._ask = ask

    async def page(self, limit: int, cursor: str = "") -> NumberPage:
        """At most `limit` numbers, in the other end's order."""
        path = f"/numbers?limit={limit}&cursor={quote(cursor)}"
        told = read(await self._ask("GET", path), _Page)
        return NumberPage([_shown(each) for each in told.numbers], told.next)

    async def find(self, number: str) -> AccountNumber:
        """Raises `NoSuchNumber` too."""
        told = read(await self._ask("GET", f"/numbers?number={quote(number)}"), _Page)
        for each in told.numbers:
            if each.number == number:
                return _shown(each)
        raise NoSuchNumber(NAME, f"this account has no number {number}")

    def leading_to(self, destination: Destination) -> Mapping[str, str]:
        """The three addresses."""
        return {
            "asks": destination.voice_url,
            "reports_to": destination.status_url,
            "otherwise": destination.fallback_url,
        }

    async def change(self, number_id: str, settings: Mapping[str, str]) -> AccountNumber:
        """Raises `NoSuchNumber` too."""
        try:
            told = await self._ask("POST", f"/numbers/{quote(number_id)}", dict(settings))
        except NoSuchCall:
            raise NoSuchNumber(NAME, "the account has this number no longer") from None
        return _shown(read(told, _Number))

    async def available(self, wanted: NumberSearch) -> list[AvailableNumber]:
        """As many as the other end shows."""
        asked = urlencode({"country": wanted.country, "type": wanted.type, "contains": wanted.contains})
        told: list[_Free] = read(await self._ask("GET", f"/numbers/free?{asked}"), list[_Free])
        return [AvailableNumber(**msgspec.to_builtins(each)) for each in told[: wanted.limit]]

    async def offered(self, number: str) -> AvailableNumber:
        """Raises `NoSuchNumber` too."""
        told: list[_Free] = read(await self._ask("GET", "/numbers/free"), list[_Free])
        for each in told:
            if each.number == number:
                return AvailableNumber(**msgspec.to_builtins(each))
        raise NoSuchNumber(NAME, f"{number} is not for sale: search for numbers that are")

    async def buy(self, number: str) -> AccountNumber:
        """The account has it from now on."""
        return _shown(read(await self._ask("POST", "/numbers", {"number": number}, once=BOUGHT), _Number))


def _shown(told: _Number) -> AccountNumber:
    kept, settings = told.settings, dict[str, str](msgspec.to_builtins(told.settings))
    return AccountNumber(told.number, told.number, told.name, True, kept.asks, "", kept.reports_to, settings)

"""An account's numbers at Twilio: listed, found and led elsewhere with Twilio's own client library.

A trunk or an application that a number is set to answers in place of its address. Resource:
https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from ...errors import ProviderUnavailable
from ..account_numbers import (
    AccountNumber,
    AvailableNumber,
    Destination,
    NoSuchNumber,
    NumberPage,
    NumberSearch,
)
from ..carrier import NoSuchCall
from . import available_numbers
from .asking import AskTwilio
from .sentences import NAME

SETTINGS: Final = (
    "voice_url",
    "voice_method",
    "voice_fallback_url",
    "voice_fallback_method",
    "status_callback",
    "status_callback_method",
    "voice_application_sid",
    "trunk_sid",
)
"""What of a number decides who answers, as the resource and the library call it."""
INSTEAD: Final = {"trunk_sid": "trunk", "voice_application_sid": "application"}
"""Settings that answer in place of the address. A number has at most one of them: setting one deletes the
other."""
BOUGHT: Final = "the number may have been bought: list the account's numbers before buying again"
ALIKE: Final = 50
"""How many numbers are looked through for one: Twilio's filter finds it within longer ones too."""


class TwilioNumbers:
    """An `AccountNumbers`. `loaded` is the library's client, which opens when it is first asked for."""

    def __init__(self, loaded: Callable[[], Awaitable[Any]], ask: AskTwilio) -> None:
        self._loaded = loaded
        self._ask = ask

    async def page(self, limit: int, cursor: str = "") -> NumberPage:
        """Newest first. A cursor is Twilio's page, as `number.token`."""
        page_number, _, token = cursor.partition(".")
        place = {"page_number": page_number, "page_token": token} if cursor else {}
        numbers = await self._incoming()
        page = await self._ask(numbers.page_async(page_size=limit, **place))
        return NumberPage(_read(page), _cursor(str(page.next_page_url or "")))

    async def find(self, number: str) -> AccountNumber:
        """Raises `NoSuchNumber` too."""
        numbers = await self._incoming()
        page = await self._ask(numbers.page_async(phone_number=number, page_size=ALIKE))
        for each in _read(page):
            if each.number == number:
                return each
        raise NoSuchNumber(
            NAME, f"this account has no number {number}: take the credential of the account that owns it"
        )

    def leading_to(self, destination: Destination) -> Mapping[str, str]:
        """Everything by POST, and neither a trunk nor an application."""
        return {
            "voice_url": destination.voice_url,
            "voice_method": "POST",
            "voice_fallback_url": destination.fallback_url,
            "voice_fallback_method": "POST",
            "status_callback": destination.status_url,
            "status_callback_method": "POST",
            "voice_application_sid": "",
            "trunk_sid": "",
        }

    async def change(self, number_id: str, settings: Mapping[str, str]) -> AccountNumber:
        """Raises `NoSuchNumber` too."""
        numbers = await self._incoming()
        wanted = dict(settings)
        # Each of the two deletes the other, even when it is set to nothing.
        if any(wanted[name] for name in INSTEAD):
            wanted = {name: each for name, each in wanted.items() if each or name not in INSTEAD}
        # A method without an address is none, and an empty one is refused.
        wanted = {name: each for name, each in wanted.items() if each or not name.endswith("_method")}
        try:
            return _number(await self._ask(numbers(number_id).update_async(**wanted)))
        except NoSuchCall:
            raise NoSuchNumber(NAME, "the account has this number no longer: list its numbers") from None

    async def available(self, wanted: NumberSearch) -> list[AvailableNumber]:
        """None where Twilio sells no such numbers."""
        return await available_numbers.search(await self._selling(), self._ask, wanted)

    async def offered(self, number: str) -> AvailableNumber:
        """Raises `NoSuchNumber` too."""
        return await available_numbers.offered(await self._selling(), self._ask, number)

    async def buy(self, number: str) -> AccountNumber:
        """Charged to the account from now on."""
        numbers = await self._incoming()
        return _number(await self._ask(numbers.create_async(phone_number=number), once=BOUGHT))

    async def _selling(self) -> Any:
        client = await self._loaded()
        for name in ("api.v2010.account.available_phone_number_country", "pricing.v1.phone_number"):
            await asyncio.to_thread(import_module, f"twilio.rest.{name}")
        return client

    async def _incoming(self) -> Any:
        client = await self._loaded()
        await asyncio.to_thread(import_module, "twilio.rest.api.v2010.account.incoming_phone_number")
        return client.api.v2010.account.incoming_phone_numbers


def _read(page: Any) -> list[AccountNumber]:
    try:
        return [_number(each) for each in page]
    except (AttributeError, TypeError) as odd:
        raise ProviderUnavailable(NAME, "Twilio's answer cannot be understood") from odd


def _number(row: Any) -> AccountNumber:
    if not row.sid:
        raise ProviderUnavailable(NAME, "Twilio's answer names no number")
    settings = {name: str(getattr(row, name) or "") for name in SETTINGS}
    able: Any = row.capabilities or {}
    instead = (f"{what} {settings[name]}" for name, what in INSTEAD.items() if settings[name])
    return AccountNumber(
        number_id=str(row.sid),
        number=str(row.phone_number),
        name=str(row.friendly_name or ""),
        takes_calls=bool(able.get("voice", True)),
        asks=settings["voice_url"],
        instead=next(instead, ""),
        reports_to=settings["status_callback"],
        settings=settings,
    )


def _cursor(next_page_url: str) -> str:
    asked = parse_qs(urlsplit(next_page_url).query)
    if "Page" not in asked:
        return ""
    return f"{asked['Page'][0]}.{asked.get('PageToken', [''])[0]}"

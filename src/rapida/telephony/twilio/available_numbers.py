"""Numbers that Twilio sells: searched, and priced.

Resources: https://www.twilio.com/docs/phone-numbers/api/availablephonenumber-resource and
https://www.twilio.com/docs/phone-numbers/pricing
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import phonenumbers

from ...errors import ProviderError, ProviderUnavailable
from ..account_numbers import AvailableNumber, NoSuchNumber, NumberSearch, NumberType
from ..carrier import NoSuchCall
from .asking import AskTwilio
from .sentences import NAME

TYPES: Final[tuple[NumberType, ...]] = ("local", "mobile", "toll_free")
NO_ADDRESS: Final = ("none", "None", "")
ALIKE: Final = 20
"""How many numbers are looked through for one: its digits may stand in longer ones too."""
Price = tuple[str, str]
"""A month's price as a decimal number, and its currency; both empty where it is not known."""


async def search(client: Any, ask: AskTwilio, wanted: NumberSearch) -> list[AvailableNumber]:
    """None where Twilio sells no such numbers."""
    numbers = getattr(client.api.v2010.account.available_phone_numbers(wanted.country), wanted.type)
    like = {"contains": wanted.contains} if wanted.contains else {}
    try:
        page = await ask(numbers.page_async(voice_enabled=True, page_size=wanted.limit, **like))
        found = list(page)
    except NoSuchCall:
        return []
    except (AttributeError, TypeError) as odd:
        raise ProviderUnavailable(NAME, "Twilio's answer cannot be understood") from odd
    if not found:
        return []
    price, currency = (await prices(client, ask, wanted.country)).get(wanted.type, ("", ""))
    return [_available(each, wanted.type, price, currency) for each in found]


async def offered(client: Any, ask: AskTwilio, number: str) -> AvailableNumber:
    """One number that can be bought. Raises `NoSuchNumber`."""
    digits = number.removeprefix("+")
    for kind in TYPES if (country := _country(number)) else ():
        for each in await search(client, ask, NumberSearch(country, kind, digits, ALIKE)):
            if each.number == number:
                return each
    raise NoSuchNumber(NAME, f"{number} is not for sale: search for numbers that are")


async def prices(client: Any, ask: AskTwilio, country: str) -> dict[NumberType, Price]:
    """What each type costs a month for this account; nothing where Twilio does not say."""
    try:
        told = await ask(client.pricing.v1.phone_numbers.countries(country).fetch_async())
        rows: list[dict[str, Any]] = told.phone_number_prices or []
        costs = {str(row["number_type"]): Decimal(str(row["current_price"])) for row in rows}
    except (ProviderError, AttributeError, KeyError, TypeError, ArithmeticError):
        return {}  # a number is sold without its price being known too
    named: dict[NumberType, Decimal | None] = {kind: costs.get(kind.replace("_", " ")) for kind in TYPES}
    currency = str(told.price_unit or "").upper()
    return {kind: (str(cost), currency) for kind, cost in named.items() if cost is not None}


def _country(number: str) -> str:
    try:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return ""
    return found or ""


def _available(row: Any, kind: NumberType, price: str, currency: str) -> AvailableNumber:
    place = ", ".join(str(each) for each in (row.locality, row.region) if each)
    needs_address = str(row.address_requirements or "") not in NO_ADDRESS
    return AvailableNumber(str(row.phone_number), kind, place, needs_address, price, currency)

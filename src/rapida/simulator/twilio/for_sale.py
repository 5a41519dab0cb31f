"""The numbers that the simulated Twilio sells, and their prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NumberForSale:
    """A number that nobody has."""

    phone_number: str
    country: str = "US"
    type: str = "Local"
    """As in the address of its list: `Local`, `Mobile`, `TollFree`."""
    locality: str = "San Francisco"
    region: str = "CA"
    address_requirements: str = "none"


STOCK = (
    NumberForSale("+14155550180"),
    NumberForSale("+14155550181"),
    NumberForSale("+18005550182", type="TollFree", locality="", region=""),
)
"""What a new account finds: of ranges that belong to films and examples."""
PRICES = {"local": "1.15", "toll free": "2.15"}
"""A month's, in dollars: as Twilio's price list had them for the United States in 2025."""


def for_sale_json(number: NumberForSale) -> dict[str, Any]:
    return {
        "friendly_name": number.phone_number,
        "phone_number": number.phone_number,
        "locality": number.locality or None,
        "region": number.region or None,
        "iso_country": number.country,
        "address_requirements": number.address_requirements,
        "beta": False,
        "capabilities": {"voice": True, "SMS": False, "MMS": False, "fax": False},
    }


def prices_json(country: str, prices: Mapping[str, str]) -> dict[str, Any]:
    rows = [
        {"number_type": kind, "base_price": price, "current_price": price} for kind, price in prices.items()
    ]
    return {"country": country, "iso_country": country, "phone_number_prices": rows, "price_unit": "USD"}

"""What calls cost: their usage at the rates that a project set, each from a day on.

A provider that needs no credential runs here and costs nothing. Usage for which there is no rate is named,
and not in the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

from msgspec import Struct

from ..assistant import Assistant, Provider
from ..store.contributions import MINUTES, USED
from .catalogue import declarations

Priced = Literal["llm", "stt", "tts", "telephony"]
Unit = Literal[
    "input_tokens",
    "output_tokens",
    "spoken_characters",
    "heard_minutes",
    "inbound_minutes",
    "outbound_minutes",
]
_USES: tuple[tuple[str, Priced, Unit, int], ...] = (
    ("input_tokens", "llm", "input_tokens", 1),
    ("output_tokens", "llm", "output_tokens", 1),
    ("spoken_characters", "tts", "spoken_characters", 1),
    ("heard_ms", "stt", "heard_minutes", 60_000),
)
"""How usage is counted, whose it is, in what it is paid, and how much of the first is one of the second."""
FAMILY_OF: Mapping[Unit, Priced] = {
    **{unit: family for _, family, unit, _ in _USES},
    "inbound_minutes": "telephony",
    "outbound_minutes": "telephony",
}
"""Whose each unit is."""


class Rate(Struct, frozen=True):
    """What `per` units cost from a day (UTC) on. `model` is "" where all models of the provider cost that."""

    since: date
    provider: str
    unit: Unit
    price: Decimal
    per: int = 1
    model: str = ""


class Rates(Struct, frozen=True):
    """All rates of a project, in one currency (ISO 4217)."""

    currency: str = "USD"
    rates: tuple[Rate, ...] = ()


class Use(Struct, frozen=True):
    """What was used of one provider, in its unit."""

    provider: str
    model: str
    unit: Unit
    quantity: Decimal


class Cost(Struct, frozen=True):
    """A sum, and what it does not contain for want of a rate: provider, model and unit, in words."""

    amount: Decimal = Decimal(0)
    missing: frozenset[str] = frozenset()

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.amount + other.amount, self.missing | other.missing)


def uses(assistant: Assistant, counts: Mapping[str, int]) -> Iterator[Use]:
    """What calls of one version used, from what was counted of them (`store/contributions.py`)."""
    served: Mapping[str, Provider] = {"llm": assistant.llm, "stt": assistant.stt, "tts": assistant.tts}
    for name, family, unit, one in _USES:
        if many := counts.get(f"{USED}{name}", 0):
            provider = served[family]
            model = str(provider.options.get("model", ""))
            yield Use(provider.name, model, unit, Decimal(many) / one)
    for name, many in counts.items():
        if name.startswith(MINUTES):
            carrier, _, direction = name.removeprefix(MINUTES).partition(":")
            unit = "outbound_minutes" if direction == "outbound" else "inbound_minutes"
            yield Use(carrier, "", unit, Decimal(many))


def cost(rates: Rates, day: date, used: Iterable[Use]) -> Cost:
    """What was used on a day costs."""
    return sum((_cost(rates, day, use) for use in used), Cost())


def _cost(rates: Rates, day: date, use: Use) -> Cost:
    if (FAMILY_OF[use.unit], use.provider) in unpaid():
        return Cost()
    fitting = [
        rate
        for rate in rates.rates
        if rate.since <= day
        and (rate.provider, rate.unit) == (use.provider, use.unit)
        and rate.model in {"", use.model}
    ]
    if not fitting:
        named = " ".join(filter(None, (use.provider, use.model, use.unit)))
        return Cost(missing=frozenset([named]))
    # That of the model goes before that of the provider, and of those the newest.
    rate = max(fitting, key=lambda each: (each.model != "", each.since))
    return Cost(use.quantity * rate.price / rate.per)


@cache
def unpaid() -> frozenset[tuple[str, str]]:
    """The providers that run here, by family and name. The first time it imports every provider: seconds."""
    return frozenset(
        (each.family, each.name) for each in declarations() if each.credential is None and not each.missing
    )

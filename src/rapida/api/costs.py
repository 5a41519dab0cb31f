"""What something cost, as answers show it."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, Field

from ..workspace.pricing import Cost

_EXACT = Decimal("0.000001")
"""A token costs some millionths."""


class CostView(BaseModel):
    """A sum at the project's rates, without that for which there is no rate."""

    amount: str = Field(description="A decimal number, such as `0.0415`")
    currency: str
    missing_rates: list[str] = Field(description="Provider, model and unit of what the sum does not contain")


def cost_view(cost: Cost, currency: str) -> CostView:
    """A cost to the millionth."""
    amount = f"{cost.amount.quantize(_EXACT):f}".rstrip("0").rstrip(".")
    return CostView(amount=amount, currency=currency, missing_rates=sorted(cost.missing))

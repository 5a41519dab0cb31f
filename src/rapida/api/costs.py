"""What something cost, as answers show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, Field

from ..node.node import Node
from ..store import Transaction, assistants
from ..store.conversation_list import Figures
from ..store.conversations import Conversation
from ..workspace import rates
from ..workspace.pricing import Cost, Rates, Unit, Use, cost, uses

_EXACT = Decimal("0.000001")
"""A token costs some millionths."""


class CostView(BaseModel):
    """A sum at the project's rates, without that for which there is no rate."""

    amount: str = Field(description="A decimal number, such as `0.0415`")
    currency: str
    missing_rates: list[str] = Field(description="Provider, model and unit of what the sum does not contain")


class CostPartView(BaseModel):
    """What was used of one provider, and what that costs."""

    provider: str
    model: str
    unit: Unit
    quantity: str = Field(description="A decimal number, such as `1.25` minutes")
    amount: str | None = Field(description="A decimal number; null = there is no rate for it")


class CallCost(NamedTuple):
    """A call's cost, and of what it is the sum."""

    cost: CostView
    uses: list[CostPartView]


async def priced(
    node: Node, tx: Transaction, found: Sequence[Conversation], figures: Mapping[int, Figures]
) -> dict[int, CallCost]:
    """By conversation, of one project; without those that are not counted yet.

    What a draft was made of is not kept, so neither is its price.
    """
    if not figures:
        return {}
    paid = await rates.of_project(tx, found[0].project_id)
    told: dict[int, CallCost] = {}
    for each in found:
        if each.id in figures and each.assistant_version != assistants.DRAFT:
            assistant = await node.versions.get(tx, each.assistant_id, each.assistant_version)
            used = [*uses(assistant, figures[each.id].counts)]
            whole = cost_view(cost(paid, each.created_at.date(), used), paid.currency)
            told[each.id] = CallCost(whole, [*_by_use(paid, each, used)])
    return told


def _by_use(paid: Rates, of: Conversation, used: Sequence[Use]) -> Iterator[CostPartView]:
    for use in used:
        one = cost(paid, of.created_at.date(), [use])
        yield CostPartView(
            provider=use.provider,
            model=use.model,
            unit=use.unit,
            quantity=_written(use.quantity),
            amount=None if one.missing else _written(one.amount),
        )


def _written(number: Decimal) -> str:
    """To the millionth, without idle zeros."""
    text = f"{number.quantize(_EXACT):f}"
    return text.rstrip("0").rstrip(".") or "0"


def cost_view(summed: Cost, currency: str) -> CostView:
    """A cost to the millionth."""
    return CostView(amount=_written(summed.amount), currency=currency, missing_rates=sorted(summed.missing))

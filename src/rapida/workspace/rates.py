"""What a project pays for what its calls use, as people set it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import groupby

import msgspec

from ..errors import InvalidField, refuse
from ..node.node import Node
from ..store import Transaction, rates
from ..store.db import alone
from .actor import Actor
from .catalogue import FAMILIES
from .etags import must_match
from .pricing import FAMILY_OF, Rate, Rates, unpaid


async def of_project(tx: Transaction, project_id: int) -> Rates:
    """The rates of a project; none before they are set."""
    body = await rates.find(tx, project_id)
    if not unpaid.cache_info().currsize:
        await asyncio.to_thread(unpaid)
    return Rates() if body is None else msgspec.convert(body, Rates)


async def change(node: Node, actor: Actor, wanted: Rates, based_on: str | None = None) -> Rates:
    """Set the rates of the actor's project; costs are told by them from then on, of past calls too.

    Raises `InvalidField` and, where `based_on` is not the ETag of those that hold, `Stale`.
    """
    refuse(_problems(wanted))
    now = node.clock()
    async with node.store.write() as tx:
        await alone(tx, f"rates:{actor.project_id}")
        before = await of_project(tx, actor.project_id)
        must_match(based_on, before, "the rates", shown=msgspec.to_builtins(before))
        body = msgspec.to_builtins(wanted)
        await rates.put(tx, actor.project_id, body, now)
        told = {"before": msgspec.to_builtins(before), "after": body}
        await actor.note(tx, now, "rates.set", f"project:{actor.project_id}", **told)
    return wanted


def _problems(wanted: Rates) -> Iterator[InvalidField]:
    for number, rate in enumerate(wanted.rates):
        family = FAMILY_OF[rate.unit]
        if rate.provider not in FAMILIES[family]:
            known = ", ".join(FAMILIES[family])
            yield InvalidField(f"rates[{number}].provider", f"{rate.unit} are those of {known}")
    places = sorted((_place(rate), number) for number, rate in enumerate(wanted.rates))
    for _, same in groupby(places, key=lambda each: each[0]):
        for _, number in list(same)[1:]:
            yield InvalidField(f"rates[{number}]", "there is another rate for the same from the same day on")


def _place(rate: Rate) -> tuple[str, ...]:
    return (rate.provider, rate.model, rate.unit, rate.since.isoformat())

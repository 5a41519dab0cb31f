"""Telephone numbers that a project's carrier sells: searched, and bought when that is confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ConfigurationError
from ..node.carriers import Carriers
from ..node.node import Node
from ..telephony.account_numbers import AvailableNumber, NumberSearch
from .account_numbers import Account, CarrierRefused, account_of, answered, refusing, written
from .actor import Actor
from .who_answers import AnsweredNumber


class NotConfirmed(ConfigurationError):
    """It would cost money, and was not confirmed. The message says what it would do, and cost."""


async def available(
    node: Node, carriers: Carriers, actor: Actor, credential_id: int, wanted: NumberSearch
) -> Sequence[AvailableNumber]:
    """Numbers that the carrier sells to an account of the project.

    Raises `NotFound`, `ConfigurationError`, `CarrierRefused` and `ProviderUnavailable`.
    """
    account = await account_of(node, carriers, actor, credential_id)
    async with refusing():
        return await account.numbers.available(wanted)


async def buy(
    node: Node, carriers: Carriers, actor: Actor, number: str, credential_id: int, *, confirm: bool
) -> AnsweredNumber:
    """Buy a number for an account of the project.

    Raises `NotConfirmed` without `confirm`, and as `available`. After a `ProviderUnavailable` that is not
    `retryable` it may have been bought.
    """
    account = await account_of(node, carriers, actor, credential_id)
    async with refusing():
        offered = await account.numbers.offered(written(number))
    _check(account, offered, confirm)
    async with refusing():
        bought = await account.numbers.buy(offered.number)
    now = node.clock()
    async with node.store.write() as tx:
        await actor.note(
            tx,
            now,
            "number.buy",
            f"number:{bought.number}",
            before=None,
            after={
                "credential_id": credential_id,
                "monthly_price": offered.monthly_price,
                "currency": offered.currency,
            },
        )
    (shown,) = await answered(node, actor, account.credential, [bought])
    return shown


def _check(account: Account, offered: AvailableNumber, confirm: bool) -> None:
    if offered.needs_address:
        raise CarrierRefused(
            f"{offered.number} is sold only to who has shown an address or a document: buy it at "
            f"{account.credential.provider}, where these are kept, and connect it then"
        )
    if confirm:
        return
    costs = f"{offered.monthly_price} {offered.currency} a month"
    price = costs if offered.monthly_price else "what the carrier asks for it each month"
    raise NotConfirmed(
        f"buying {offered.number} costs {price}, charged to the account of {account.credential.name!r} until "
        "the number is given up there: send `confirm` as true to buy it"
    )

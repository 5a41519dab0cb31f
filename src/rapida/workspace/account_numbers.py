"""The telephone numbers of a project's accounts, read from their carriers, and who answers each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ..errors import ConfigurationError, NotFound, ProviderRefused
from ..node.carriers import Carriers
from ..node.node import Node
from ..store import assistants, connected_numbers, deployments
from ..store.credentials import Credential
from ..telephony import CATALOGUE
from ..telephony.account_numbers import AccountNumber, AccountNumbers, NoSuchNumber
from . import credential_changes, who_answers
from .actor import Actor
from .who_answers import AnsweredNumber, ProjectLines


class CarrierRefused(ConfigurationError):
    """The carrier will not do it. The message is its adapter's, which says what to do."""


@dataclass(frozen=True)
class Account:
    """A credential of the project, and its account's numbers."""

    credential: Credential
    numbers: AccountNumbers


@dataclass(frozen=True)
class AnsweredPage:
    """Some of an account's numbers; an empty `next_cursor` = that was all."""

    numbers: Sequence[AnsweredNumber]
    next_cursor: str


async def account_of(node: Node, carriers: Carriers, actor: Actor, credential_id: int) -> Account:
    """The account of a credential of the project.

    Raises `NotFound`, `ConfigurationError` for what is no carrier's or one's that shows no numbers, and
    `VaultError`.
    """
    async with node.store.read() as tx:
        credential = await credential_changes.own(tx, actor, credential_id)
    if credential.provider not in CATALOGUE:
        raise ConfigurationError(
            f"the credential {credential.name!r} is for {credential.provider!r}, which has no telephone "
            f"numbers: take one for {', '.join(CATALOGUE)}"
        )
    numbers = carriers.of(credential).numbers()
    if numbers is None:
        raise ConfigurationError(
            f"{credential.provider} does not show its numbers to programs: set the number's addresses there "
            "by hand; the assistant's phone deployment has them"
        )
    return Account(credential, numbers)


@asynccontextmanager
async def refusing() -> AsyncGenerator[None]:
    """What a carrier refuses is the asker's to put right: `NotFound`, or `CarrierRefused`."""
    try:
        yield
    except NoSuchNumber as absent:
        raise NotFound("such telephone number", f"at {absent}") from absent
    except ProviderRefused as refused:
        raise CarrierRefused(str(refused)) from refused


async def page(
    node: Node, carriers: Carriers, actor: Actor, credential_id: int, limit: int, cursor: str
) -> AnsweredPage:
    """Some of an account's numbers, with who answers them.

    Raises as `account_of`, `CarrierRefused` and `ProviderUnavailable`.
    """
    account = await account_of(node, carriers, actor, credential_id)
    async with refusing():
        found = await account.numbers.page(limit, cursor)
    return AnsweredPage(await answered(node, actor, account.credential, found.numbers), found.next_cursor)


async def answered(
    node: Node, actor: Actor, credential: Credential, numbers: Sequence[AccountNumber]
) -> list[AnsweredNumber]:
    """Numbers with who answers them."""
    ids = who_answers.assistant_ids(credential.provider, numbers)
    async with node.store.read() as tx:
        mine = await assistants.named(tx, actor.project_id, ids)
        phones = await deployments.phones_of(tx, mine)
        connected = await connected_numbers.ids(tx, credential.id)
    lines = ProjectLines(credential.provider, node.addresses.public, mine, phones, connected)
    return [who_answers.answered(each, lines) for each in numbers]


def written(number: str) -> str:
    """A number with its +, which addresses and forms lose easily."""
    bare = number.strip()
    return f"+{bare}" if bare.isdecimal() else bare

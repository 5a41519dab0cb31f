"""Numbers that follow this server to another public name: after a tunnel has given it a new one.

Only a number that leads to its own line here at an earlier name is changed; what leads elsewhere is left as
it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..errors import RapidaError
from ..node.carriers import Carriers
from ..node.node import Node
from ..store import lines, tenants
from ..store.lines import AnsweringAssistant
from ..telephony.account_numbers import AccountNumber
from . import number_changes, who_answers
from .account_numbers import account_of, refusing
from .actor import command_line
from .who_answers import ProjectLines

MOST_LINES: Final = 100
"""Of the lines that answer, those changed last are looked at: the carrier is asked about each."""


@dataclass(frozen=True)
class RepointedNumber:
    """A number that leads to this server now. `error` says why it does not; empty = it does."""

    number: str
    error: str = ""


async def repoint(node: Node, carriers: Carriers) -> list[RepointedNumber]:
    """Let each line's number ask our public name. Raises `StoreError`."""
    async with node.store.read() as tx:
        found = await lines.latest(tx, MOST_LINES)
    repointed: list[RepointedNumber] = []
    for line in found:
        if (number := _own_number(line)) is None:
            continue
        try:
            changed = await _repoint(node, carriers, line, number)
        except RapidaError as refused:
            repointed.append(RepointedNumber(number, str(refused)))
        else:
            repointed += [RepointedNumber(number)] if changed else []
    return repointed


def _own_number(line: AnsweringAssistant) -> str | None:
    deployment = line.deployment
    return None if deployment is None or deployment.demo else deployment.phone_number


async def _repoint(node: Node, carriers: Carriers, line: AnsweringAssistant, number: str) -> bool:
    """Whether it was changed."""
    async with node.store.read() as tx:
        actor = command_line(await tenants.project(tx, line.assistant.project_id))
    credential = line.candidates[0]
    account = await account_of(node, carriers, actor, credential.id)
    async with refusing():
        found = await account.numbers.find(number)
    if not _led_here(line, found, credential.provider, node.addresses.public):
        return False
    await number_changes.connect(node, carriers, actor, number, credential.id, line.assistant.id)
    return True


def _led_here(line: AnsweringAssistant, number: AccountNumber, carrier: str, host: str | None) -> bool:
    """Whether a number asks for this line, at another host than ours of now."""
    rows = ProjectLines(carrier, host, {line.assistant.id: line.assistant}, {})
    answering = who_answers.answered(number, rows).answering
    return answering.assistant is not None and f"//{host}/" not in number.asks

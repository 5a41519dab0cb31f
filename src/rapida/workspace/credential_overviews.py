"""What is shown of a credential: who uses it, whether it opens, how long what it replaced still proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from ..node.node import Node
from ..store import Transaction, assistants, audit, deployments
from ..store.credentials import Credential
from . import catalogue

UsedAs = Literal["phone_deployment", "assistant"]
VERIFY: Final = "credential.verify"
"""How the audit calls a verification."""
SENTENCES: Final[Mapping[str, str]] = {
    "accepted": "The provider accepts it.",
    "refused": "The provider refuses it: enter a valid secret.",
    "no_answer": "The provider could not be reached: verify it again.",
    "not_asked": "Its provider cannot be asked beforehand: the first call tells.",
}
"""The outcomes of a verification, as the audit has them, and what each means."""


class CredentialUse(Struct, frozen=True):
    """An assistant that uses a credential: its published version does, or its line."""

    kind: UsedAs
    id: int
    name: str


class CredentialOverview(Struct, frozen=True):
    """`outcome` is that of the last verification of this very secret, "" = there was none."""

    used_by: tuple[CredentialUse, ...]
    demo: bool
    """Whether it is the local demo's, whose account no carrier knows."""
    outcome: str
    retired_until: datetime | None


async def overviews(
    tx: Transaction, node: Node, project_id: int, found: Sequence[Credential]
) -> dict[int, CredentialOverview]:
    """By the credential's number, of credentials of one project. Raises `StoreError`."""
    uses = await _uses(tx, project_id)
    told = await audit.latest(tx, project_id, VERIFY, [_subject(each) for each in found])
    demo = await deployments.demo(tx)
    made_up = demo.credential_id if demo is not None else None
    now = node.clock()
    return {
        each.id: CredentialOverview(
            tuple(uses.get(each.id, ())),
            each.id == made_up,
            _outcome(each, told.get(_subject(each))),
            max((old.until for old in each.retired if old.until > now), default=None),
        )
        for each in found
    }


async def _uses(tx: Transaction, project_id: int) -> dict[int, list[CredentialUse]]:
    found: dict[int, list[CredentialUse]] = {}
    for line in await deployments.lines_of(tx, project_id):
        found.setdefault(line.credential_id, []).append(
            CredentialUse("phone_deployment", line.assistant_id, line.assistant_name)
        )
    for each in await assistants.published_of(tx, project_id):
        named = {provider.credential_id for _, _, provider in catalogue.named_providers(each)}
        for number in named - {None}:
            found.setdefault(number or 0, []).append(CredentialUse("assistant", each.id, each.name))
    return found


def _outcome(credential: Credential, entry: audit.AuditEntry | None) -> str:
    """What the last verification said, unless the secret was replaced since."""
    if credential.verified_at is not None:
        return "accepted"
    if entry is None or (credential.updated_at is not None and entry.at < credential.updated_at):
        return ""
    outcome = str(entry.detail.get("outcome", ""))
    return outcome if outcome in SENTENCES else ""


def _subject(credential: Credential) -> str:
    return f"credential:{credential.id}"

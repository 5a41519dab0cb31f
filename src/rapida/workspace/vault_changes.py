"""The vault's keys as operators change them: every secret is sealed anew with the first key."""

from __future__ import annotations

from ..node import peers
from ..node.node import Node
from ..store import audit, tenants
from ..store.credentials import Rewrapped


async def rotate(node: Node, by: str) -> Rewrapped:
    """Seal every secret with the vault's first key; `by` is who does it, as the audit has it.

    Raises `ConfigurationError` while a living server has not loaded that key, and `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        rewrapped = await peers.rotate(tx, node.vault, now)
        first = await tenants.first_project(tx)
        if first is not None:
            detail = {
                "key_id": node.vault.key_id,
                "changed": rewrapped.changed,
                "shut": list(rewrapped.shut),
            }
            entry = audit.AuditEntry(
                organization_id=first.organization_id,
                project_id=None,
                actor=by,
                action="vault.rotate",
                subject="vault",
                at=now,
                detail=detail,
            )
            await audit.add(tx, entry)
    return rewrapped

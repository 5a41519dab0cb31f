"""The vault's keys as operators change them: every secret is sealed anew with the first key."""

from __future__ import annotations

from ..errors import ConfigurationError
from ..node import peers
from ..node.node import Node
from ..store import audit, tenants
from ..store.credentials import Rewrapped
from ..vault.sealing import KEY_FILE
from .vault_state import sealed_by


async def rotate(node: Node, by: str, *, from_setting: bool) -> Rewrapped:
    """Seal every secret with the vault's first key; `by` is who does it, as the audit has it.

    Raises `ConfigurationError` where the keys are not `from_setting` but from a file, and while a living
    server has not loaded the first key; and `StoreError`.
    """
    if not from_setting:
        raise ConfigurationError(
            "the keys are in a file, which only its own server reads: set RAPIDA_MASTER_KEY to the line in "
            f"{KEY_FILE} and a new key behind it (`old-id:base64,new-id:base64`) and restart every server; "
            "then put the new one first and restart every server; then rotate"
        )
    now = node.clock()
    async with node.store.write() as tx:
        sealed = await sealed_by(tx)
        rewrapped = await peers.rotate(tx, node.vault, now)
        first = await tenants.first_project(tx)
        if first is not None:
            detail = {
                "key_id": node.vault.key_id,
                "changed": rewrapped.changed,
                "replaced": [key for key in sealed if key != node.vault.key_id],
                "shut": list(rewrapped.shut),
                "before": {"sealed_by": sealed},
                "after": {"sealed_by": await sealed_by(tx)},
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

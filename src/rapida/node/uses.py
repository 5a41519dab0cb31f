"""How often each credential was used on a day: counted in memory, written down now and then."""

from __future__ import annotations

from collections import Counter

from ..store import credentials
from .node import Node


async def write_uses(node: Node) -> None:
    """Write what was counted since the last time; nothing is lost if that fails. Raises `StoreError`."""
    counted = node.prover.uses
    if not counted:
        return
    taken = Counter(counted)
    counted.clear()
    try:
        async with node.store.write() as tx:
            await credentials.count_uses(tx, node.clock().date(), taken)
    except BaseException:
        counted.update(taken)
        raise

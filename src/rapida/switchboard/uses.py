"""How often each credential was used on a day: counted in memory, written down now and then."""

from __future__ import annotations

from collections import Counter

from ..store import credentials
from .exchange import Exchange


async def write_uses(exchange: Exchange) -> None:
    """Write what was counted since the last time; nothing is lost if that fails. Raises `StoreError`."""
    counted = exchange.prover.uses
    if not counted:
        return
    taken = Counter(counted)
    counted.clear()
    try:
        async with exchange.store.write() as tx:
            await credentials.count_uses(tx, exchange.clock().date(), taken)
    except BaseException:
        counted.update(taken)
        raise

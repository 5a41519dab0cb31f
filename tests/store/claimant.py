"""A process of its own that claims a context as soon as it is told to, and says whether it got it.

Run as: python claimant.py <database url> <context id> <instant>
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from uuid import UUID

from rapida.store import Store, contexts


async def claim(url: str, context_id: str, now: str) -> bool:
    store = Store(url)
    await store.ping()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    async with store.write() as tx:
        got = await contexts.claim(tx, UUID(context_id), "claimant", True, datetime.fromisoformat(now))
    await store.aclose()
    return got


if __name__ == "__main__":
    print("claimed" if asyncio.run(claim(*sys.argv[1:])) else "too late", flush=True)

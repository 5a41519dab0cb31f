"""What tests of native code's processes wait for."""

from __future__ import annotations

import asyncio

from rapida.workers.pool import WorkerPool


async def at_work(pool: WorkerPool, waiting: int = 0) -> None:
    """Until a process has a job, and so many more wait behind it."""
    async with asyncio.timeout(120):
        while pool.waiting != waiting or not any(process.job for process in pool._up):
            await asyncio.sleep(0.002)

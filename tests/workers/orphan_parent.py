"""A parent that starts a worker, says its id and waits to be killed: run by `test_workers.py`."""

import asyncio
import sys

from rapida.workers.pool import WorkerPool


async def main() -> None:
    pool = WorkerPool("tests.workers.faulty_worker", {}, provider="faulty")
    await pool.start()
    busy = asyncio.create_task(pool.run({"do": "sleep", "s": float(sys.argv[1])}))
    await asyncio.sleep(0)
    print(*pool.process_ids, flush=True)
    await busy
    await asyncio.sleep(60)


asyncio.run(main())

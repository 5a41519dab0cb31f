"""Work of processes that kill themselves with -9, each at its step; run by `test_outbound_faults.py`.

A file beside the data directory names the steps, one in a line: each worker takes the first one. A dead
worker is missed, and a dial asked after, sooner than in earnest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from rapida.outbound import order, scheduling

from .dying_carrier import DyingCarriers, DyingTwilio

STEPS = "steps"


async def open_work(settings: Mapping[str, Any], executor_id: str) -> scheduling.DialScheduler:
    steps = Path(settings["data_dir"]).parent / STEPS
    DyingTwilio.step, _, left = steps.read_text().partition("\n")
    steps.write_text(left)
    scheduling.Carriers = DyingCarriers  # pyright: ignore[reportPrivateImportUsage]
    scheduling.BEAT_S, scheduling.DEAD_AFTER = 0.2, timedelta(seconds=1)
    order.HEARD_WITHIN = timedelta(seconds=0.5)
    return await scheduling.open_work(settings, executor_id)

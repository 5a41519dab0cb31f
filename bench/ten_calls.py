"""Ten callers at once on the demo's front desk, with its own voice and ear: how late a reply comes.

`rapida serve` runs in a new data directory, ten simulated phones in another process on the same machine. Each
caller says six things and hangs up; they begin within ten seconds of one another, as callers do, or all in
the same moment, so that all stop speaking at once. A reply's time is the one that is kept with each
conversation: from the caller's last sound to the agent's first.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rapida.store import Store, conversation_list, tenants, turns

from .first_caller import until_warm
from .measure import pss_mb

NAME = "ten"
CALLS = 10
SPREAD_S = 10.0
LATEST_MS = 1500
WITHIN_S = 300
RING = """
import asyncio, sys
from rapida.cli.caller_voice import speaking
from rapida.cli.local import demo_account
from rapida.cli.phone import Number, read_line
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.line import CALLED, CALLER, place_call
from rapida.simulator.twilio.script import AfterAgent, HangUp, Say, Script, Step, WhileAgent

SAID = (
    "Hello, this is Anna Miller. I need an appointment.", "On Friday at three.", "Yes.", "Where can I park?",
    "Actually, make it half past three.", "Can I pay by card?",
)
STEPS = [Step(AfterAgent(), Say(text)) for text in SAID]
STEPS[0] = Step(WhileAgent(4500), Say(SAID[0]))
SCRIPT = Script((*STEPS, Step(AfterAgent(), HangUp())), limit_s=120)
calls, spread_s = int(sys.argv[1]), float(sys.argv[2])

async def main():
    async with speaking(SCRIPT) as speak:
        said = {text: await speak(text) for text in SAID}
    account = await asyncio.to_thread(demo_account)

    async def word(text):
        return said[text]

    async def ring(number):
        await asyncio.sleep(spread_s * number / calls)
        line = read_line(Number(), account, CALLER.number, CALLED.number, Chaos())
        report = await place_call(line, SCRIPT, speak=word)
        if report.failure:
            print(report.failure, flush=True)

    await asyncio.gather(*map(ring, range(calls)))

asyncio.run(main())
"""


def run(calls: int) -> dict[str, Any]:
    """The waits of all replies, in milliseconds, of callers spread in time and of callers at once."""
    return {"calls": calls, "spread": _once(calls, SPREAD_S), "at_once": _once(calls, 0.0)}


def lines(figures: dict[str, Any]) -> list[str]:
    """What was measured, and whether the mark is reached, for people."""
    return [
        f"{figures['calls']} callers {how}: {_told(figures[name])}"
        for name, how in (("spread", "within ten seconds"), ("at_once", "in the same moment"))
    ]


def _told(figures: dict[str, Any]) -> str:
    verdict = "✓" if figures["worst_ms"] <= LATEST_MS else "✗"
    return (
        f"{figures['replies']} replies, p50 {figures['p50_ms']} ms, p95 {figures['p95_ms']} ms, the latest "
        f"after {figures['worst_ms']} ms (≤ {LATEST_MS}) {verdict}; {figures['unfinished']} calls went "
        f"wrong; {figures['memory_mb']} MB with the queue's process"
    )


def _once(calls: int, spread_s: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        own = {"RAPIDA_DATA_DIR": f"{folder}/data", "RAPIDA_PORT": "0", "PUBLIC_ASSISTANT_HOST": ""}
        environment = {**os.environ, **own}
        command = [str(Path(sys.executable).parent / "rapida"), "serve"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
            try:
                until_warm(server)
                ringing = [sys.executable, "-c", RING, str(calls), str(spread_s)]
                rung = subprocess.run(
                    ringing, env=environment, stdout=subprocess.PIPE, text=True, timeout=WITHIN_S, check=True
                )
                memory_mb = round(pss_mb(server.pid))
            finally:
                server.terminate()
                server.communicate(timeout=WITHIN_S)
        waits = sorted(asyncio.run(_waits(f"sqlite+aiosqlite:///{folder}/data/rapida.db")))
    return {
        "replies": len(waits),
        "p50_ms": waits[len(waits) // 2],
        "p95_ms": waits[int(len(waits) * 0.95)],
        "worst_ms": waits[-1],
        "memory_mb": memory_mb,
        "unfinished": len(rung.stdout.splitlines()),
    }


async def _waits(url: str) -> list[int]:
    store = Store(url)
    async with store.read() as tx:
        project = await tenants.first_project(tx)
        assert project is not None
        found = await conversation_list.page(tx, conversation_list.Wanted(project.id), 100)
        timings = [each for call in found for each in await turns.timings(tx, call.id)]
    await store.aclose()
    return [round(each.stages.total_us / 1000) for each in timings if each.stages.total_us]

"""How soon the first caller after `rapida serve` hears the greeting, and how soon the second.

The demo's front desk is rung, with its local voice and ear, in a new data directory each time. The time goes
from the first webhook to the first sound at the phone.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RUNS = 5
MAX_S = 0.3
READY_WITHIN_S = 120
RING = """
import asyncio
from rapida.cli.local import demo_account
from rapida.cli.phone import Number, read_line
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.line import CALLED, CALLER, place_call
from rapida.simulator.twilio.script import HangUp, Script, Step, WhileAgent

def note(at_s, text):
    if text == "the agent speaks":
        print(f"{at_s:.3f}", flush=True)

line = read_line(Number(), demo_account(), CALLER.number, CALLED.number, Chaos())
asyncio.run(place_call(line, Script((Step(WhileAgent(500), HangUp()),), limit_s=30), note=note))
"""


def run(times: int) -> dict[str, Any]:
    """The medians of the first and the second caller's wait, in seconds."""
    waits = [_once() for _ in range(times)]
    first, second = (round(statistics.median(each), 3) for each in zip(*waits, strict=True))
    print(
        f"the first caller hears the greeting after {first} s (at most {MAX_S}), the second after {second} s"
    )
    return {"runs": times, "first_s": first, "second_s": second, "waits": waits}


def _once() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        own = {"RAPIDA_DATA_DIR": f"{folder}/data", "RAPIDA_PORT": "0", "PUBLIC_ASSISTANT_HOST": ""}
        environment = {**os.environ, **own}
        command = [str(Path(sys.executable).parent / "rapida"), "serve"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
            try:
                until_warm(server)
                return _ring(environment), _ring(environment)
            finally:
                server.terminate()
                server.communicate(timeout=READY_WITHIN_S)


def until_warm(server: subprocess.Popen[str]) -> None:
    """Wait until `rapida serve` has made ready what its lines need."""
    assert server.stderr is not None
    for line in server.stderr:
        if line.startswith("{") and json.loads(line)["event"] == "warmed":
            return
    raise SystemExit("the server ended before it was warm")


def _ring(environment: dict[str, str]) -> float:
    rung = subprocess.run(
        [sys.executable, "-c", RING],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=READY_WITHIN_S,
        check=True,
    )
    return float(rung.stdout.splitlines()[0])

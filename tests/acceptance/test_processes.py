"""`rapida serve --processes 2`: two servers at one port that are one for everybody who asks there."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import httpx

from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Step

from .process import Served, logged, prepared, serving
from .server import assistant, kept, spoken
from .test_two_servers import HOST, an_editors_key

LONG = "This goes on for quite a while, " * 12
LISTEN = Step(At(25), Nothing())
HANG_UP = Step(AfterAgent(1000), HangUp())
CALLS = 6


async def metric(served: Served, name: str) -> float:
    """The sum of a metric's series, as `/metrics` shows it."""
    text = (await served.get("/metrics")).text
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE))


async def until_metric(served: Served, name: str, value: float) -> None:
    async with asyncio.timeout(120):
        while await metric(served, name) != value:
            await asyncio.sleep(0.2)


async def heard(served: Served, event: str, times: int = 1) -> None:
    """Read on until the server has logged an event so often."""
    assert served.process.stdout is not None
    async with asyncio.timeout(120):
        while [line["event"] for line in logged(served.printed)].count(event) < times:
            line = await served.process.stdout.readline()
            assert line, served.printed.decode()
            served.printed += line


def replaced(served: Served) -> dict[int, int]:
    """The process ids of servers that were replaced, and of those that came in their place."""
    told = [line for line in logged(served.printed) if line["event"] == "process_replaced"]
    return {line["process"]: line["by"] for line in told}


async def hang_up(served: Served, key: str, conversation_id: int) -> int:
    """Over a connection of its own, which any of the processes may take.

    Where the one that holds the call does not hear of it in time, the carrier is asked instead. There is none
    here, so that on a busy machine a person is told (502) and asks again; by then the call may be over (409).
    """
    url, headers = f"http://{served.address}/v1/conversations/{conversation_id}/hangup", bearer(key)
    async with asyncio.timeout(120), httpx.AsyncClient(timeout=60) as client:
        told = [(await client.post(url, headers=headers)).status_code]
        while told[-1] == 502:
            told.append((await client.post(url, headers=headers)).status_code)
    return 202 if told[1:] and told[-1] == 409 else told[-1]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_two_processes_take_end_and_survive_calls_as_one_server(tmp_path: Path) -> None:
    async with (
        prepared(tmp_path / "data", assistant(greeting=LONG), demo=False) as place,
        serving(place, "--processes", "2", RAPIDA_OPEN_METRICS="true", PUBLIC_ASSISTANT_HOST=HOST) as served,
    ):
        await heard(served, "processes_up")
        key = await an_editors_key(place.store)
        # Calls in any mix: webhook, stream and callbacks are connections of their own. So is each hang-up.
        ringing = [asyncio.create_task(served.ring(place.number, LISTEN)) for _ in range(CALLS)]
        await until_metric(served, "rapida_sockets_open", CALLS)
        statuses = await asyncio.gather(*(hang_up(served, key, nth) for nth in range(1, CALLS + 1)))
        reports = await asyncio.gather(*ringing)
        assert statuses == [202] * CALLS
        assert {each.end for each in reports} == {"agent hung up"}
        found = [await served.recorded(nth) for nth in range(1, CALLS + 1)]
        assert {each.conversation.end_reason for each in found} == {"operator_hangup"}

        # Both are replaced in the middle of a call, which goes on in its old process.
        live = asyncio.create_task(served.ring(place.number, HANG_UP))
        await until_metric(served, "rapida_sockets_open", 1)
        served.process.send_signal(signal.SIGHUP)
        await heard(served, "process_replaced", times=2)
        assert len({*replaced(served), *replaced(served).values()}) == 4
        assert await metric(served, "rapida_calls_total") >= CALLS, "what the old ones counted stays"
        report = await live
        assert (report.failure, report.end) == ("", "caller hung up")
        assert report.heard.sound == await spoken(LONG)

        # One that is killed is started again; callers wait in the port's queue meanwhile, at worst.
        os.kill(list(replaced(served).values())[-1], signal.SIGKILL)
        again = [asyncio.create_task(served.ring(place.number, Step(At(1), HangUp()))) for _ in range(4)]
        assert {each.end for each in await asyncio.gather(*again)} == {"caller hung up"}
        await heard(served, "process_ended")
        last = asyncio.create_task(served.ring(place.number, HANG_UP))
        await until_metric(served, "rapida_sockets_open", 1)
        served.terminate()
        assert (await last).end == "caller hung up"
        code, out = await served.ended()
        conversations = [await kept(place.store, place.data_dir, nth) for nth in range(1, CALLS + 7)]
    assert code == 0, out
    assert "Traceback" not in out
    assert {each.conversation.status for each in conversations} == {"ended"}
    assert {each.conversation.end_reason for each in conversations[CALLS:]} == {"caller_hangup"}

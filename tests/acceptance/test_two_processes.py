"""Two servers on one database: a context has one stream and a call one document, whoever comes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from rapida.simulator.twilio.faults import LineFault
from rapida.simulator.twilio.script import At, Nothing, Step

from .carrier import Carrier, start_message
from .process import prepared, serving
from .server import GREETING, announcement, spoken

HOST = "voice.example.com"
LISTEN = Step(At(25), Nothing())
CALLS = ["CA" + digit * 32 for digit in "1234"]


async def stream(carrier: Carrier, url: str, call_sid: str) -> str:
    """Try to open a stream: what came of it."""
    try:
        socket = await carrier.plugs_in(url)
    except LineFault as refused:
        return refused.detail.split()[-1]
    await socket.send(start_message(carrier.account, call_sid))
    assert "media" in str(await socket.recv())
    await socket.close()
    return "101"


async def test_one_context_has_one_stream_and_one_call_one_document_across_processes(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(prepared(tmp_path / "data", announcement(), demo=False))
        servers = [serving(place, PUBLIC_ASSISTANT_HOST=HOST) for _ in "12"]
        one, two = await asyncio.gather(*map(stack.enter_async_context, servers))
        first, second = [await stack.enter_async_context(Carrier(server)) for server in (one, two)]
        announced = await asyncio.gather(
            *(carrier.announces(place.number, call) for call in CALLS for carrier in (first, second) * 2)
        )
        urls = [announced[at : at + 4] for at in range(0, len(announced), 4)]
        assert [len(set(each)) for each in urls] == [1] * len(CALLS), "the same document from both"
        assert await one.counted() == (len(CALLS), len(CALLS))
        raced = await asyncio.gather(
            *(
                stream(carrier, each[0], call)
                for each, call in zip(urls, CALLS, strict=True)
                for carrier in (first, second) * 3
            )
        )
        for at in range(0, len(raced), 6):
            assert Counter(raced[at : at + 6]) == {"101": 1, "409": 5}
        crossed = await asyncio.gather(*(server.ring(place.number, LISTEN) for server in (one, two)))
        assert [report.heard.sound for report in crossed] == [await spoken(GREETING)] * 2

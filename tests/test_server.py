"""The web server's own affairs: its port, how its end is ordered, and chores that break. Whole calls over it
are in tests/acceptance.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from rapida import server
from rapida.errors import SettingsError
from rapida.server import Ending, kept_up, listen
from rapida.settings import Settings
from rapida.sockets.moderation import BUSY_STREAMS, Moderation


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port} .*name a free port"):
            listen(Settings(data_dir=tmp_path, host="127.0.0.1", port=port))


def test_connections_wait_for_no_fuller_packet(tmp_path: Path) -> None:
    with listen(Settings(data_dir=tmp_path, host="127.0.0.1", port=0)) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_end_is_wanted_first_and_hurried_when_it_is_asked_for_again() -> None:
    ending = Ending()
    assert ending.accepting()
    ending.order()
    assert not ending.accepting()
    assert not ending.hurried.is_set()
    ending.order()
    assert ending.hurried.is_set()


async def test_a_chore_that_breaks_is_told_and_begun_again_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "AGAIN_S", 0.0)
    begun, ended = 0, []
    again = asyncio.Event()

    async def breaks() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise KeyError("oops")
        again.set()
        await asyncio.Event().wait()

    async def lasts() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("lasts")

    with capture_logs() as logged:
        async with asyncio.timeout(120), kept_up([breaks, lasts]):
            await again.wait()
            assert ended == []
    assert (begun, ended) == (2, ["lasts"])
    assert [line["event"] for line in logged] == ["recurring_work_broken"]


async def test_the_loop_pauses_for_no_request_but_beside_a_stream_of_events_which_may_last() -> None:
    pauses: list[float] = []
    moderation = Moderation(lambda: BUSY_STREAMS, pause=pauses.append)
    begun, over = asyncio.Event(), asyncio.Event()

    async def api(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", scope["type_of_answer"])]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        begun.set()
        await over.wait()

    async def sent(message: Any) -> None:
        await asyncio.sleep(0)

    async def pauses_beside(kind: bytes) -> int:
        begun.clear()
        over.clear()
        answer = server.without_pauses(api, moderation)
        asking = asyncio.create_task(answer({"type": "http", "type_of_answer": kind}, None, sent))  # type: ignore[arg-type]
        await begun.wait()
        pauses.clear()
        for _ in range(10):
            await asyncio.sleep(0)
        over.set()
        await asking
        return len(pauses)

    async with kept_up([moderation.run]):
        assert await pauses_beside(b"application/json") == 0
        assert await pauses_beside(b"text/event-stream; charset=utf-8") > 0

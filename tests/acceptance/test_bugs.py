"""A bug of ours costs one call: its socket is closed, its books are, and the server goes on."""

from __future__ import annotations

from typing import Any, Never

import pytest

from rapida.simulator.twilio.script import AfterAgent, HangUp, Step
from rapida.switchboard.held_call import HeldCall

from .conftest import Log
from .server import GREETING, InProcessServer, assistant, spoken

HANG_UP = Step(AfterAgent(100), HangUp())


def bug(*_: Any) -> Never:
    raise KeyError("a bug of ours")


async def bug_in_time(*_: Any) -> None:
    bug()


BUGS = {
    "runner": (bug, "call_not_held"),
    "record": (bug_in_time, "call_broken"),
}


@pytest.mark.parametrize("where", BUGS)
async def test_a_bug_around_a_call_leaves_no_call_behind(
    server: InProcessServer, logged: Log, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    number = await server.install(assistant())
    breaks, told = BUGS[where]
    with monkeypatch.context() as broken:
        shared: Any = server.rapida.connector
        owner, name = {
            "runner": (HeldCall, "_runner"),
            "record": (shared._shared.records, "write"),
        }[where]
        broken.setattr(owner, name, breaks)
        await server.ring(number, HANG_UP)
        await server.idle()
    kept = await server.kept(1)
    assert kept.conversation.status == kept.contexts[0].status == "ended"
    assert "a bug of ours" in next(line["exception"] for line in logged.lines if line["event"] == told)
    assert server.metric("rapida_calls_active") == 0
    report = await server.ring(number, HANG_UP)
    assert report.heard.sound == await spoken(GREETING)

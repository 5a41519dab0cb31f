"""Calls that are over before their stream has quite come up: the carrier's word for it is not lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from rapida.call.events import HangUpRequested

from .carrier import Carrier, close_code, start_message
from .server import InProcessServer, assistant

CALL = "CA" + "7" * 32
Step = Callable[..., Awaitable[Any]]

MOMENTS = {
    "when the context has just been claimed": ("_claims", "admit"),
    "while the providers start": ("_shared.provider_cache", "of"),
}


def interrupted(monkeypatch: pytest.MonkeyPatch, server: InProcessServer, moment: str, then: Step) -> None:
    """Let something happen right behind a step of the way in."""
    owner: Any = server.rapida.connector
    path, name = MOMENTS[moment]
    for part in path.split("."):
        owner = getattr(owner, part)
    step: Step = getattr(owner, name)

    async def stepped(*given: Any) -> Any:
        result = await step(*given)
        await then()
        return result

    monkeypatch.setattr(owner, name, stepped)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_call_that_ends_while_its_stream_comes_up_is_not_held(
    server: InProcessServer, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await server.install(assistant())
    async with Carrier(server) as carrier:
        url = await carrier.announces(number, CALL)
        interrupted(monkeypatch, server, moment, lambda: carrier.ends(url, CALL))
        socket = await carrier.plugs_in(url)
        await socket.send(start_message(carrier.account, CALL))
        assert await close_code(socket) == 1000
    kept = await server.kept()
    assert (kept.conversation.end_reason, kept.conversation.call_status) == ("caller_hangup", "completed")
    assert kept.contexts[0].status == "ended"


@pytest.mark.parametrize("moment", MOMENTS)
async def test_an_operators_wish_to_hang_up_is_carried_out_once_the_stream_is_up(
    server: InProcessServer, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await server.install(assistant())
    async with Carrier(server) as carrier:
        url = await carrier.announces(number, CALL)
        context_id = UUID(url.rpartition("/")[2])

        async def hang_up() -> None:
            assert await server.rapida.node.bus.ask(context_id, HangUpRequested("operator"))

        interrupted(monkeypatch, server, moment, hang_up)
        socket = await carrier.plugs_in(url)
        await socket.send(start_message(carrier.account, CALL))
        assert await close_code(socket) == 1000
    assert (await server.kept()).conversation.end_reason == "operator_hangup"

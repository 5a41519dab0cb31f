"""A stream that was announced here and came to another server is awaited no longer."""

from __future__ import annotations

from dataclasses import replace

from rapida.call.events import HangUpRequested
from rapida.node.shared_bus import SharedBus
from rapida.switchboard import elsewhere
from rapida.switchboard.calls_in_progress import CallsInProgress

from .ready_node import ReadyNode, context_of


async def test_an_awaited_stream_that_came_to_another_server_frees_its_place_and_the_wish_goes_there(
    ready: ReadyNode,
) -> None:
    bus = SharedBus(ready.node.store, "announcer", ready.clock)
    node = replace(ready.node, server_id="announcer", bus=bus)
    calls, context_id = CallsInProgress(node), context_of(await ready.rings())

    def over() -> None:
        calls.no_longer_await(context_id)

    calls.await_stream(context_id, 60, late=over, over=over)
    await elsewhere.look_around(node, calls)
    assert (calls.busy, calls.awaited) == (1, [context_id]), "nobody has claimed it yet"
    bus.tell_own(HangUpRequested("operator"))
    await ready.opens_stream(context_id)
    heard = list[object]()
    holder = SharedBus(ready.node.store, ready.node.server_id, ready.clock)
    holder.join(context_id, heard.append)
    await elsewhere.look_around(node, calls)
    assert (calls.busy, calls.awaited) == (0, [])
    await holder.look_around()
    assert heard == [HangUpRequested("operator")]

"""The inbox: a bug in handling an event belongs to whoever serves, and is never lost."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from rapida.call.events import CarrierStopped, Event
from rapida.engine.clock import ManualClock
from rapida.engine.inbox import Inbox


def broken(event: Event) -> None:
    raise KeyError(type(event).__name__)


async def served(inbox: Inbox) -> asyncio.Task[None]:
    task = asyncio.create_task(inbox.serve())
    await asyncio.sleep(0)
    return task


async def test_a_bug_in_handling_an_event_is_raised_where_the_call_is_served() -> None:
    inbox = Inbox(ManualClock(), broken, lambda: None)
    task = await served(inbox)
    inbox.post(CarrierStopped())
    with pytest.raises(KeyError, match="CarrierStopped"):
        await task


async def test_a_bug_in_a_call_that_was_just_cancelled_is_logged() -> None:
    inbox = Inbox(ManualClock(), broken, lambda: None)
    task = await served(inbox)
    inbox.post(CarrierStopped())
    task.cancel()
    with capture_logs() as logged:
        await asyncio.gather(task, return_exceptions=True)
    assert [(line["event"], line["exc_info"]) for line in logged] == [("call_broken_after_its_end", True)]

"""Watchers see every call, one after the other, and do no harm to it or to each other."""

from __future__ import annotations

from typing import Never

import msgspec
from structlog.testing import capture_logs

from rapida.call.commands import EndCall, RecordEntry
from rapida.engine.live import Glimpse, Live

from .whole_call import WholeCall

SEEN = Glimpse(7, 2, 3, 0, EndCall("caller_hangup"))


def stumble(_: Glimpse) -> Never:
    raise KeyError("a bug of the watcher's")


def test_a_watcher_that_raises_keeps_nothing_from_the_others_and_is_logged() -> None:
    live, seen = Live(), list[Glimpse]()
    live.watch(stumble)
    live.watch(seen.append)
    with capture_logs() as logged:
        live.tell(SEEN)
    assert seen == [SEEN]
    (line,) = logged
    assert (line["event"], line["exc_info"]) == ("watcher_broken", True)


def test_a_watcher_may_leave_while_it_is_told() -> None:
    live, seen = Live(), list[Glimpse]()

    def once(glimpse: Glimpse) -> None:
        seen.append(glimpse)
        leave()

    leave = live.watch(once)
    live.watch(seen.append)
    live.tell(SEEN)
    assert seen == [SEEN, SEEN]
    live.tell(SEEN)
    assert seen == [SEEN] * 3


async def test_a_call_goes_on_although_its_watcher_raises() -> None:
    async with WholeCall() as call:
        call.live.watch(stumble)
        await call.until_heard("Welcome")
        call.phone.hangs_up()
        outcome = await call.outcome()
    assert outcome.reason == "caller_hangup"
    assert call.seen[-1].what == EndCall("caller_hangup")


async def test_a_watcher_sees_whose_call_it_is() -> None:
    async with WholeCall() as call:
        await call.until_heard("Welcome")
        call.phone.hangs_up()
        await call.outcome()
    whose = {(each.conversation_id, each.project_id, each.assistant_id) for each in call.seen}
    assert whose == {(7, 2, call.assistant.id)}
    assert len(call.seen) > 1


async def test_what_a_watcher_sees_can_travel_as_bytes() -> None:
    async with WholeCall() as call:
        await call.until_heard("Welcome")
        call.phone.hangs_up()
        await call.outcome()
    kinds = {type(each.what) for each in call.seen}
    assert kinds >= {RecordEntry, EndCall}
    assert msgspec.json.decode(msgspec.json.encode(call.seen), type=list[Glimpse]) == call.seen

"""What a page that follows calls is shown: everything at first, then each change once, and only its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, get_args

import msgspec
import pytest

from rapida.call.commands import EndCall, Entry, RecordEntry, RecordStages, Stages
from rapida.call.states import FloorState
from rapida.engine.live import (
    CallShown,
    FloorShown,
    FlowShown,
    Glimpse,
    Live,
    SecretShown,
    Shown,
    StreamShown,
    ThoughtShown,
    ToolShown,
)
from rapida.switchboard import live_board
from rapida.switchboard.call_on_board import _BY_FLOOR, LINES_SHOWN
from rapida.switchboard.live_board import BoardEvent, LiveBoard, ToldElsewhere
from tests.switchboard.ready_node import NOON

Tell = Callable[..., None]


def a_board() -> tuple[LiveBoard, Live, Tell]:
    """A board, and a way to tell it of a call: `tell(what, conversation, project)`."""
    live = Live()
    board = LiveBoard(live, lambda: NOON)

    def tell(what: Shown, conversation_id: int = 1, project_id: int = 7) -> None:
        live.tell(Glimpse(conversation_id, project_id, 3, 1_500_000, what))

    return board, live, tell


async def new(following: AsyncGenerator[list[BoardEvent]]) -> list[tuple[str, Any]]:
    """The next moment of a follower, its events by name and data."""
    events = await anext(following)
    return [(each.name, msgspec.json.decode(each.data)) for each in events]


@pytest.fixture(autouse=True)
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_board, "EVERY_S", 0)


async def test_a_new_follower_is_shown_every_call_of_its_project_as_it_stands() -> None:
    board, _, tell = a_board()
    tell(CallShown(4, "inbound"))
    tell(StreamShown())
    tell(RecordEntry(2, 1, Entry("agent", "Hello there.", heard="Hello", cut=True)))
    tell(RecordStages(1, Stages(*[1000] * 8, total_us=900_000)))
    tell(CallShown(5, "outbound"), 2, 8)
    following = board.follow(7)
    [(name, shown)] = await new(following)
    assert name == "calls"
    [call] = shown["calls"]
    assert (call["conversation_id"], call["version"], call["direction"]) == (1, 4, "inbound")
    assert (call["state"], call["reply_ms"], call["began_at"]) == ("listens", [900], "2026-11-22T12:00:00Z")
    assert call["lines"][0]["heard"] == "Hello"
    await following.aclose()


async def test_a_follower_is_told_each_change_once_and_in_order() -> None:
    board, _, tell = a_board()
    following = board.follow(7)
    assert await new(following) == [("calls", {"calls": []})]
    tell(CallShown(4, "inbound"))
    tell(StreamShown())
    tell(FlowShown("menu"))
    tell(FloorShown("agent"))
    tell(RecordEntry(2, 1, Entry("agent", "Hello.", heard="Hello.")))
    tell(EndCall("caller_hangup"))
    told = await new(following)
    names = ["call.began", "call.state", "call.flow", "call.state", "call.line", "call.ended"]
    assert [name for name, _ in told] == names
    assert [data["state"] for name, data in told if name == "call.state"] == ["listens", "agent"]
    assert [data["flow_state"] for name, data in told if name in {"call.began", "call.flow"}] == ["", "menu"]
    assert told[-1][1] == {"conversation_id": 1, "at_ms": 1500, "reason": "caller_hangup"}
    assert await new(following) == []
    await following.aclose()


async def test_another_projects_calls_and_other_calls_are_not_told() -> None:
    board, _, tell = a_board()
    mine, one = board.follow(7), board.follow(7, conversation_id=2)
    await new(mine)
    await new(one)
    tell(CallShown(1, "inbound"), 1, 7)
    tell(CallShown(1, "inbound"), 2, 7)
    tell(CallShown(1, "inbound"), 3, 8)
    assert [data["conversation_id"] for _, data in await new(mine)] == [1, 2]
    assert [data["conversation_id"] for _, data in await new(one)] == [2]
    await mine.aclose()
    await one.aclose()


async def test_a_follower_that_was_away_goes_on_where_it_was_and_one_from_before_begins_anew() -> None:
    board, _, tell = a_board()
    following = board.follow(7)
    await new(following)
    tell(CallShown(4, "inbound"))
    [began] = await anext(following)
    await following.aclose()
    tell(StreamShown())
    again = board.follow(7, after=began.number)
    assert await new(again) == [("call.state", {"conversation_id": 1, "at_ms": 1500, "state": "listens"})]
    for stale in (began.number - 1_000_000, began.number + 1_000_000):
        anew = board.follow(7, after=stale)
        assert [name for name, _ in await new(anew)] == ["calls"]
        await anew.aclose()
    await again.aclose()


async def test_levels_are_read_only_for_who_follows_and_only_while_the_call_lasts() -> None:
    board, live, tell = a_board()
    tell(CallShown(4, "inbound"))
    live.meter(1, lambda: (-31.6, -96.0))
    following = board.follow(7)
    await new(following)
    assert await new(following) == [("levels", {"levels": {"1": [-32, -96]}})]
    live.meter(1, None)
    assert await new(following) == []
    await following.aclose()


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ([], "listens"),
        ([FloorShown("caller")], "caller"),
        ([ThoughtShown(1)], "thinks"),
        ([ThoughtShown(1), FloorShown("agent")], "agent"),
        ([ThoughtShown(1), FloorShown("agent"), FloorShown("nobody")], "listens"),
        ([FloorShown("contested")], "held"),
        ([FloorShown("yielded")], "held"),
        ([ToolShown("lookup")], "tool"),
        ([ToolShown("lookup"), FloorShown("agent")], "agent"),
        ([ToolShown("lookup"), ToolShown("lookup", "answered")], "listens"),
        ([SecretShown(True)], "secret"),
        ([SecretShown(True), SecretShown(False)], "listens"),
    ],
)
async def test_what_a_call_is_at_is_one_word(told: list[Shown], state: str) -> None:
    board, _, tell = a_board()
    tell(CallShown(4, "inbound"))
    tell(StreamShown())
    for each in told:
        tell(each)
    following = board.follow(7)
    [(_, shown)] = await new(following)
    assert shown["calls"][0]["state"] == state
    await following.aclose()


async def test_a_long_call_shows_its_last_lines_and_an_amended_line_stays_one() -> None:
    board, _, tell = a_board()
    tell(CallShown(4, "inbound"))
    for number in range(LINES_SHOWN + 5):
        tell(RecordEntry(number, 1, Entry("caller", f"line {number}")))
    tell(RecordEntry(LINES_SHOWN, 1, Entry("caller", "amended")))
    following = board.follow(7)
    [(_, shown)] = await new(following)
    lines = shown["calls"][0]["lines"]
    assert (len(lines), lines[0]["text"], lines[-5]["text"]) == (LINES_SHOWN, "line 5", "amended")
    await following.aclose()


async def test_who_leaves_is_counted_no_more() -> None:
    board, _, _ = a_board()
    following = board.follow(7)
    await new(following)
    assert board.followers == 1
    await following.aclose()
    await asyncio.sleep(0)
    assert board.followers == 0


async def test_a_meter_is_read_once_for_all_who_follow_at_that_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_board, "EVERY_S", 3600)
    board, live, tell = a_board()
    tell(CallShown(4, "inbound"))
    reads: list[int] = []

    def meter() -> tuple[float, float]:
        reads.append(1)
        return -31.6, -96.0

    live.meter(1, meter)
    followers = [board.follow(7) for _ in range(50)]
    for following in followers:
        await new(following)
        assert await new(following) == [("levels", {"levels": {"1": [-32, -96]}})]
        await following.aclose()
    assert len(reads) == 1


def test_every_floor_has_its_word() -> None:
    assert set(_BY_FLOOR) == set(get_args(FloorState))


def told_by_another() -> tuple[LiveBoard, Tell]:
    board, _, tell = a_board()
    board.want({7})
    return board, tell


async def test_what_another_server_tells_shows_its_calls_and_then_their_changes() -> None:
    theirs, tell = told_by_another()
    tell(CallShown(4, "inbound"))
    tell(CallShown(5, "inbound"), 2, 8)
    ours, _, _ = a_board()
    following = ours.follow(7)
    assert await new(following) == [("calls", {"calls": []})]
    first = theirs.unsent({7})
    assert first is not None
    assert {each.project_id for each in first.glimpses} == {7}, "nobody follows the other project"
    ours.hear("b", msgspec.json.decode(msgspec.json.encode(first), type=ToldElsewhere), {7})
    assert [name for name, _ in await new(following)] == ["call.began"]
    tell(StreamShown())
    tell(ToolShown("look_up"))
    second = theirs.unsent(())
    assert second is not None
    ours.hear("b", second, {7})
    names = [name for name, _ in await new(following)]
    assert names == ["call.state", "call.tool", "call.state"]
    late = ours.follow(7)
    [(_, shown)] = await new(late)
    assert [(each["conversation_id"], each["tools"]) for each in shown["calls"]] == [(1, ["look_up"])]
    assert theirs.unsent(()) is None
    theirs.want(())
    tell(EndCall("idle"))
    assert theirs.unsent(()) is None, "nobody follows any more"


async def test_the_calls_of_a_server_that_is_gone_leave_the_board() -> None:
    theirs, tell = told_by_another()
    tell(CallShown(4, "inbound"))
    told = theirs.unsent({7})
    assert told is not None
    ours, _, _ = a_board()
    following = ours.follow(7)
    await new(following)
    ours.hear("b", told, {7})
    assert not ours.keep_servers({"b"})
    assert [name for name, _ in await new(following)] == ["call.began"]
    assert ours.keep_servers({"a"})
    [(name, ended)] = await new(following)
    assert (name, ended["conversation_id"], ended["reason"]) == ("call.ended", 1, "server_lost")


async def test_a_number_of_another_server_is_not_gone_on_from() -> None:
    here, there = (LiveBoard(Live(), lambda: NOON, name) for name in ("a", "b"))
    [event] = await anext(here.follow(7))
    assert (await anext(there.follow(7, after=event.number)))[0].name == "calls"

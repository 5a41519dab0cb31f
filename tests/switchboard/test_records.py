"""Records: an outcome is written once and whole, or kept as a file until it can be, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from rapida.call.commands import Entry
from rapida.call.happenings import BargeIn, CallerPressedKey, OtherHappening, ProviderFailed
from rapida.engine.outcome import CallOutcome, WrittenLine
from rapida.errors import StoreError
from rapida.store import conversations, events, turns
from rapida.store.conversations import StoredOutcome
from rapida.switchboard.claims import Claimed
from rapida.switchboard.records import Records
from tests.switchboard.ready_node import NOON, ReadyNode, context_of


class Balky:
    """The node's store, whose next transaction that writes does something else first."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.first: list[Callable[[], Any]] = []

    def write(self) -> Any:
        if self.first:
            self.first.pop(0)()
        return self._store.write()


def away() -> None:
    raise StoreError("the database is away")


def bug() -> None:
    raise KeyError("a bug of ours")


class OverCall:
    """One live call of a node, and the records it is to be written into."""

    def __init__(self, ready: ReadyNode, conversation_id: int, data_dir: Path) -> None:
        self.ready = ready
        self.conversation_id = conversation_id
        self.data_dir = data_dir
        self.store = Balky(ready.node.store)
        self.waiting: list[int] = []
        self.records = Records(self.store, data_dir, ready.clock, self.waiting.append)  # pyright: ignore[reportArgumentType]

    def outcome(self, text: str = "Hello.", **more: Any) -> CallOutcome:
        entry = Entry("agent", text, text)
        lines = {1: WrittenLine(1, entry, 0)}
        return CallOutcome(NOON, NOON + timedelta(seconds=9), "caller_hangup", lines=lines, **more)

    async def write(self, text: str = "Hello.", **more: Any) -> None:
        await self.records.write(self.conversation_id, self.outcome(text, **more))

    @property
    def kept(self) -> list[str]:
        return sorted(path.name for path in (self.data_dir / "unwritten").glob("*"))

    async def written(self) -> tuple[str, str | None, list[str]]:
        """The conversation's status and end, and what was said."""
        async with self.ready.node.store.read() as tx:
            found = await conversations.find(tx, self.conversation_id)
            said = await turns.transcript(tx, self.conversation_id)
        return found.status, found.end_reason, [line.entry.text for line in said]


@pytest.fixture
async def call(ready: ReadyNode, tmp_path: Path) -> OverCall:
    claimed = await ready.opens_stream(context_of(await ready.rings()))
    assert isinstance(claimed, Claimed)
    return OverCall(ready, claimed.conversation.id, tmp_path)


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not happened():
            await asyncio.sleep(0.005)


async def test_an_outcome_is_written_whole(call: OverCall) -> None:
    await call.write(happenings=[(1_000_000, ProviderFailed("llm", "away", "openai", True))])
    assert await call.written() == ("ended", "caller_hangup", ["Hello."])
    async with call.ready.node.store.read() as tx:
        (happened,) = await events.of_conversation(tx, call.conversation_id)
    second = NOON + timedelta(seconds=1)
    assert happened == events.DatedHappening(second, ProviderFailed("llm", "away", "openai", True))
    assert call.kept == []


async def test_what_waits_for_the_database_is_written_when_it_is_back(call: OverCall) -> None:
    call.store.first = [away]
    await call.write()
    assert call.kept == [f"{call.conversation_id}.json"]
    running = asyncio.create_task(call.records.run())
    await until(lambda: call.waiting)
    running.cancel()
    assert (call.kept, call.waiting) == ([], [0])
    assert await call.written() == ("ended", "caller_hangup", ["Hello."])


async def test_half_a_character_is_written_as_a_question_mark(call: OverCall) -> None:
    await call.write("Mon\ud83dday", happenings=[(0, CallerPressedKey("\udc00"))])
    assert await call.written() == ("ended", "caller_hangup", ["Mon?day"])
    async with call.ready.node.store.read() as tx:
        (happened,) = await events.of_conversation(tx, call.conversation_id)
    assert happened.happening == CallerPressedKey("?")


async def test_an_outcome_that_an_earlier_version_left_behind_is_written_with_its_events(
    call: OverCall, tmp_path: Path
) -> None:
    folder = tmp_path / "unwritten"
    folder.mkdir()
    kept = msgspec.to_builtins(StoredOutcome(call.conversation_id, "caller_hangup", NOON, NOON))
    named = [("llm_failed", {"detail": "away"}), ("barge_in", {"detail": "key"}), ("odd", {"a": 1})]
    kept["events"] = [{"at": NOON, "name": name, "detail": detail} for name, detail in named]
    (folder / f"{call.conversation_id}.json").write_bytes(msgspec.json.encode(kept))
    running = asyncio.create_task(call.records.run())
    await until(lambda: call.waiting)
    running.cancel()
    assert (call.kept, call.waiting) == ([], [0])
    async with call.ready.node.store.read() as tx:
        happened = await events.of_conversation(tx, call.conversation_id)
    assert [each.happening for each in happened] == [
        ProviderFailed("llm", "away"),
        BargeIn("key"),
        OtherHappening("odd", {"a": 1}),
    ]


async def test_what_the_database_does_not_take_is_set_aside_and_the_call_ends_all_the_same(
    call: OverCall,
) -> None:
    call.store.first = [bug]
    with capture_logs() as lines:
        await call.write()
    assert await call.written() == ("ended", "caller_hangup", [])
    assert call.kept == [f"{call.conversation_id}.broken"]
    whole = msgspec.json.decode((call.data_dir / "unwritten" / call.kept[0]).read_bytes(), type=StoredOutcome)
    assert whole.turns[0].entry.text == "Hello."
    assert [line["event"] for line in lines] == ["outcome_broken"]


async def test_a_kept_outcome_that_is_never_taken_keeps_no_other_from_being_written(
    call: OverCall, tmp_path: Path
) -> None:
    folder = tmp_path / "unwritten"
    folder.mkdir()
    odd = StoredOutcome(0, "caller_hangup", NOON, NOON)
    (folder / "0.json").write_bytes(msgspec.json.encode(odd))
    call.store.first = [away]
    await call.write()
    call.store.first = [bug, bug]
    running = asyncio.create_task(call.records.run())
    await until(lambda: call.waiting)
    running.cancel()
    assert call.kept == ["0.broken"]
    assert await call.written() == ("ended", "caller_hangup", ["Hello."])


async def test_an_outcome_of_a_conversation_that_is_gone_is_told_and_not_kept(call: OverCall) -> None:
    gone = CallOutcome(NOON, NOON, "caller_hangup")
    with capture_logs() as lines:
        await call.records.write(call.conversation_id + 1, gone)
    assert [line["event"] for line in lines] == ["outcome_without_conversation"]
    assert call.kept == []


async def test_with_neither_database_nor_disk_an_outcome_is_held_until_either_is_back(call: OverCall) -> None:
    blocking = call.data_dir / "unwritten"
    blocking.write_text("a file where the folder should be")
    call.store.first = [away, away]
    with capture_logs() as lines:
        await call.write()
    assert [(line["event"], line["kept"]) for line in lines] == [("outcome_waits", "memory")]
    running = asyncio.create_task(call.records.run())
    await until(lambda: call.waiting)
    assert call.waiting == [1], "what is held in memory counts as unwritten"
    running.cancel()
    assert (await call.written())[0] == "live"
    running = asyncio.create_task(call.records.run())
    await until(lambda: call.waiting[-1] == 0)
    running.cancel()
    assert await call.written() == ("ended", "caller_hangup", ["Hello."])
    assert blocking.is_file()


async def test_what_is_held_when_the_process_ends_is_written_to_a_file_or_told(call: OverCall) -> None:
    blocking = call.data_dir / "unwritten"
    blocking.write_text("a file where the folder should be")
    call.store.first = [away] * 10
    await call.write()
    running = asyncio.create_task(call.records.run())
    await until(lambda: call.waiting)
    with capture_logs() as lines:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [(line["event"], line["conversation_id"]) for line in lines] == [
        ("outcome_lost", call.conversation_id)
    ]
    blocking.unlink()
    running = asyncio.create_task(call.records.run())
    await until(lambda: len(call.waiting) > 1)
    running.cancel()
    assert call.kept == [f"{call.conversation_id}.json"]


async def test_an_outcome_whose_writing_is_cancelled_is_kept(call: OverCall) -> None:
    hanging = asyncio.Event()

    class Hanging:
        async def __aenter__(self) -> None:
            hanging.set()
            await asyncio.Event().wait()

        async def __aexit__(self, *_: object) -> None: ...

    call.store.write = Hanging
    writing = asyncio.create_task(call.write())
    await hanging.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert call.kept == [f"{call.conversation_id}.json"]


async def test_a_recording_that_is_gone_costs_the_recording_only(call: OverCall) -> None:
    with capture_logs() as lines:
        await call.write(recording=call.data_dir / "recordings" / "1.wav", recording_ms=9)
    assert await call.written() == ("ended", "caller_hangup", ["Hello."])
    assert [line["event"] for line in lines] == ["recording_lost"]

"""Servers of one database: the calls of one that is gone are closed, those of the living are left alone."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from rapida.audio import wav
from rapida.call.commands import Entry
from rapida.errors import ConfigurationError, VaultError
from rapida.node.clock import LONGEST_CALL
from rapida.node.files import Paths
from rapida.node.node import Node
from rapida.node.peers import DEAD_AFTER, Peers, rotate
from rapida.store import contexts, conversations, credentials, recordings
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation, StoredOutcome
from rapida.store.recordings import Recording
from rapida.store.tables import contexts as contexts_table
from rapida.store.tables import servers as servers_table
from rapida.store.turns import TranscriptLine
from rapida.vault.sealing import Keyring, Vault
from tests.switchboard.ready_node import CALL, NOON, ReadyNode, context_of

DEAD_S = DEAD_AFTER.total_seconds()
OTHER_CALL = "CA" + "3" * 32


async def called(ready: ReadyNode, call_sid: str = CALL) -> UUID:
    """A call whose stream this node's server holds."""
    context_id = context_of(await ready.rings(CallSid=call_sid))
    await ready.opens_stream(context_id)
    return context_id


async def rows(ready: ReadyNode, context_id: UUID) -> tuple[Context, Conversation]:
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, context_id)
        assert context is not None
        return context, await conversations.find(tx, context.conversation_id)


def elsewhere(ready: ReadyNode) -> ReadyNode:
    """The same database and the same time, in another server."""
    return replace(ready, node=replace(ready.node, server_id="another"))


def peers(ready: ReadyNode, data_dir: Path) -> Peers:
    data_dir.mkdir(exist_ok=True)
    paths = Paths(data_dir)
    paths.make()
    return Peers(ready.node, paths)


async def watching(*watches: Peers, ready: ReadyNode, for_s: float) -> list[int]:
    """Everybody looks around every ten seconds; how many calls each has closed."""
    closed = [0 for _ in watches]
    for _ in range(int(for_s // 10)):
        ready.clock.turn(seconds=10)
        for nth, each in enumerate(watches):
            closed[nth] += await each.look_around()
    return closed


async def test_a_server_is_alone_until_another_speaks_and_when_that_is_silent_again(
    ready: ReadyNode, tmp_path: Path
) -> None:
    ours, other = peers(ready, tmp_path / "ours"), peers(elsewhere(ready), tmp_path / "other")
    await ours.join()
    assert await ours.alone()
    await other.join()
    assert not await ours.alone()
    ready.clock.turn(seconds=DEAD_S)
    assert await ours.alone()
    await other.join()
    assert not await ours.alone()
    await other.leave()
    assert await ours.alone()


async def test_the_call_of_a_server_that_is_gone_is_closed_when_it_was_last_heard_of(
    ready: ReadyNode, tmp_path: Path
) -> None:
    context_id = await called(ready)
    await peers(ready, tmp_path / "gone").look_around()
    survivor = peers(elsewhere(ready), tmp_path)
    assert await watching(survivor, ready=ready, for_s=DEAD_S - 10) == [0]
    assert (await rows(ready, context_id))[1].status == "live"
    assert await watching(survivor, ready=ready, for_s=20) == [1]
    context, conversation = await rows(ready, context_id)
    assert (context.status, context.ended_at, context.holder) == ("ended", NOON, ready.node.server_id)
    assert (conversation.status, conversation.end_reason) == ("ended", "server_lost")
    assert (conversation.ended_at, conversation.recorded_at) == (NOON, None)
    assert await watching(survivor, ready=ready, for_s=60) == [0]
    async with ready.node.store.read() as tx:
        left = await tx.execute(select(servers_table.c.id))
        assert left.scalars().all() == ["another"]


async def test_the_calls_of_servers_that_live_are_left_alone(ready: ReadyNode, tmp_path: Path) -> None:
    other = elsewhere(ready)
    mine, theirs = await called(ready), await called(other, OTHER_CALL)
    watches = peers(ready, tmp_path / "mine"), peers(other, tmp_path / "theirs")
    assert await watching(*watches, ready=ready, for_s=600) == [0, 0]
    for context_id in (mine, theirs):
        context, conversation = await rows(ready, context_id)
        assert (context.status, conversation.status) == ("claimed", "live")


async def test_the_first_call_of_a_server_that_has_not_said_a_word_yet_is_left_alone(
    ready: ReadyNode, tmp_path: Path
) -> None:
    survivor = peers(elsewhere(ready), tmp_path)
    await watching(survivor, ready=ready, for_s=20)
    context_id = await called(ready)
    assert await watching(survivor, ready=ready, for_s=DEAD_S - 10) == [0]
    assert (await rows(ready, context_id))[1].status == "live"
    assert await watching(survivor, ready=ready, for_s=10) == [1]


async def test_who_was_away_judges_nobody_before_the_next_look(ready: ReadyNode, tmp_path: Path) -> None:
    context_id = await called(ready)
    one, two = peers(ready, tmp_path / "one"), peers(elsewhere(ready), tmp_path / "two")
    await watching(one, two, ready=ready, for_s=20)
    ready.clock.turn(seconds=3600)  # the database was away: nobody could say a word
    assert await two.look_around() == 0
    assert await one.look_around() == 0
    assert await watching(one, two, ready=ready, for_s=60) == [0, 0]
    assert (await rows(ready, context_id))[1].status == "live"


async def test_a_call_without_a_name_on_it_is_over_when_no_call_can_be_that_long(
    ready: ReadyNode, tmp_path: Path
) -> None:
    """Claimed by a version that gave no name."""
    context_id = await called(ready)
    async with ready.node.store.write() as tx:
        await tx.execute(update(contexts_table).values(holder=None))
    survivor = peers(elsewhere(ready), tmp_path)
    ready.clock.turn(seconds=LONGEST_CALL.total_seconds() - 30)
    assert await watching(survivor, ready=ready, for_s=20) == [0]
    assert await watching(survivor, ready=ready, for_s=10) == [1]
    assert (await rows(ready, context_id))[1].end_reason == "server_lost"


async def lost(ready: ReadyNode, data_dir: Path) -> UUID:
    """A call of a server that is gone, closed by the one that has this data directory."""
    context_id = await called(ready)
    survivor = peers(elsewhere(ready), data_dir)
    assert await watching(survivor, ready=ready, for_s=DEAD_S + 10) == [1]
    return context_id


async def test_the_carriers_word_on_a_lost_call_is_still_taken(ready: ReadyNode, tmp_path: Path) -> None:
    context_id = await lost(ready, tmp_path)
    await ready.reports(context_id, CallStatus="completed", SequenceNumber="3", CallDuration="42")
    context, conversation = await rows(ready, context_id)
    assert context.call_status == conversation.call_status == "completed"
    assert conversation.end_reason == "server_lost"


async def test_a_lost_call_takes_no_line_any_more(ready: ReadyNode, tmp_path: Path) -> None:
    await lost(ready, tmp_path)
    async with ready.node.store.read() as tx:
        since = ready.clock.now - timedelta(hours=4)
        assert await contexts.in_use(tx, ready.assistant_id, since, ready.clock.now) == 0


async def test_what_a_lost_call_left_in_our_data_directory_is_kept(ready: ReadyNode, tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.make()
    paths.journal(1).write_text("{}\n")
    with paths.recording(1).open("wb") as file:
        wav.WavWriter(file, wav.Format(channels=2)).write(bytes(4 * 8000) + b"\1")
    context_id = await lost(ready, tmp_path)
    assert (await rows(ready, context_id))[1].journal_path == "journals/1.jsonl"
    async with ready.node.store.read() as tx:
        (recording,) = await recordings.of_conversation(tx, 1)
    size = paths.recording(1).stat().st_size
    assert recording == Recording("recordings/1.wav", 1000, size, bytes(128))
    assert len(wav.read(paths.recording(1).read_bytes()).data) == 4 * 8000


async def test_a_recording_that_cannot_be_mended_does_not_keep_a_call_open(
    ready: ReadyNode, tmp_path: Path
) -> None:
    paths = Paths(tmp_path)
    paths.make()
    paths.recording(1).write_bytes(b"no sound")
    context_id = await lost(ready, tmp_path)
    _, conversation = await rows(ready, context_id)
    assert (conversation.status, conversation.journal_path) == ("ended", None)
    async with ready.node.store.read() as tx:
        assert await recordings.of_conversation(tx, 1) == []


async def test_an_outcome_that_comes_after_all_has_the_last_word(ready: ReadyNode, tmp_path: Path) -> None:
    """The server was only cut off, or had put the outcome by until the database is back."""
    paths = Paths(tmp_path)
    paths.make()
    with paths.recording(1).open("wb") as file:
        wav.WavWriter(file, wav.Format(channels=2)).write(bytes(4 * 8000))
    context_id = await lost(ready, tmp_path)
    whole = Recording("recordings/1.wav", 9000, 1)
    outcome = StoredOutcome(
        1,
        "agent_hangup",
        NOON,
        ready.clock.now,
        turns=(TranscriptLine(1, 1, Entry("agent", "Hello.", heard="Hello.")),),
        recording=whole,
        journal_path="journals/1.jsonl",
    )
    async with ready.node.store.write() as tx:
        assert await conversations.finish(tx, outcome, ready.clock.now)
    _, conversation = await rows(ready, context_id)
    assert (conversation.end_reason, conversation.ended_at) == ("agent_hangup", ready.clock.now)
    async with ready.node.store.read() as tx:
        assert await recordings.of_conversation(tx, 1) == [whole]


def in_server(ready: ReadyNode, name: str, *keys: str) -> Node:
    ring = Keyring({key: key.encode()[:1] * 32 for key in keys})
    return Node(ready.node.store, Vault(ring), ready.node.addresses, ready.clock, server_id=name)


async def rotated(ready: ReadyNode, *keys: str) -> int:
    node = in_server(ready, "cli", *keys)
    async with node.store.write() as tx:
        return (await rotate(tx, node.vault, ready.clock.now)).changed


async def sealed_with(ready: ReadyNode) -> set[str]:
    async with ready.node.store.read() as tx:
        return set(await credentials.by_key(tx))


async def test_secrets_are_not_moved_to_a_key_that_a_living_server_lacks(
    ready: ReadyNode, tmp_path: Path
) -> None:
    paths = Paths(tmp_path)
    lacking = Peers(in_server(ready, "lacking", "k1"), paths)
    await lacking.join()
    await Peers(in_server(ready, "other", "k1", "n2"), paths).join()
    with pytest.raises(ConfigurationError, match="'n2' is not loaded") as refused:
        await rotated(ready, "n2", "k1")
    named = f"on {socket.gethostname()} (process {os.getpid()}): add it"
    assert named in str(refused.value), "one of the two"
    assert await sealed_with(ready) == {"k1"}
    await lacking.leave()
    assert await rotated(ready, "n2", "k1") == 1
    assert await sealed_with(ready) == {"n2"}


async def test_a_server_that_was_killed_holds_a_rotation_up_until_it_counts_as_dead(
    ready: ReadyNode, tmp_path: Path
) -> None:
    await Peers(in_server(ready, "killed", "k1"), Paths(tmp_path)).join()
    ready.clock.turn(seconds=DEAD_S - 1)
    with pytest.raises(ConfigurationError, match="is not loaded"):
        await rotated(ready, "n2", "k1")
    ready.clock.turn(seconds=1)
    assert await rotated(ready, "n2", "k1") == 1


async def test_another_key_under_the_same_id_counts_as_not_loaded(ready: ReadyNode, tmp_path: Path) -> None:
    server = in_server(ready, "other", "k1", "n2")
    mistaken = replace(server, vault=Vault(Keyring({"k1": b"k" * 32, "n2": b"x" * 32})))
    await Peers(mistaken, Paths(tmp_path)).join()
    with pytest.raises(ConfigurationError, match="or is another one"):
        await rotated(ready, "n2", "k1")


async def test_a_version_that_does_not_say_its_keys_counts_as_having_none(
    ready: ReadyNode, tmp_path: Path
) -> None:
    await Peers(in_server(ready, "older", "k1", "n2"), Paths(tmp_path)).join()
    async with ready.node.store.write() as tx:
        await tx.execute(update(servers_table).values(name=None, key_marks=None))
    with pytest.raises(ConfigurationError, match="on older: add it"):
        await rotated(ready, "n2", "k1")


async def test_a_server_that_started_during_a_rotation_without_its_key_does_not_begin(
    ready: ReadyNode, tmp_path: Path
) -> None:
    late = Peers(in_server(ready, "late", "k1"), Paths(tmp_path))
    assert await rotated(ready, "n2", "k1") == 1
    with pytest.raises(VaultError, match="'n2' is not loaded"):
        await late.join()
    assert await ready.count(servers_table) == 0


async def test_a_server_has_one_row_however_often_it_is_heard_of(ready: ReadyNode, tmp_path: Path) -> None:
    await watching(peers(ready, tmp_path), ready=ready, for_s=100)
    async with ready.node.store.read() as tx:
        counted = await tx.execute(select(func.count()).select_from(servers_table))
        (row,) = (await tx.execute(select(servers_table))).all()
    assert counted.scalar_one() == 1
    assert (row.started_at, row.heard_at) == (NOON + timedelta(seconds=10), ready.clock.now)

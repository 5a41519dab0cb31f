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
from tests.switchboard.office import CALL, NOON, Office, context_of

DEAD_S = DEAD_AFTER.total_seconds()
OTHER_CALL = "CA" + "3" * 32


async def called(office: Office, call_sid: str = CALL) -> UUID:
    """A call whose stream this office's server holds."""
    context_id = context_of(await office.rings(CallSid=call_sid))
    await office.opens_stream(context_id)
    return context_id


async def rows(office: Office, context_id: UUID) -> tuple[Context, Conversation]:
    async with office.node.store.read() as tx:
        context = await contexts.find(tx, context_id)
        assert context is not None
        return context, await conversations.find(tx, context.conversation_id)


def elsewhere(office: Office) -> Office:
    """The same database and the same time, in another server."""
    return replace(office, node=replace(office.node, server_id="another"))


def peers(office: Office, data_dir: Path) -> Peers:
    data_dir.mkdir(exist_ok=True)
    paths = Paths(data_dir)
    paths.make()
    return Peers(office.node, paths)


async def watching(*watches: Peers, office: Office, for_s: float) -> list[int]:
    """Everybody looks around every ten seconds; how many calls each has closed."""
    closed = [0 for _ in watches]
    for _ in range(int(for_s // 10)):
        office.clock.turn(seconds=10)
        for nth, each in enumerate(watches):
            closed[nth] += await each.look_around()
    return closed


async def test_a_server_is_alone_until_another_speaks_and_when_that_is_silent_again(
    office: Office, tmp_path: Path
) -> None:
    ours, other = peers(office, tmp_path / "ours"), peers(elsewhere(office), tmp_path / "other")
    await ours.join()
    assert await ours.alone()
    await other.join()
    assert not await ours.alone()
    office.clock.turn(seconds=DEAD_S)
    assert await ours.alone()
    await other.join()
    assert not await ours.alone()
    await other.leave()
    assert await ours.alone()


async def test_the_call_of_a_server_that_is_gone_is_closed_when_it_was_last_heard_of(
    office: Office, tmp_path: Path
) -> None:
    context_id = await called(office)
    await peers(office, tmp_path / "gone").look_around()
    survivor = peers(elsewhere(office), tmp_path)
    assert await watching(survivor, office=office, for_s=DEAD_S - 10) == [0]
    assert (await rows(office, context_id))[1].status == "live"
    assert await watching(survivor, office=office, for_s=20) == [1]
    context, conversation = await rows(office, context_id)
    assert (context.status, context.ended_at, context.holder) == ("ended", NOON, office.node.server_id)
    assert (conversation.status, conversation.end_reason) == ("ended", "server_lost")
    assert (conversation.ended_at, conversation.recorded_at) == (NOON, None)
    assert await watching(survivor, office=office, for_s=60) == [0]
    async with office.node.store.read() as tx:
        left = await tx.execute(select(servers_table.c.id))
        assert left.scalars().all() == ["another"]


async def test_the_calls_of_servers_that_live_are_left_alone(office: Office, tmp_path: Path) -> None:
    other = elsewhere(office)
    mine, theirs = await called(office), await called(other, OTHER_CALL)
    watches = peers(office, tmp_path / "mine"), peers(other, tmp_path / "theirs")
    assert await watching(*watches, office=office, for_s=600) == [0, 0]
    for context_id in (mine, theirs):
        context, conversation = await rows(office, context_id)
        assert (context.status, conversation.status) == ("claimed", "live")


async def test_the_first_call_of_a_server_that_has_not_said_a_word_yet_is_left_alone(
    office: Office, tmp_path: Path
) -> None:
    survivor = peers(elsewhere(office), tmp_path)
    await watching(survivor, office=office, for_s=20)
    context_id = await called(office)
    assert await watching(survivor, office=office, for_s=DEAD_S - 10) == [0]
    assert (await rows(office, context_id))[1].status == "live"
    assert await watching(survivor, office=office, for_s=10) == [1]


async def test_who_was_away_judges_nobody_before_the_next_look(office: Office, tmp_path: Path) -> None:
    context_id = await called(office)
    one, two = peers(office, tmp_path / "one"), peers(elsewhere(office), tmp_path / "two")
    await watching(one, two, office=office, for_s=20)
    office.clock.turn(seconds=3600)  # the database was away: nobody could say a word
    assert await two.look_around() == 0
    assert await one.look_around() == 0
    assert await watching(one, two, office=office, for_s=60) == [0, 0]
    assert (await rows(office, context_id))[1].status == "live"


async def test_a_call_without_a_name_on_it_is_over_when_no_call_can_be_that_long(
    office: Office, tmp_path: Path
) -> None:
    """Claimed by a version that gave no name."""
    context_id = await called(office)
    async with office.node.store.write() as tx:
        await tx.execute(update(contexts_table).values(holder=None))
    survivor = peers(elsewhere(office), tmp_path)
    office.clock.turn(seconds=LONGEST_CALL.total_seconds() - 30)
    assert await watching(survivor, office=office, for_s=20) == [0]
    assert await watching(survivor, office=office, for_s=10) == [1]
    assert (await rows(office, context_id))[1].end_reason == "server_lost"


async def lost(office: Office, data_dir: Path) -> UUID:
    """A call of a server that is gone, closed by the one that has this data directory."""
    context_id = await called(office)
    survivor = peers(elsewhere(office), data_dir)
    assert await watching(survivor, office=office, for_s=DEAD_S + 10) == [1]
    return context_id


async def test_the_carriers_word_on_a_lost_call_is_still_taken(office: Office, tmp_path: Path) -> None:
    context_id = await lost(office, tmp_path)
    await office.reports(context_id, CallStatus="completed", SequenceNumber="3", CallDuration="42")
    context, conversation = await rows(office, context_id)
    assert context.call_status == conversation.call_status == "completed"
    assert conversation.end_reason == "server_lost"


async def test_a_lost_call_takes_no_line_any_more(office: Office, tmp_path: Path) -> None:
    await lost(office, tmp_path)
    async with office.node.store.read() as tx:
        since = office.clock.now - timedelta(hours=4)
        assert await contexts.in_use(tx, office.assistant_id, since, office.clock.now) == 0


async def test_what_a_lost_call_left_in_our_data_directory_is_kept(office: Office, tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.make()
    paths.journal(1).write_text("{}\n")
    with paths.recording(1).open("wb") as file:
        wav.WavWriter(file, wav.Format(channels=2)).write(bytes(4 * 8000) + b"\1")
    context_id = await lost(office, tmp_path)
    assert (await rows(office, context_id))[1].journal_path == "journals/1.jsonl"
    async with office.node.store.read() as tx:
        (recording,) = await recordings.of_conversation(tx, 1)
    size = paths.recording(1).stat().st_size
    assert recording == Recording("recordings/1.wav", 1000, size)
    assert len(wav.read(paths.recording(1).read_bytes()).data) == 4 * 8000


async def test_a_recording_that_cannot_be_mended_does_not_keep_a_call_open(
    office: Office, tmp_path: Path
) -> None:
    paths = Paths(tmp_path)
    paths.make()
    paths.recording(1).write_bytes(b"no sound")
    context_id = await lost(office, tmp_path)
    _, conversation = await rows(office, context_id)
    assert (conversation.status, conversation.journal_path) == ("ended", None)
    async with office.node.store.read() as tx:
        assert await recordings.of_conversation(tx, 1) == []


async def test_an_outcome_that_comes_after_all_has_the_last_word(office: Office, tmp_path: Path) -> None:
    """The server was only cut off, or had put the outcome by until the database is back."""
    paths = Paths(tmp_path)
    paths.make()
    with paths.recording(1).open("wb") as file:
        wav.WavWriter(file, wav.Format(channels=2)).write(bytes(4 * 8000))
    context_id = await lost(office, tmp_path)
    whole = Recording("recordings/1.wav", 9000, 1)
    outcome = StoredOutcome(
        1,
        "agent_hangup",
        NOON,
        office.clock.now,
        turns=(TranscriptLine(1, 1, Entry("agent", "Hello.", heard="Hello.")),),
        recording=whole,
        journal_path="journals/1.jsonl",
    )
    async with office.node.store.write() as tx:
        assert await conversations.finish(tx, outcome, office.clock.now)
    _, conversation = await rows(office, context_id)
    assert (conversation.end_reason, conversation.ended_at) == ("agent_hangup", office.clock.now)
    async with office.node.store.read() as tx:
        assert await recordings.of_conversation(tx, 1) == [whole]


def in_server(office: Office, name: str, *keys: str) -> Node:
    ring = Keyring({key: key.encode()[:1] * 32 for key in keys})
    return Node(office.node.store, Vault(ring), office.node.addresses, office.clock, server_id=name)


async def rotated(office: Office, *keys: str) -> int:
    node = in_server(office, "cli", *keys)
    async with node.store.write() as tx:
        return (await rotate(tx, node.vault, office.clock.now)).changed


async def sealed_with(office: Office) -> set[str]:
    async with office.node.store.read() as tx:
        return set(await credentials.by_key(tx))


async def test_secrets_are_not_moved_to_a_key_that_a_living_server_lacks(
    office: Office, tmp_path: Path
) -> None:
    paths = Paths(tmp_path)
    lacking = Peers(in_server(office, "lacking", "k1"), paths)
    await lacking.join()
    await Peers(in_server(office, "other", "k1", "n2"), paths).join()
    with pytest.raises(ConfigurationError, match="'n2' is not loaded") as refused:
        await rotated(office, "n2", "k1")
    named = f"on {socket.gethostname()} (process {os.getpid()}): add it"
    assert named in str(refused.value), "one of the two"
    assert await sealed_with(office) == {"k1"}
    await lacking.leave()
    assert await rotated(office, "n2", "k1") == 1
    assert await sealed_with(office) == {"n2"}


async def test_a_server_that_was_killed_holds_a_rotation_up_until_it_counts_as_dead(
    office: Office, tmp_path: Path
) -> None:
    await Peers(in_server(office, "killed", "k1"), Paths(tmp_path)).join()
    office.clock.turn(seconds=DEAD_S - 1)
    with pytest.raises(ConfigurationError, match="is not loaded"):
        await rotated(office, "n2", "k1")
    office.clock.turn(seconds=1)
    assert await rotated(office, "n2", "k1") == 1


async def test_another_key_under_the_same_id_counts_as_not_loaded(office: Office, tmp_path: Path) -> None:
    server = in_server(office, "other", "k1", "n2")
    mistaken = replace(server, vault=Vault(Keyring({"k1": b"k" * 32, "n2": b"x" * 32})))
    await Peers(mistaken, Paths(tmp_path)).join()
    with pytest.raises(ConfigurationError, match="or is another one"):
        await rotated(office, "n2", "k1")


async def test_a_version_that_does_not_say_its_keys_counts_as_having_none(
    office: Office, tmp_path: Path
) -> None:
    await Peers(in_server(office, "older", "k1", "n2"), Paths(tmp_path)).join()
    async with office.node.store.write() as tx:
        await tx.execute(update(servers_table).values(name=None, key_marks=None))
    with pytest.raises(ConfigurationError, match="on older: add it"):
        await rotated(office, "n2", "k1")


async def test_a_server_that_started_during_a_rotation_without_its_key_does_not_begin(
    office: Office, tmp_path: Path
) -> None:
    late = Peers(in_server(office, "late", "k1"), Paths(tmp_path))
    assert await rotated(office, "n2", "k1") == 1
    with pytest.raises(VaultError, match="'n2' is not loaded"):
        await late.join()
    assert await office.count(servers_table) == 0


async def test_a_server_has_one_row_however_often_it_is_heard_of(office: Office, tmp_path: Path) -> None:
    await watching(peers(office, tmp_path), office=office, for_s=100)
    async with office.node.store.read() as tx:
        counted = await tx.execute(select(func.count()).select_from(servers_table))
        (row,) = (await tx.execute(select(servers_table))).all()
    assert counted.scalar_one() == 1
    assert (row.started_at, row.heard_at) == (NOON + timedelta(seconds=10), office.clock.now)

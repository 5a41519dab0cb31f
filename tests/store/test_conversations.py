"""Conversations: begun by a webhook, claimed by a stream, written whole and once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from rapida.call.commands import Entry, Stages
from rapida.call.happenings import BargeIn, StreamLost
from rapida.errors import NotFound
from rapida.store import contexts, conversations, erasing, events, recordings, turns
from rapida.store.conversations import Conversation, GivenAnswer, NewConversation, StoredOutcome
from rapida.store.events import DatedHappening
from rapida.store.recordings import Recording
from rapida.store.turns import TranscriptLine, TurnTiming
from tests.switchboard.ready_node import NOON, ReadyNode, context_of

LATER = NOON + timedelta(seconds=42)
STAGES = Stages(1, 2, 3, 4, 5, 6, 7, 8, total_us=36, saved_us=9)


def an_outcome(conversation_id: int) -> StoredOutcome:
    return StoredOutcome(
        conversation_id=conversation_id,
        end_reason="agent_hangup",
        started_at=NOON,
        ended_at=LATER,
        turns=(
            TranscriptLine(2, 1, Entry("caller", "stop", kind="said")),
            TranscriptLine(1, 1, Entry("agent", "One, two, three", heard="One,", cut=True)),
        ),
        stages=(TurnTiming(2, STAGES), TurnTiming(1, STAGES)),
        events=(DatedHappening(LATER, StreamLost(1006)), DatedHappening(NOON, BargeIn("key"))),
        recording=Recording("recordings/1.wav", 42_000, 672_044),
        journal_path="journals/1.jsonl",
        usage={"llm": {"input_tokens": 12}},
        answers=(GivenAnswer("day", "2027-03-31"), GivenAnswer("name", "Anna")),
    )


async def rung(ready: ReadyNode) -> tuple[UUID, int]:
    context_id = context_of(await ready.rings())
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, context_id)
    assert context is not None
    return context_id, context.conversation_id


async def found(ready: ReadyNode, conversation_id: int) -> Conversation:
    async with ready.node.store.read() as tx:
        return await conversations.find(tx, conversation_id)


async def test_an_outcome_is_read_back_whole_and_in_order(ready: ReadyNode) -> None:
    context_id, conversation_id = await rung(ready)
    await ready.opens_stream(context_id)
    outcome = an_outcome(conversation_id)
    async with ready.node.store.write() as tx:
        assert await conversations.finish(tx, outcome, LATER)
    written = await found(ready, conversation_id)
    assert (written.status, written.end_reason, written.recorded_at) == ("ended", "agent_hangup", LATER)
    assert written.answers == [{"slot": "day", "value": "2027-03-31"}, {"slot": "name", "value": "Anna"}]
    assert (written.usage, written.journal_path) == (outcome.usage, outcome.journal_path)
    assert (written.started_at, written.ended_at) == (NOON, LATER)
    async with ready.node.store.read() as tx:
        assert await turns.transcript(tx, conversation_id) == [outcome.turns[1], outcome.turns[0]]
        assert await turns.timings(tx, conversation_id) == [TurnTiming(1, STAGES), TurnTiming(2, STAGES)]
        assert await events.of_conversation(tx, conversation_id) == [outcome.events[1], outcome.events[0]]
        assert await recordings.of_conversation(tx, conversation_id) == [outcome.recording]
        context = await contexts.find(tx, context_id)
    assert context is not None
    assert (context.status, context.ended_at) == ("ended", LATER)


async def test_writing_an_outcome_again_changes_nothing(ready: ReadyNode) -> None:
    _, conversation_id = await rung(ready)
    async with ready.node.store.write() as tx:
        assert await conversations.finish(tx, an_outcome(conversation_id), LATER)
    again = msgspec.structs.replace(an_outcome(conversation_id), end_reason="internal_error")
    async with ready.node.store.write() as tx:
        assert not await conversations.finish(tx, again, LATER)
        assert len(await turns.transcript(tx, conversation_id)) == 2
    assert (await found(ready, conversation_id)).end_reason == "agent_hangup"


async def test_an_outcome_of_nothing_said_is_written_too(ready: ReadyNode) -> None:
    _, conversation_id = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.finish(tx, StoredOutcome(conversation_id, "caller_hangup", NOON, LATER), LATER)
        assert await turns.transcript(tx, conversation_id) == []
        assert await recordings.of_conversation(tx, conversation_id) == []


async def test_an_outcome_has_the_last_word_over_the_carriers(ready: ReadyNode) -> None:
    _, conversation_id = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.end(tx, conversation_id, "completed", NOON)
        assert (await conversations.find(tx, conversation_id)).end_reason == "completed"
        await conversations.finish(tx, an_outcome(conversation_id), LATER)
        await conversations.end(tx, conversation_id, "completed", NOON)
    assert (await found(ready, conversation_id)).end_reason == "agent_hangup"


async def test_an_outcome_of_an_unknown_conversation_is_not_found(ready: ReadyNode) -> None:
    with pytest.raises(NotFound, match="there is no conversation 99"):
        async with ready.node.store.write() as tx:
            await conversations.finish(tx, an_outcome(99), LATER)


def test_an_outcome_survives_as_json_until_the_database_is_back() -> None:
    outcome = an_outcome(7)
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=StoredOutcome) == outcome


async def test_an_outcome_that_comes_after_the_erasing_is_not_written(
    ready: ReadyNode,
) -> None:
    draft = NewConversation(ready.project_id, ready.assistant_id, 1, "inbound", "+1", "+2")
    async with ready.node.store.write() as tx:
        number = await conversations.create(tx, draft, NOON)
        await conversations.end(tx, number, "completed", NOON)
        await erasing.erase(tx, number, NOON)
        assert not await conversations.finish(tx, an_outcome(number), LATER)
        await events.add(tx, number, [DatedHappening(LATER, BargeIn("key"))])
        assert not await recordings.add(tx, number, Recording("recordings/1.wav", 1, 1), LATER)
        await conversations.keep_journal(tx, number, "journals/1.jsonl")
        assert (await turns.transcript(tx, number), await events.of_conversation(tx, number)) == ([], [])
        assert await recordings.of_conversation(tx, number) == []
        assert (await conversations.find(tx, number)).journal_path is None


async def test_a_conversation_that_was_given_up_is_reopened_for_its_own_reason_alone(
    ready: ReadyNode,
) -> None:
    context_id, number = await rung(ready)
    async with ready.node.store.write() as tx:
        await conversations.end(tx, number, "unknown", NOON)
        await conversations.reopen(tx, context_id, "another")
    assert (await found(ready, number)).status == "ended"
    async with ready.node.store.write() as tx:
        await conversations.reopen(tx, context_id, "unknown")
        await conversations.set_call_status(tx, number, "ringing")
        await conversations.keep_journal(tx, number, "1.jsonl")
    again = await found(ready, number)
    assert (again.status, again.end_reason, again.ended_at) == ("waiting", None, None)
    assert (again.call_status, again.journal_path) == ("ringing", "1.jsonl")

"""Conversations: what one assistant and one caller say in one call, from the webhook to its outcome.

A conversation waits until a stream claims its context, is live until the call ends, and is written once,
whole, afterwards: a call never waits for the database, its outcome does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select, update

from ..errors import NotFound
from . import events, recordings, turns
from .db import Transaction
from .tables import contexts, conversations

Direction = Literal["inbound", "outbound"]
Status = Literal["waiting", "live", "ended"]
Channel = Literal["phone", "browser", "text"]
"""How a conversation is held: by telephone, by sound without one, or in writing."""


class GivenAnswer(Struct, frozen=True):
    """What the caller answered to a flow's question: the slot that it fills, and its value."""

    slot: str
    value: str


class Conversation(Struct, frozen=True):
    """One row. `end_reason` is the call core's, or the carrier's word while no outcome is written."""

    id: int
    project_id: int
    assistant_id: int
    assistant_version: int
    direction: Direction
    status: Status
    caller: str
    callee: str
    arguments: dict[str, str]
    created_at: datetime
    call_status: str | None = None
    end_reason: str | None = None
    usage: dict[str, Any] | None = None
    journal_path: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    metadata: dict[str, Any] = {}
    """What an outbound call's asker wants to find again; nobody else reads it."""
    recorded_at: datetime | None = None
    """When the outcome was written; None = not yet, or the call never had a stream."""
    erased_at: datetime | None = None
    """When its words, sounds and numbers were deleted."""
    note: str | None = None
    """What people wrote about it."""
    usual_ms: int | None = None
    """How long the caller waited for the middle one of its replies; None before it is filed, or without."""
    slowest_ms: int | None = None
    answers: list[dict[str, str]] | None = None
    """What the caller answered, as `GivenAnswer`s; None while no outcome is written."""
    channel: Channel = "phone"

    @property
    def duration_ms(self) -> int | None:
        """Of its stream; None while it goes on, or without."""
        if self.started_at is None or self.ended_at is None:
            return None
        return round((self.ended_at - self.started_at).total_seconds() * 1000)


COLUMNS = [conversations.c[name] for name in Conversation.__struct_fields__]
"""What a `Conversation` is made of, in its order."""
_CREATE = insert(conversations).returning(conversations.c.id)


class StoredOutcome(Struct, frozen=True, omit_defaults=True):
    """What a call leaves behind. Plain data: it can be kept as JSON until the database is back."""

    conversation_id: int
    end_reason: str
    started_at: datetime
    ended_at: datetime
    turns: tuple[turns.TranscriptLine, ...] = ()
    stages: tuple[turns.TurnTiming, ...] = ()
    events: tuple[events.DatedHappening, ...] = ()
    recording: recordings.Recording | None = None
    journal_path: str | None = None
    usage: dict[str, Any] = {}
    answers: tuple[GivenAnswer, ...] = ()


class NewConversation(Struct, frozen=True):
    """A conversation to be. `caller` and `callee` are as the carrier wrote them, "" when it did not."""

    project_id: int
    assistant_id: int
    assistant_version: int
    direction: Direction
    caller: str
    callee: str
    arguments: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    channel: Channel = "phone"


async def create(tx: Transaction, draft: NewConversation, now: datetime) -> int:
    """A new waiting conversation's id."""
    made = await tx.execute(
        _CREATE, {**msgspec.structs.asdict(draft), "status": "waiting", "created_at": now}
    )
    return made.scalar_one()


async def find(tx: Transaction, conversation_id: int) -> Conversation:
    """Raises `NotFound`."""
    row = (await tx.execute(select(*COLUMNS).where(conversations.c.id == conversation_id))).first()
    if row is None:
        raise NotFound("conversation", conversation_id)
    return Conversation(*row)


async def begin(tx: Transaction, conversation_id: int, now: datetime) -> None:
    """A stream has claimed the conversation, even one that was given up."""
    await tx.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(status="live", started_at=now, end_reason=None, ended_at=None)
    )


async def set_call_status(tx: Transaction, conversation_id: int, call_status: str) -> None:
    """Keep the carrier's word on the call."""
    await tx.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(call_status=call_status)
    )


async def end(tx: Transaction, conversation_id: int, reason: str, now: datetime) -> bool:
    """Close a conversation without an outcome; if one is written later, it has the last word.

    False when it was closed before.
    """
    ended = await tx.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.status != "ended")
        .values(status="ended", end_reason=reason, ended_at=now, unfiled=True)
    )
    return ended.rowcount == 1


async def reopen(tx: Transaction, context_id: UUID, reason: str) -> None:
    """Let the conversation of a context wait again, if it was closed for this reason."""
    of_context = select(contexts.c.conversation_id).where(contexts.c.id == context_id)
    await tx.execute(
        update(conversations)
        .where(
            conversations.c.id == of_context.scalar_subquery(),
            conversations.c.status == "ended",
            conversations.c.end_reason == reason,
            conversations.c.recorded_at.is_(None),
        )
        .values(status="waiting", end_reason=None, ended_at=None)
    )


async def set_note(tx: Transaction, conversation_id: int, note: str | None) -> None:
    """What people write about a conversation; None = nothing."""
    await tx.execute(update(conversations).where(conversations.c.id == conversation_id).values(note=note))


async def keep_journal(tx: Transaction, conversation_id: int, path: str) -> None:
    """Note the journal of a call whose outcome nobody wrote."""
    await tx.execute(
        update(conversations)
        .where(
            conversations.c.id == conversation_id,
            conversations.c.recorded_at.is_(None),
            conversations.c.erased_at.is_(None),
        )
        .values(journal_path=path)
    )


async def finish(
    tx: Transaction, outcome: StoredOutcome, now: datetime, ask_at: datetime | None = None
) -> bool:
    """Write a call's outcome, whole. False when it was written before, so that a retry is harmless.

    One that waited elsewhere while its conversation was erased is not written, which is False too.

    `ask_at` is when the carrier is to be asked about the call, should it not have reported its end by then.

    Raises `NotFound` when there is no such conversation.
    """
    changed = await tx.execute(
        update(conversations)
        .where(
            conversations.c.id == outcome.conversation_id,
            conversations.c.recorded_at.is_(None),
            conversations.c.erased_at.is_(None),
        )
        .values(
            status="ended",
            end_reason=outcome.end_reason,
            started_at=outcome.started_at,
            ended_at=outcome.ended_at,
            journal_path=outcome.journal_path,
            usage=outcome.usage,
            answers=msgspec.to_builtins(outcome.answers),
            recorded_at=now,
            unfiled=True,
        )
    )
    if changed.rowcount == 0:
        await find(tx, outcome.conversation_id)
        return False
    await tx.execute(
        update(contexts)
        .where(contexts.c.conversation_id == outcome.conversation_id, contexts.c.status == "claimed")
        .values(status="ended", ended_at=outcome.ended_at, ask_at=ask_at)
    )
    await turns.add(tx, outcome.conversation_id, outcome.turns, outcome.stages)
    await events.add(tx, outcome.conversation_id, outcome.events)
    if outcome.recording is not None:
        await recordings.add(tx, outcome.conversation_id, outcome.recording, now)
    return True

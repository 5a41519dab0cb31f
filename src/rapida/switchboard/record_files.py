"""The files that a call leaves, as people take them out: the audit is told, once in ten minutes a person.

Paths are relative to the data directory; whether a file is on this server is for the reader to see.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from ..audio import wav
from ..audio.peaks import peaks as draw_peaks
from ..errors import NotFound
from ..node.call_files import CallFiles
from ..node.node import Node
from ..store import Transaction, conversations, recordings
from ..store.conversations import Conversation
from ..workspace.actor import Actor

NOTED_EVERY = timedelta(minutes=10)
"""A player that seeks asks for a recording dozens of times: one line of the audit tells of them all."""


async def recording(node: Node, actor: Actor, conversation_id: int) -> str:
    """Where a conversation's recording lies. Raises `NotFound`, also for a foreign one, or `StoreError`."""
    now = node.clock()
    async with node.store.write() as tx:
        await own(tx, actor, conversation_id)
        found = await recordings.of_conversation(tx, conversation_id)
        if not found:
            raise NotFound("recording of conversation", conversation_id)
        await actor.note_once(tx, now, "recording.read", f"conversation:{conversation_id}", NOTED_EVERY)
    return found[-1].path


async def journal(node: Node, actor: Actor, conversation_id: int) -> str:
    """Where a conversation's journal lies. Raises as `recording` does."""
    now = node.clock()
    async with node.store.write() as tx:
        path = (await own(tx, actor, conversation_id)).journal_path
        if path is None:
            raise NotFound("journal of conversation", conversation_id)
        await actor.note_once(tx, now, "journal.read", f"conversation:{conversation_id}", NOTED_EVERY)
    return path


async def note_export(node: Node, actor: Actor, kind: str, filters: Sequence[str]) -> None:
    """Tell the audit that a list was taken out as a file: its kind, and by what it was narrowed.

    Raises `StoreError`.
    """
    now = node.clock()
    async with node.store.write() as tx:
        subject = f"project:{actor.project_id}"
        await actor.note(tx, now, "conversations.export", subject, format=kind, filters=list(filters))


async def own(tx: Transaction, actor: Actor, conversation_id: int) -> Conversation:
    """A conversation of the actor's project. Raises `NotFound`."""
    conversation = await conversations.find(tx, conversation_id)
    actor.owns(conversation.project_id, "conversation", conversation_id)
    return conversation


async def peaks(node: Node, actor: Actor, conversation_id: int, files: CallFiles) -> bytes:
    """The outline of a conversation's recording, as JSON, drawn once and kept beside it.

    It is no word of what was said, so that the audit is not told. Raises `NotFound`, also for a foreign one
    or where the file is not on this server, or `StoreError`.
    """
    async with node.store.read() as tx:
        await own(tx, actor, conversation_id)
        found = await recordings.of_conversation(tx, conversation_id)
    if not found:
        raise NotFound("recording of conversation", conversation_id)
    name = found[-1].path
    with contextlib.suppress(FileNotFoundError):
        drawn = await files.here(str(Path(name).with_suffix(".peaks.json")))
        return await asyncio.to_thread(drawn.read_bytes)
    try:
        return await asyncio.to_thread(_peaks_beside, await files.here(name))
    except FileNotFoundError as gone:
        raise NotFound(
            "recording of conversation", conversation_id, "its file is not on this server"
        ) from gone


def _peaks_beside(recording: Path) -> bytes:
    kept = recording.with_suffix(".peaks.json")
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        document = msgspec.json.encode(draw_peaks(wav.read(recording.read_bytes())))
    half = kept.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    half.write_bytes(document)
    half.chmod(0o600)
    half.replace(kept)
    return document

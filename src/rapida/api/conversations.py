"""What happened: conversations with turns, metrics, events and legs; recordings, journals; hanging up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from msgspec import UNSET
from pydantic import BaseModel, Field, StringConstraints

from ..call.happenings import EndUnreported
from ..errors import NotFound
from ..node.call_files import CallFiles
from ..node.node import Node
from ..store import contexts, events, intents, recordings, tags, turns
from ..store.conversation_list import figures_of
from ..store.conversations import Conversation
from ..store.db import Transaction
from ..switchboard import erasing, hanging_up, marking, record_files
from ..switchboard.control import Complete
from ..workspace.etags import etag_of
from . import conversation_list, exports, happenings
from .auth import Caller, CallerHere
from .conversation_list import ConversationView, shown
from .costs import CostPartView, CostView, priced
from .forms import PROBLEM, STORE_AWAY, Form, IfMatch, RowId, router
from .happenings import HappeningView
from .kinds import CallStatus, LegStatus, LineKind, Speaker

_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file", "content": {"audio/wav": {}}},
    206: {"description": "The range asked for", "content": {"audio/wav": {}}},
    416: {"description": "The range lies outside", **PROBLEM},
    **STORE_AWAY,
}
_JOURNAL: dict[int | str, dict[str, Any]] = {
    200: {"description": "One JSON value per line", "content": {"application/x-ndjson": {}}},
    **STORE_AWAY,
}


class TurnView(BaseModel):
    """One line of the transcript. `heard` is what of `text` reached the caller's ear; `cut` = not all did."""

    turn_id: int
    speaker: Speaker
    text: str
    heard: str
    kind: LineKind
    cut: bool
    at_ms: int | None = Field(
        description="When it was first written, from the beginning of the call; null where an older version "
        "kept it. The timeline has the times of words"
    )


class TurnMetrics(BaseModel):
    """Where one reply's time went, in microseconds; the parts sum to `total_us`."""

    turn_id: int
    stages: dict[str, int]


class Peaks(BaseModel):
    """The JSON of BBC audiowaveform, version 2."""

    version: Literal[2]
    channels: int
    sample_rate: int
    samples_per_pixel: int
    bits: Literal[8]
    length: int = Field(description="How many pixels")
    data: list[int] = Field(
        description="For each pixel and in it each channel, the lowest and the highest sample"
    )


class AnswerView(BaseModel):
    """An answer of the caller's: the slot of the flow that it fills, and its value as the flow keeps it."""

    slot: str
    value: str


class LegView(BaseModel):
    """One connection of the carrier to this conversation."""

    context_id: str
    call_sid: str | None
    status: LegStatus
    verified: bool | None
    call_status: CallStatus | None
    call_status_reason: str | None


class DialView(BaseModel):
    """How an outbound call stands on its way to the carrier; `reason` is why, where that is known.

    A queued one is dialled before `not_after`, or never.
    """

    status: intents.Status
    reason: str | None
    attempts: int
    dial_at: datetime | None
    not_after: datetime


class RecordingView(BaseModel):
    """A stereo recording: left the caller, right the agent."""

    duration_ms: int
    size_bytes: int


class ConversationDetail(ConversationView):
    """The conversation with everything it left behind."""

    unreported: str | None = Field(
        description="When the carrier did not report the call's end by itself: where the report should have "
        "come, and what the carrier said when it was asked. Else null"
    )
    arguments: dict[str, str]
    metadata: dict[str, Any]
    dial: DialView | None = Field(description="null for an inbound call")
    usage: dict[str, Any] | None
    cost: CostView | None = Field(description="null until the call is counted, and for a talk to a draft")
    uses: list[CostPartView] = Field(description="What `cost` is the sum of, by provider")
    answers: list[AnswerView] = Field(
        description="What the caller answered to a flow's questions, in the order of the call: a day, a "
        "name, a message. Nothing sensitive, and empty while the call goes on"
    )
    turns: list[TurnView]
    metrics: list[TurnMetrics]
    events: list[HappeningView]
    legs: list[LegView]
    recording: RecordingView | None
    has_journal: bool
    tags: list[str]
    note: str | None


Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=r"^[^\x00-\x1f]*$")
]


class MarksForm(Form):
    """What is left out stays as it is. A `note` of null is none."""

    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    note: Annotated[str, StringConstraints(max_length=10_000)] | None = None


def routes(node: Node, files: CallFiles, complete: Complete) -> APIRouter:
    """`/v1/conversations`. `files` has recordings and journals; `complete` ends what is not here."""
    made = router("Conversations")
    conversation_list.add(made, node)
    exports.add(made, node)
    _add_reading(made, node)
    _add_files(made, node, files)
    _add_hanging_up(made, node, complete)
    _add_marking(made, node)
    _add_erasing(made, node, files)
    return made


def _add_marking(made: APIRouter, node: Node) -> None:
    @made.patch(
        "/v1/conversations/{conversation_id}",
        operation_id="markConversation",
        summary="Tag a conversation, or write a note about it",
    )
    async def mark(
        conversation_id: RowId,
        form: MarksForm,
        caller: CallerHere,
        response: Response,
        if_match: IfMatch = None,
    ) -> ConversationDetail:
        """The tags are all that it then has. Written down in the audit. 409 of a deleted one."""
        await marking.mark(
            node,
            caller,
            conversation_id,
            UNSET if form.tags is None else form.tags,
            form.note if "note" in form.model_fields_set else UNSET,
            if_match,
        )
        return await _read(node, caller, conversation_id, response)


def _add_erasing(made: APIRouter, node: Node, files: CallFiles) -> None:
    @made.delete(
        "/v1/conversations/{conversation_id}",
        operation_id="deleteConversation",
        summary="Delete what was said",
        status_code=204,
        responses=STORE_AWAY,
    )
    async def delete_conversation(conversation_id: RowId, caller: CallerHere) -> None:
        """Transcript, events, recording, journal, numbers, arguments and metadata are gone for good; its id,
        its times and its usage stay, so that sums stay right. 409 while the call goes on.
        """
        await erasing.erase(node, caller, conversation_id, files)


def _add_hanging_up(made: APIRouter, node: Node, complete: Complete) -> None:
    @made.post(
        "/v1/conversations/{conversation_id}/hangup",
        operation_id="hangUp",
        summary="End the call",
        status_code=202,
        responses={
            202: {"description": "The call was told to end, or will never be dialled"},
            502: {"description": "The carrier refused to end it, or cannot be reached", **PROBLEM},
        },
    )
    async def hang_up(conversation_id: RowId, caller: CallerHere) -> ConversationView:
        """Politely: the caller's side is closed at once. A call that waits for its turn is never dialled; one
        that rings, or that another server holds, is ended by its carrier. One that the carrier does not know
        (any more) is closed.

        409 while it is being dialled and the carrier has not named it yet, and when it is over.
        """
        return shown(await hanging_up.hang_up(node, caller, conversation_id, complete))


def _add_reading(made: APIRouter, node: Node) -> None:
    @made.get(
        "/v1/conversations/{conversation_id}", operation_id="readConversation", summary="Read a conversation"
    )
    async def read_conversation(
        conversation_id: RowId, caller: CallerHere, response: Response
    ) -> ConversationDetail:
        """The transcript as it was heard, where the time went, and what happened around it. Its ETag is
        that of its tags and its note: all that can be changed.
        """
        return await _read(node, caller, conversation_id, response)


def _add_files(made: APIRouter, node: Node, files: CallFiles) -> None:
    @made.get(
        "/v1/conversations/{conversation_id}/recording",
        operation_id="readRecording",
        summary="Listen to it",
        response_class=FileResponse,
        responses=_SOUND,
    )
    async def read_recording(conversation_id: RowId, caller: CallerHere) -> FileResponse:
        """WAV; any part of it by Range. Written down in the audit, once in ten minutes a person."""
        path = await record_files.recording(node, caller, conversation_id)
        return await _file(files, path, "audio/wav", "recording", conversation_id)

    @made.get(
        "/v1/conversations/{conversation_id}/peaks",
        operation_id="readPeaks",
        summary="The outline of its recording",
        response_model=Peaks,
        responses=STORE_AWAY,
    )
    async def read_peaks(conversation_id: RowId, caller: CallerHere) -> Response:
        """For a waveform: two channels, the caller's first, 50 outlines a second."""
        document = await record_files.peaks(node, caller, conversation_id, files)
        headers = {"cache-control": "private, max-age=86400"}
        return Response(document, media_type="application/json", headers=headers)

    @made.get(
        "/v1/conversations/{conversation_id}/journal",
        operation_id="readJournal",
        summary="Its journal",
        response_class=FileResponse,
        responses=_JOURNAL,
    )
    async def read_journal(conversation_id: RowId, caller: CallerHere) -> FileResponse:
        """Every event and command of the call, as `rapida replay` reads it. Written down in the audit."""
        path = await record_files.journal(node, caller, conversation_id)
        return await _file(files, path, "application/x-ndjson", "journal", conversation_id)


async def _file(
    files: CallFiles, name: str, media_type: str, kind: str, conversation_id: int
) -> FileResponse:
    try:
        path = await files.here(name)
    except FileNotFoundError as gone:
        raise NotFound(f"{kind} of conversation", conversation_id, "its file is not on this server") from gone
    headers = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}
    return FileResponse(path, media_type=media_type, filename=path.name, headers=headers)


async def _read(node: Node, caller: Caller, conversation_id: int, response: Response) -> ConversationDetail:
    async with node.store.read() as tx:
        found = await record_files.own(tx, caller, conversation_id)
        response.headers["etag"] = etag_of(await marking.marks(tx, found))
        return await _detail(node, tx, found)


async def _detail(node: Node, tx: Transaction, found: Conversation) -> ConversationDetail:
    lines = await turns.transcript(tx, found.id)
    measured = await turns.timings(tx, found.id)
    happened = await events.of_conversation(tx, found.id)
    unreported = (each.happening for each in happened if isinstance(each.happening, EndUnreported))
    legs = await contexts.of_conversation(tx, found.id)
    kept = await recordings.of_conversation(tx, found.id)
    dial = await intents.of_conversation(tx, found.id)
    paid = (await priced(node, tx, [found], await figures_of(tx, [found.id]))).get(found.id)
    return ConversationDetail(
        **shown(found).model_dump(),
        unreported=next((each.reason for each in unreported), None),
        arguments=found.arguments,
        metadata=found.metadata,
        dial=None if dial is None else DialView(**{k: getattr(dial, k) for k in DialView.model_fields}),
        usage=found.usage,
        cost=None if paid is None else paid.cost,
        uses=[] if paid is None else paid.uses,
        answers=[AnswerView(**each) for each in found.answers or []],
        turns=[
            TurnView(turn_id=each.turn_id, at_ms=each.at_ms, **msgspec.structs.asdict(each.entry))
            for each in lines
        ],
        metrics=[
            TurnMetrics(turn_id=each.turn_id, stages=msgspec.structs.asdict(each.stages)) for each in measured
        ],
        events=[happenings.shown(each) for each in happened],
        legs=[
            LegView(
                context_id=str(each.id),
                call_sid=each.carrier_call_id,
                status=each.status,
                verified=each.verified,
                call_status=each.call_status,
                call_status_reason=each.call_status_reason,
            )
            for each in legs
        ],
        recording=(
            RecordingView(duration_ms=kept[-1].duration_ms, size_bytes=kept[-1].size_bytes) if kept else None
        ),
        has_journal=found.journal_path is not None,
        tags=(await tags.of_conversations(tx, [found.id]))[found.id],
        note=found.note,
    )

"""Calls in progress as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from ..switchboard.live_board import EVERY_S, BoardEvent, LiveBoard
from .auth import CallerHere
from .forms import router
from .live_shapes import Told

PING_EVERY = round(15 / EVERY_S)
"""Rounds without an event after which a comment keeps proxies from closing the connection: 15 s."""
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events: `calls`, `call.began`, `call.state`, `call.flow`, `call.line`, `call.reply`, "
        "`call.tool`, `call.ended`, `levels`",
        "model": Told,
    }
}


class EventStream(StreamingResponse):
    """Events that are ready to be sent: FastAPI's own response makes each anew for every client."""

    media_type = "text/event-stream"


def routes(board: LiveBoard) -> APIRouter:
    """`/v1/live`."""
    made = router("Conversations")

    @made.get(
        "/v1/live",
        operation_id="followCalls",
        summary="Follow calls in progress",
        response_class=EventStream,
        responses=_ANSWERS,
    )
    async def follow(
        caller: CallerHere,
        conversation_id: Annotated[int | None, Query(ge=1, lt=2**53, description="Only this call.")] = None,
        last_event_id: Annotated[int | None, Header(description="Go on behind this event.")] = None,
    ) -> EventStream:
        """Calls in progress: first all that this server holds, then each change as it happens.

        Those that other servers of the database hold follow as `call.began` within a second or two.

        `calls` shows each call with its last lines; `call.began` and `call.ended` frame one;
        `call.state` says what it is at (`rings`, `listens`, `caller`, `agent`, `held`, `thinks`, `tool`,
        `secret`); `call.flow` the state that its flow is in; `call.line` is a line of the transcript, and
        replaces the one with its `id`; `call.reply` is a reply's latency by stage; `call.tool` a tool that
        began (`end` null) or ended; `levels` how loud caller and agent are, in dBFS, by conversation, ten
        times a second.

        A client that lost its connection sends `Last-Event-ID`, and goes on where it was if that is no more
        than some seconds ago.
        """
        following = board.follow(caller.project_id, conversation_id=conversation_id, after=last_event_id)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return EventStream(_sent(following), headers=headers)

    return made


async def _sent(following: AsyncGenerator[list[BoardEvent]]) -> AsyncGenerator[bytes]:
    """Events on the wire, those of one moment in one piece, and a comment where there were none for long."""
    silent = 0
    try:
        async for events in following:
            if events:
                silent = 0
                yield b"".join(map(_on_the_wire, events))
            else:
                silent += 1
                if silent % PING_EVERY == 0:
                    yield format_sse_event(comment="nothing new")
    finally:
        await following.aclose()


def _on_the_wire(event: BoardEvent) -> bytes:
    number = str(event.number) if event.number else None
    return format_sse_event(data_str=event.data.decode(), event=event.name, id=number)

"""A conversation on one time axis, also while it goes on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, Response
from pydantic import TypeAdapter

from ..switchboard.timelines import Timelines
from ..timeline.shapes import Timeline
from .auth import CallerHere
from .forms import STORE_AWAY, RowId, router

_TIMELINE = TypeAdapter(Timeline)
_ANSWERS: dict[int | str, dict[str, Any]] = {304: {"description": "It is as it was"}, **STORE_AWAY}


def routes(timelines: Timelines) -> APIRouter:
    """`/v1/conversations/{id}/timeline`."""
    made = router("Conversations")

    @made.get(
        "/v1/conversations/{conversation_id}/timeline",
        operation_id="readTimeline",
        summary="Its timeline",
        response_model=Timeline,
        responses=_ANSWERS,
    )
    async def read_timeline(
        conversation_id: RowId, caller: CallerHere, if_none_match: Annotated[str | None, Header()] = None
    ) -> Response:
        """Who spoke when, what was heard of it, where replies waited, and what mattered, drawn from the
        journal. The axis is the recording's. Of a call in progress: as far as it has come.

        404 with the code `no_journal` where this server has no journal of it.
        """
        stamp, drawn = await timelines.of(caller, conversation_id)
        headers = {"etag": f'"{stamp}"', "cache-control": "private, no-cache"}
        if if_none_match == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(_TIMELINE.dump_json(drawn), media_type=JSONResponse.media_type, headers=headers)

    return made

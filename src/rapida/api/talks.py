"""Talking to an assistant without a telephone: a page's or a program's own microphone, or typed lines.

A request makes a conversation and a one-use context; the socket of that context is the call. docs/talking.md
describes its messages.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.websockets import WebSocket

from ..errors import RapidaError
from ..node.addresses import TALK
from ..sockets.asgi import asgi_media
from ..sockets.session import WireCounts
from ..switchboard.talks import TalkChannel, TalkRequest, Talks
from ..telephony.browser import NAME
from ..telephony.door import Admission, Handshake, Refusal
from ..workspace.actor import Actor
from .auth import CallerHere, Guard
from .forms import PROBLEM, Form, router
from .guarded import GuardedWebSocketRoute

_PATH = f"{TALK}/{NAME}"
_SOCKET = f"{_PATH}/ctx/{{context_id}}"
_OPENED: dict[int | str, dict[str, Any]] = {
    429: {"description": "All lines are busy, or the server is about to end", **PROBLEM},
    503: {"description": "The database is away", **PROBLEM},
}


class TalkForm(Form):
    """A talk. The published version answers, unless `version` names another or `draft` is one."""

    assistant_id: int = Field(ge=1, lt=2**53, examples=[1])
    version: int | None = Field(None, ge=1, lt=2**31)
    draft: dict[str, Any] | None = Field(
        None, description="A whole assistant as it would be saved; it is not", examples=[None]
    )
    variables: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=4000)]] = Field(
        {}, max_length=100, description="Values for `{{name}}`", examples=[{"customer": "Ada"}]
    )
    channel: TalkChannel = Field("browser", description="By sound, or in writing (`text`)")


class TalkView(BaseModel):
    """A talk whose socket is awaited at `socket_path` until `expires_at`. Version 0 = the draft."""

    conversation_id: int
    context_id: UUID
    assistant_version: int
    channel: TalkChannel
    socket_path: str
    expires_at: datetime


def routes(talks: Talks, guard: Guard, counts: WireCounts) -> APIRouter:
    """`/v1/talk/browser` and its sockets."""
    made = router("Talk")

    @made.post(
        _PATH,
        operation_id="openTalk",
        summary="Talk to an assistant without a telephone",
        status_code=201,
        responses=_OPENED,
    )
    async def open_talk(form: TalkForm, caller: CallerHere) -> TalkView:
        """Then open a WebSocket at `socket_path`, within a minute and once.

        What a person asked for is opened with that person's session, from a page of this server. What an API
        key asked for is opened by whoever is told the path.
        """
        opened = await talks.open(caller, TalkRequest(**form.model_dump()))
        return TalkView(
            conversation_id=opened.conversation_id,
            context_id=opened.context_id,
            assistant_version=opened.assistant_version,
            channel=form.channel,
            socket_path=_SOCKET.format(context_id=opened.context_id),
            expires_at=opened.expires_at,
        )

    async def talk(websocket: WebSocket, context_id: str) -> None:
        async def admit(handshake: Handshake) -> Admission | Refusal:
            del handshake
            try:
                guard.check_origin(websocket)
            except RapidaError as foreign:
                return Refusal(403, str(foreign))
            return await talks.admit(context_id, opener)

        async def opener(project_id: int) -> Actor:
            return await guard.person(websocket, project_id)

        media = asgi_media(admit, counts)
        await media(websocket.scope, websocket.receive, websocket.send)

    made.routes.append(GuardedWebSocketRoute(_SOCKET, talk))
    return made

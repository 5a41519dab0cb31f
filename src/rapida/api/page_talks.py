"""Talks of pages of other sites, which show a publishable token: no cookie, no key, any origin may ask.

Whether it is answered is the token's matter. Every answer may be read by the page that asked, refusals too,
so that whoever writes it sees what is wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from ..node.addresses import TALK
from ..sockets.asgi import asgi_media
from ..sockets.session import WireCounts
from ..switchboard.page_talks import PageTalks
from ..telephony.door import Admission, Handshake, Refusal
from .forms import PROBLEM, Form
from .guarded import GuardedRoute, GuardedWebSocketRoute

PATH = f"{TALK}/web"
_SOCKET = f"{PATH}/ctx/{{context_id}}"
_SHARED = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"retry-after"))
_PREFLIGHT = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "7200",
}
"""Two hours is the longest that Chromium keeps it."""
_REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"description": "The token is not known, was revoked, or is for other pages", **PROBLEM},
    429: {"description": "The token's calls of this minute are used up, or all lines are busy", **PROBLEM},
    503: {"description": "The database is away", **PROBLEM},
}


class PageTalkForm(Form):
    """A call from a page: the token that the page shows, and what the assistant is told."""

    token: str = Field(max_length=100, examples=["rpp_…"])
    variables: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=4000)]] = Field(
        {}, max_length=100, description="Values for `{{name}}`", examples=[{"customer": "Ada"}]
    )


class PageTalkView(BaseModel):
    """A talk whose socket is awaited at `socket_path` until `expires_at`, from a page of the same origin."""

    conversation_id: int
    socket_path: str
    expires_at: datetime


class SharedRoute(GuardedRoute):
    """A route whose answers pages of every origin may read; they come without cookies."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_SHARED]
            await send(message)

        await super().handle(scope, receive, shared)


def routes(talks: PageTalks, counts: WireCounts) -> APIRouter:
    """`/v1/talk/web` and its sockets."""
    made = APIRouter(tags=["Talk"], route_class=SharedRoute)

    @made.options(PATH, include_in_schema=False)
    async def before() -> Response:
        return Response(status_code=204, headers=_PREFLIGHT)

    @made.post(
        PATH,
        operation_id="openPageTalk",
        summary="Talk to an assistant from a page of another site",
        status_code=201,
        responses=_REFUSED,
    )
    async def open_talk(form: PageTalkForm, origin: Annotated[str | None, Header()] = None) -> PageTalkView:
        """For the page that shows the token. Then a WebSocket at `socket_path` is awaited, once."""
        opened = await talks.open(form.token, origin, form.variables)
        return PageTalkView(
            conversation_id=opened.conversation_id,
            socket_path=_SOCKET.format(context_id=opened.context_id),
            expires_at=opened.expires_at,
        )

    async def talk(websocket: WebSocket, context_id: str) -> None:
        async def admit(handshake: Handshake) -> Admission | Refusal:
            return await talks.admit(context_id, handshake.headers.get("origin"))

        media = asgi_media(admit, counts)
        await media(websocket.scope, websocket.receive, websocket.send)

    made.routes.append(GuardedWebSocketRoute(_SOCKET, talk))
    return made

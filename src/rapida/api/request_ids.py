"""Each request has an id: in its answer, and in the log of what went wrong with it.

A client may bring its own, so that its log and ours name the same request.
"""

from __future__ import annotations

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "x-request-id"
IN_SCOPE = "rapida.request_id"
FURTHER = "rapida.headers"
"""Under this name a request has a dictionary in its scope: further headers of its answer."""
_TAKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a client's own may be: it stands in our log and in a header."""


class RequestIds:
    """Gives each request an id before anything else looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brought = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        named = brought if _TAKEN.fullmatch(brought) else uuid4().hex
        scope[IN_SCOPE] = named
        further = scope[FURTHER] = dict[str, str]()

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update({REQUEST_ID_HEADER: named, **further})
            await send(message)

        await self._app(scope, receive, with_id)

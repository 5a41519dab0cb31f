"""The dashboard's files, as `make dashboard` builds them: read once at start, so no page touches the disk.

Every path that is nobody else's is the dashboard's own page, which finds out in the browser what to show; the
API's paths and those of operations stay theirs, and answer 404 as ever.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from ..errors import NotFound
from .guarded import GuardedRoute

FOLDER = Path(__file__).resolve().parent.parent / "dashboard"
"""Where the build puts it; the wheel ships it from there."""
NONCE = b"__NONCE__"
"""What the build writes in the place of a response's nonce."""
NOT_OURS = ("/v1/", "/assets/", "/widget/", "/health/", "/metrics")
"""An unknown path below these is nobody's: an answer in HTML would mislead programs."""
NOT_BUILT = (
    '<!doctype html><html lang="en"><title>Rapida</title><p>The dashboard is not part of this installation: '
    "run <code>make dashboard</code> in the checkout and start again, or install the wheel. "
    '<a href="/docs">The API</a> answers as ever.'
)
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
PRIVACY = {
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "microphone=(self)",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

WIDGET = {
    "access-control-allow-origin": "*",
    "cache-control": "public, max-age=300",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}
"""For scripts that pages of other sites load by an address that stays: a new one is seen in five minutes."""


@dataclass(frozen=True)
class PageFile:
    """A file of the build. `gzipped` is empty where compressing it saves nothing."""

    media_type: str
    body: bytes
    gzipped: bytes = b""


Files = Mapping[str, PageFile]
"""By path below the root: `index.html`, `assets/…`. Empty where the dashboard was not built."""


def read(folder: Path = FOLDER) -> Files:
    """All files of a build. It blocks: for the start."""
    return {
        path.relative_to(folder).as_posix(): PageFile(
            MEDIA_TYPES[path.suffix], path.read_bytes(), _if_there(path.with_name(f"{path.name}.gz"))
        )
        for path in sorted(folder.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }


def content_policy(nonce: str) -> str:
    """The page's Content-Security-Policy: everything from this server, no script or style inside the page.

    The nonce is for the style elements that Radix makes while a dialog is open.
    """
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


class PageRoute(GuardedRoute):
    """A route that matches what no other does, and nothing that is the API's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and (
            scope["method"] not in ("GET", "HEAD") or f"{scope['path']}/".startswith(NOT_OURS)
        ):
            return Match.NONE, {}
        return super().matches(scope)


def routes(files: Files) -> APIRouter:
    """`/assets/*`, and the page for `/` and every path that is nobody's. The router comes last."""
    router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

    @router.get("/assets/{name:path}")
    async def asset(name: str, request: Request) -> Response:
        found = files.get(f"assets/{name}")
        if found is None:
            raise NotFound("file of the dashboard", name, "reload the page: a newer version is served")
        return _sent(found, request, {"cache-control": "public, max-age=31536000, immutable", **PRIVACY})

    @router.get("/widget/{name}")
    async def widget(name: str, request: Request) -> Response:
        found = files.get(f"widget/{name}")
        if found is None:
            raise NotFound("file of the widget", name, "the widget is /widget/rapida-call.js")
        return _sent(found, request, WIDGET)

    async def page() -> Response:
        index = files.get("index.html")
        if index is None:
            return HTMLResponse(NOT_BUILT, status_code=404, headers=PRIVACY)
        nonce = secrets.token_urlsafe(16)
        headers = {"cache-control": "no-store", "content-security-policy": content_policy(nonce), **PRIVACY}
        body = index.body.replace(NONCE, nonce.encode())
        return HTMLResponse(body, headers=headers)

    options: dict[str, Any] = {"methods": ["GET"], "include_in_schema": False}
    router.routes.append(PageRoute("/{path:path}", page, **options))
    return router


def _sent(found: PageFile, request: Request, headers: Mapping[str, str]) -> Response:
    more = {**headers, "vary": "accept-encoding"}
    if found.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        more["content-encoding"] = "gzip"
        return Response(found.gzipped, headers=more, media_type=found.media_type)
    return Response(found.body, headers=more, media_type=found.media_type)


def _if_there(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""

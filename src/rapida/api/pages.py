"""The API's own page: Swagger UI over the OpenAPI document, with every file served from here.

The browser is told to load nothing from elsewhere. The files are those of the package `fastapi-swagger`,
which carries each release of https://github.com/swagger-api/swagger-ui; its own code is not run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from ..errors import NotFound
from .document import TITLE
from .guarded import GuardedRoute

PACKAGE = "fastapi_swagger"
FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
"""What is served of the package, and as what."""
# Without `validatorUrl: null` the document would be sent to a service that judges it. What is authorized is
# forgotten when the page is left.
_START = """\
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""
_PAGE = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(TITLE)}</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>It needs JavaScript. What it shows is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
HEADERS = {
    # Swagger UI sets styles on elements, and its style sheet holds its pictures.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_FILE_HEADERS = {"cache-control": "public, max-age=3600", "x-content-type-options": "nosniff"}


def routes(document: Callable[[], dict[str, Any]]) -> APIRouter:
    """`/docs` with its files, and `/openapi.json`. `document` takes a second or two the first time."""
    router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(_PAGE, headers=HEADERS)

    @router.get("/docs/{file}")
    async def docs_file(file: str) -> Response:
        if file == "start.js":
            return Response(_START, media_type="text/javascript", headers=_FILE_HEADERS)
        if file not in FILES:
            raise NotFound("page", f"/docs/{file}")
        return FileResponse(_folder() / file, media_type=FILES[file], headers=_FILE_HEADERS)

    @router.get("/openapi.json")
    async def openapi() -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(document))

    return router


def _folder() -> Path:
    """Where the package keeps Swagger UI's files. Raises `NotFound` where it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise NotFound("package", PACKAGE)
    return Path(found.submodule_search_locations[0]) / "resources"

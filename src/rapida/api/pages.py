"""The API's own page: every route, drawn on the server from the OpenAPI document.

It loads nothing, from here or elsewhere, and runs no script; the browser is told so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse

from .guarded import GuardedRoute

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d8dee4; --page: #fff;
  --card: #f6f8fa; --get: #0969da; --post: #1a7f37; --put: #9a6700; --delete: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d;
  --page: #0d1117; --card: #151b23; --get: #4493f8; --post: #3fb950; --put: #d29922; --delete: #f85149; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; padding: 2.5rem 1.25rem 5rem; background: var(--page);
  color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
p { margin: .35rem 0; } a { color: var(--get); } .soft { color: var(--soft); }
details { margin: .5rem 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
summary { display: flex; flex-wrap: wrap; gap: .35rem .9rem; align-items: baseline; padding: .65rem .9rem;
  cursor: pointer; list-style: none; } summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--get); border-radius: .5rem; }
.method { min-width: 3.4rem; font: 700 .8rem/1.4 ui-monospace, monospace; }
.get { color: var(--get); } .post { color: var(--post); } .put, .patch { color: var(--put); }
.delete { color: var(--delete); }
code { font: .88rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.inside { padding: .2rem .9rem .9rem; border-top: 1px solid var(--line); }
table { width: 100%; border-collapse: collapse; margin-top: .5rem; font-size: .92rem; }
th, td { padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; } tr + tr td { border-top: 1px solid var(--line); }
"""

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

METHODS = ("get", "post", "put", "patch", "delete")


def routes(document: Callable[[], dict[str, Any]]) -> APIRouter:
    """`/docs` and `/openapi.json`. `document` takes half a second the first time."""
    router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(await asyncio.to_thread(document)), headers=_HEADERS)

    @router.get("/openapi.json")
    async def openapi() -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(document))

    return router


def page(document: Mapping[str, Any]) -> str:
    """The whole page as HTML."""
    info = document["info"]
    sections = "".join(_section(tag, found) for tag, found in _by_tag(document["paths"]).items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body><header>"
        f"<h1>{escape(info['title'])}</h1>"
        f'<p class="soft">Version {escape(info["version"])} · '
        f'<a href="/openapi.json">OpenAPI {escape(document["openapi"])} document</a></p>'
        f"<p>{escape(info.get('description', ''))}</p></header><main>{sections}</main></body></html>"
    )


def _by_tag(paths: Mapping[str, Any]) -> dict[str, list[tuple[str, str, Mapping[str, Any]]]]:
    grouped: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for path, item in paths.items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["Other"])[0]
                grouped.setdefault(tag, []).append((method, path, item[method]))
    return grouped


def _section(tag: str, found: list[tuple[str, str, Mapping[str, Any]]]) -> str:
    return f"<section><h2>{escape(tag)}</h2>{''.join(_operation(*each) for each in found)}</section>"


def _operation(method: str, path: str, told: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(meaning)}</td></tr>"
        for name, meaning in _rows(told)
    )
    return (
        f'<details id="{escape(told.get("operationId", path))}"><summary>'
        f'<span class="method {method}">{method.upper()}</span><code>{escape(path)}</code>'
        f'<span class="soft">{escape(told.get("summary", ""))}</span></summary><div class="inside">'
        f"<p>{escape(told.get('description', ''))}</p>"
        f'<table><thead><tr><th scope="col">Name</th><th scope="col">Meaning</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _rows(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in told.get("parameters", ()):
        yield each["name"], f"in {each['in']}. {each.get('description', '')}".strip()
    for kind in told.get("requestBody", {}).get("content", ()):
        yield "body", kind
    for status, answer in told.get("responses", {}).items():
        yield status, answer.get("description", "")

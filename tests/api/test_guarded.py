"""Requests, sockets, event streams and mounted pages are served only where somebody decided who may ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.websockets import WebSocket

from rapida.api.auth import LEAST, CallerHere
from rapida.api.gate import POLICY_VIOLATION
from rapida.api.guarded import GuardedMount, GuardedRoute, GuardedWebSocketRoute, check_guarded
from rapida.store.users import Role
from tests.api.conftest import Browser, ServedApi

DATABASES = ("sqlite",)  # nothing here is the database's affair

PAGE = PlainTextResponse("a page")


async def greets(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(f"hello {websocket.state.caller.name.partition(':')[0]}")
    await websocket.close()


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    """Say who may ask something."""
    return lambda key, least: monkeypatch.setitem(LEAST, key, least)


@pytest.mark.parametrize(
    ("key", "build"),
    [
        ("GET /v1/secrets", lambda: APIRouter(route_class=GuardedRoute).get("/v1/secrets")(lambda: None)),
        ("WS /v1/live", lambda: GuardedWebSocketRoute("/v1/live", greets)),
        ("MOUNT /dashboard", lambda: GuardedMount("/dashboard", PAGE)),
    ],
)
def test_what_nobody_decided_on_cannot_be_built(key: str, build: Callable[[], Any]) -> None:
    with pytest.raises(LookupError, match=rf"^{key} is missing from LEAST"):
        build()


def unguarded_route() -> APIRouter:
    router = APIRouter()
    router.get("/v1/me")(lambda: None)
    return router


@pytest.mark.parametrize(
    ("add", "said"),
    [
        (lambda app: app.include_router(unguarded_route()), "/v1/me is a APIRoute"),
        (lambda app: app.router.routes.append(Route("/v1/me", PAGE)), "/v1/me is a Route"),
        (lambda app: app.mount("/dashboard", PAGE), "/dashboard is a Mount"),
        (lambda app: app.mount("", PAGE), " is a Mount"),
        (lambda app: app.add_api_websocket_route("/v1/live", greets), "/v1/live is a APIWebSocketRoute"),
    ],
)
async def test_what_asks_no_guard_is_refused_at_the_start(
    api: ServedApi, add: Callable[[FastAPI], Any], said: str
) -> None:
    check_guarded(api.app.routes)
    add(api.app)
    with pytest.raises(LookupError, match="asks no guard") as refused:
        check_guarded(api.app.routes)
    assert str(refused.value).startswith(said)


async def test_a_mounted_page_is_shown_to_whom_the_table_says(api: ServedApi, decided: Any) -> None:
    decided("MOUNT /dashboard", "open")
    decided("MOUNT /inside", "editor")
    api.app.router.routes += [GuardedMount("/dashboard", PAGE), GuardedMount("/inside", PAGE)]
    check_guarded(api.app.routes)
    assert (await api.ask("GET", "/dashboard/deep/page")).text == "a page"
    without = await api.ask("GET", "/inside/page")
    assert (without.status_code, without.json()["code"]) == (401, "not_signed_in")
    expected: list[tuple[Role, int]] = [("viewer", 403), ("editor", 200)]
    for role, status in expected:
        assert (await api.ask("GET", "/inside/page", key=await api.a_key(role))).status_code == status


async def test_an_event_stream_begins_only_for_whom_the_table_says(api: ServedApi, decided: Any) -> None:
    decided("GET /v1/events", "editor")
    router, begun = APIRouter(route_class=GuardedRoute), list[int]()

    @router.get("/v1/events")
    async def events(caller: CallerHere) -> StreamingResponse:
        begun.append(caller.project_id)

        async def told() -> AsyncIterator[str]:
            yield "data: one\n\n"
            yield "data: two\n\n"

        return StreamingResponse(told(), media_type="text/event-stream")

    api.app.router.routes += router.routes
    check_guarded(api.app.routes)
    assert (await api.ask("GET", "/v1/events", key=await api.a_key("viewer"))).status_code == 403
    assert begun == []
    answer = await api.ask("GET", "/v1/events", key=await api.a_key("editor"))
    assert (answer.text, begun) == ("data: one\n\n", [api.ready.project_id]), "its client leaves it then"


async def opened(
    app: FastAPI, path: str, headers: dict[str, str], *, host: str = "localhost", can_answer: bool = False
) -> list[dict[str, Any]]:
    """What a WebSocket client is sent until its socket is closed."""
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "websocket.connect"}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Any) -> None:
        sent.append(message)

    named = {"host": host} | headers
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "ws",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}} if can_answer else {},
    }
    await app(scope, receive, send)
    return sent


@pytest.fixture
def live(api: ServedApi, decided: Any) -> FastAPI:
    """The application with a WebSocket for viewers, and one for admins."""
    decided("WS /v1/live", "viewer")
    decided("WS /v1/whole", "admin")
    api.app.router.routes += [
        GuardedWebSocketRoute("/v1/live", greets),
        GuardedWebSocketRoute("/v1/whole", greets),
    ]
    check_guarded(api.app.routes)
    return api.app


def cookie(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


@pytest.mark.parametrize(
    ("role", "path", "taken"), [("viewer", "/v1/live", True), ("viewer", "/v1/whole", False)]
)
async def test_a_websocket_opens_for_whom_the_table_says(
    api: ServedApi, live: FastAPI, role: Role, path: str, taken: bool
) -> None:
    headers = {"authorization": f"Bearer {await api.a_key(role)}"}
    sent = await opened(live, path, headers)
    if taken:
        assert [each["type"] for each in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
        assert sent[1]["text"] == "hello key"
    else:
        assert [(each["type"], each["code"]) for each in sent] == [("websocket.close", POLICY_VIOLATION)]


async def test_a_websocket_that_is_refused_says_why_where_the_server_can(live: FastAPI) -> None:
    begun, told = await opened(live, "/v1/live", {}, can_answer=True)
    assert (begun["type"], begun["status"]) == ("websocket.http.response.start", 401)
    assert b"not_signed_in" in told["body"]


@pytest.mark.parametrize(
    ("origin", "taken"), [("http://localhost", True), ("http://evil.example.com", False), (None, False)]
)
async def test_no_page_of_another_site_opens_a_websocket_with_a_persons_cookie(
    api: ServedApi, live: FastAPI, origin: str | None, taken: bool
) -> None:
    headers = {"cookie": cookie(await api.a_browser())} | ({} if origin is None else {"origin": origin})
    sent = await opened(live, "/v1/live", headers)
    assert next(each["type"] for each in sent) == ("websocket.accept" if taken else "websocket.close")


async def test_a_websocket_under_a_host_that_is_not_ours_is_refused(api: ServedApi, live: FastAPI) -> None:
    headers = {"authorization": f"Bearer {await api.a_key()}"}
    sent = await opened(live, "/v1/live", headers, host="rebound.example.com")
    assert [(each["type"], each["code"]) for each in sent] == [("websocket.close", POLICY_VIOLATION)]


async def test_a_mount_takes_no_websocket(api: ServedApi, decided: Any) -> None:
    decided("MOUNT /dashboard", "open")
    api.app.router.routes.append(GuardedMount("/dashboard", PAGE))
    sent = await opened(api.app, "/dashboard/live", {})
    assert [(each["type"], each["code"]) for each in sent] == [("websocket.close", POLICY_VIOLATION)]

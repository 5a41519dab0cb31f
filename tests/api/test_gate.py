"""The gate: names under which something answers, and how much may be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rapida.api.gate import MOST_BODY_BYTES, BodyLimit, is_loopback
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import HOST, open_ready_node

DATABASES = ("sqlite",)  # nothing here is the database's affair


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1", "127.8.8.8:1", "[::1]", "[::1]:80"]
)
def test_this_machines_own_names_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "localhost.evil.org", "evil.org", "10.0.0.1", "[fe80::1]:80", "127.0.0.1.evil.org", "0.0.0.0", "["],
)
def test_other_names_are_not(host: str) -> None:
    assert not is_loopback(host)


async def test_the_public_host_serves_the_carrier_and_whether_we_live_and_nothing_else(
    api: ServedApi,
) -> None:
    assert (await api.ask("GET", "/health/live", host=HOST)).status_code == 200
    for path in ("/health/ready", "/metrics", "/docs", "/openapi.json", "/", "/v1/talk/other"):
        answer = await api.ask("GET", path, host=HOST)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert (await api.ask("POST", "/v1/talk/twilio/call/1", host=HOST)).status_code == 403


async def test_loopback_serves_everything(api: ServedApi) -> None:
    key = await api.a_key("viewer")
    for path in ("/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json"):
        assert (await api.ask("GET", path, host="127.0.0.1:8080", key=key)).status_code == 200, path


@pytest.mark.parametrize("host", ["evil.example.org", f"{HOST}.evil.org", f"x{HOST}"])
async def test_a_foreign_host_is_refused(api: ServedApi, host: str) -> None:
    answer = await api.ask("GET", "/health/live", host=host)
    assert (answer.status_code, answer.json()["code"]) == (421, "host_not_allowed")
    assert "RAPIDA_ALLOWED_HOSTS" in answer.json()["detail"]


async def test_listed_hosts_and_an_opened_api_are_served(place: Place) -> None:
    async with open_ready_node(place) as ready:
        listed = build_served_api(ready, allowed_hosts=("rapida.lan",))
        assert (await listed.ask("GET", "/docs", host="rapida.lan")).status_code == 200
        assert (await listed.ask("GET", "/docs", host=HOST)).status_code == 404
        opened = build_served_api(ready, public_api=True)
        assert (await opened.ask("GET", "/docs", host=HOST)).status_code == 200
        assert (await opened.ask("GET", "/docs", host=f"{HOST}:443")).status_code == 200
        assert (await opened.ask("GET", "/metrics", host=HOST)).status_code == 401


async def test_no_cors_header_is_ever_sent(api: ServedApi) -> None:
    answer = await api.ask("GET", "/health/live", headers={"origin": "https://evil.example.org"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def a_stream(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b"x" * 1024


@pytest.mark.parametrize(("size", "status"), [(MOST_BODY_BYTES, 403), (MOST_BODY_BYTES + 1024, 413)])
async def test_a_body_without_announced_length_is_counted(api: ServedApi, size: int, status: int) -> None:
    answer = await api.ask(
        "POST",
        "/v1/talk/twilio/call/1",
        host=HOST,
        content=a_stream(size),
        headers={"content-type": "text/plain"},
    )
    assert answer.status_code == status


async def test_the_route_behind_the_limit_reads_the_body_whole_and_then_the_disconnect() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, send
        seen.extend([await receive(), await receive()])

    pieces = [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cd", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    await BodyLimit(app)({"type": "http", "headers": []}, receive, send)
    assert [each["type"] for each in seen] == ["http.request", "http.disconnect"]
    assert seen[0]["body"] == b"abcd"

"""One server, one browser and one sign-in for all tests of the dashboard; each has a context of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from .broken_call import NAME
from .browser import Watched, launched, opened
from .served import EMAIL, OWNER, PASSWORD, Served, make_calls, served

Opens = Callable[..., AbstractContextManager[Watched]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the module: while its driver is there, no other event loop runs in this thread."""
    with launched() as found:
        yield found


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with an owner and some calls."""
    with served(tmp_path_factory.mktemp("dashboard") / "data") as running:
        running.do(make_calls(running.server))
        with running.api() as client:
            assert client.post("/v1/setup", json=OWNER).status_code == 201
        yield running


@pytest.fixture(scope="session")
def signed_in(dashboard: Served) -> dict[str, Any]:
    """What the owner's browser keeps."""
    return state_of(dashboard, OWNER["email"], OWNER["password"])


@pytest.fixture(scope="session")
def call(dashboard: Served, signed_in: dict[str, Any]) -> str:
    """The path of the call in which callers do all that they do."""
    return _path_of(dashboard, "Front desk")


@pytest.fixture(scope="session")
def broken_call(dashboard: Served, signed_in: dict[str, Any]) -> str:
    """The path of the call in which much goes wrong."""
    return _path_of(dashboard, NAME)


def _path_of(dashboard: Served, assistant: str) -> str:
    with dashboard.api() as client:
        client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
        found = client.get("/v1/conversations").json()["items"]
    return f"/calls/{next(each['id'] for each in found if each['assistant_name'] == assistant)}"


def state_of(running: Served, email: str, password: str) -> dict[str, Any]:
    """Cookie and marks of somebody who signed in."""
    with running.api() as client:
        assert client.post("/v1/auth/login", json={"email": email, "password": password}).status_code == 200
        cookies = [
            {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "httpOnly": True}
            | {"secure": False, "sameSite": "Lax", "expires": -1}
            for name, value in client.cookies.items()
        ]
    marks = [{"origin": running.url, "localStorage": [{"name": "rapida.session", "value": "1"}]}]
    return {"cookies": cookies, "origins": marks}


@pytest.fixture
def opens(browser: Browser, dashboard: Served, signed_in: dict[str, Any]) -> Opens:
    """Opens a page as the owner."""
    return partial(opened, browser, dashboard.url, state=signed_in)


@pytest.fixture
def unowned(tmp_path: Path) -> Iterator[Served]:
    """A server that nobody owns yet."""
    with served(tmp_path / "data") as running:
        yield running

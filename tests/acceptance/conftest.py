"""A server for each test, and everything that it logs."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog

from rapida.telemetry import log

from .server import InProcessServer, MadeCall, Scripted, opened


class Log:
    """The log of this process, line by line."""

    def __init__(self) -> None:
        self.out = io.StringIO()

    @property
    def text(self) -> str:
        return self.out.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@contextmanager
def logging_as_served() -> Iterator[Log]:
    """Logs as a server writes them; a test that fails shows them."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    kept = Log()
    log.configure("json", "info", kept.out)
    yield kept
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    root.handlers[:], root.level = before, level
    print(kept.text)


@pytest.fixture(autouse=True)
def logged() -> Iterator[Log]:
    with logging_as_served() as kept:
        yield kept


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    async with opened(tmp_path / "data") as server:
        yield server


@dataclass(frozen=True)
class MadeCalls:
    """Calls by name, and the server that took them, as it was at their end."""

    calls: dict[str, MadeCall]
    server: InProcessServer

    def __getitem__(self, name: str) -> MadeCall:
        return self.calls[name]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MadeCalls]:
    """Makes all of a module's `CALLS` at once: each takes seconds of waiting, and they do not mind."""
    scripts: dict[str, Scripted] = request.module.CALLS
    with logging_as_served(), pytest.MonkeyPatch.context() as patch:
        getattr(request.module, "prepare", lambda patch: None)(patch)
        async with opened(tmp_path_factory.mktemp("calls") / "data") as server:
            played = await asyncio.gather(*(script(server) for script in scripts.values()))
            yield MadeCalls(dict(zip(scripts, played, strict=True)), server)

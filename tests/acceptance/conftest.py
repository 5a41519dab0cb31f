"""A server for each test, and everything that it logs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from rapida.telemetry import log

from .house import House, opened


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


@pytest.fixture(autouse=True)
def logged() -> Iterator[Log]:
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


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path / "data") as house:
        yield house

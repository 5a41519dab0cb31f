"""A server for each test, and the scripted ear in the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rapida import stt
from rapida.registry import Entry

from .house import House, opened


@pytest.fixture(autouse=True)
def _dictation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stt.CATALOGUE._entries, "dictation", Entry(f"{__package__}.dictation:Dictation"))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path / "data") as house:
        yield house

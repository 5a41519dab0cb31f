"""Single keys of a terminal, read beside the event loop, and the terminal as it was afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Generator
from pathlib import Path
from typing import IO

import pytest

from rapida.cli import keyboard


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Generator[int]:
    """The other end of a terminal that is standard input; what is written there has been typed."""
    typed, mine = os.openpty()
    with os.fdopen(mine, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield typed
    os.close(typed)


def echoes(stdin: IO[str]) -> bool:
    return bool(termios.tcgetattr(stdin.fileno())[3] & termios.ECHO)


async def test_a_key_is_pressed_without_return_and_unseen_and_q_stops(terminal: int) -> None:
    pressed, stopped = list[str](), asyncio.Event()
    assert echoes(sys.stdin)
    with keyboard.attached("4#", pressed.append, stopped.set):
        assert not echoes(sys.stdin)
        os.write(terminal, b"4x#q")
        async with asyncio.timeout(60):
            await stopped.wait()
    assert pressed == ["4", "#"]
    assert echoes(sys.stdin)


async def test_an_interrupt_stops_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        pressed, stopped = list[str](), asyncio.Event()
        with keyboard.attached("", pressed.append, stopped.set):
            os.kill(os.getpid(), signal.SIGINT)
            async with asyncio.timeout(60):
                await stopped.wait()

"""Single keys of the terminal, while something else runs on the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Generator
from contextlib import contextmanager

STOP = "q"


@contextmanager
def attached(keys: str, press: Callable[[str], None], stop: Callable[[], None]) -> Generator[None]:
    """Call `press` with each of the `keys` that is pressed, and `stop` for a `q` and for Ctrl-C.

    Without a terminal there are no keys, and the interrupt alone is left.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        if not sys.stdin.isatty():
            yield
            return
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)

        def read() -> None:
            for key in os.read(terminal, 64).decode(errors="ignore"):
                if key in keys:
                    press(key)
                elif key == STOP:
                    stop()

        tty.setcbreak(terminal)
        loop.add_reader(terminal, read)
        try:
            yield
        finally:
            loop.remove_reader(terminal)
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
    finally:
        loop.remove_signal_handler(signal.SIGINT)

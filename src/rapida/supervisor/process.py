"""One server process as its supervisor sees it: how it is started, what it has said, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from asyncio import subprocess
from collections.abc import Callable

from .messages import Accept, CallsOver, Channel, Load, MetricsWanted, Ready, Render, Rendered, ToServer

MODULE = "rapida.supervisor.child"
METRICS_WITHIN_S = 2.0
"""How long a process may take to tell its metrics, before its last ones are shown."""


class Process:
    """One server process. Belongs to the event loop."""

    def __init__(self, number: int, process: subprocess.Process, channel: Channel) -> None:
        self.number = number
        """Its own; a process that comes in another's place has another."""
        self.load = Load(0, 0)
        self.text = ""
        """Its metrics, as it told them last."""
        self.setup_code: str | None = None
        self.up = asyncio.Event()
        self.idle = asyncio.Event()
        self.replaced = False
        self._process = process
        self._channel = channel
        self._told = asyncio.Event()
        self._accepts: Accept | None = None

    @classmethod
    async def start(cls, number: int, listening: socket.socket, *, queue: bool) -> Process:
        """Start a server on a socket that stays ours; with `queue`, it also dials what waits."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await subprocess.create_subprocess_exec(
                *(sys.executable, "-m", MODULE),
                *(str(listening.fileno()), str(theirs.fileno()), "worker" if queue else "none"),
                stdin=subprocess.DEVNULL,
                pass_fds=(listening.fileno(), theirs.fileno()),
                # Ctrl-C is the supervisor's to hear.
                start_new_session=True,
            )
        return cls(number, process, await Channel.over(ours))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def heard(self, changed: Callable[[], None], metrics_wanted: Callable[[Process], None]) -> int:
        """Hear what it says until it has ended; its exit code. `changed` is told of each new load."""
        async for said in self._channel.from_server():
            match said:
                case Ready(setup_code=code):
                    self.setup_code = code
                    self.up.set()
                case Load():
                    self.load = said
                    changed()
                case Rendered(text=text):
                    self.text = text
                    self._told.set()
                case CallsOver(text=text):
                    self.text = text
                    self.idle.set()
                case MetricsWanted():
                    metrics_wanted(self)
        code = await self._process.wait()
        self._channel.close()
        return code

    async def metrics(self) -> str:
        """Its metrics as they are now; as it told them last, if it does not answer in time."""
        self._told.clear()
        self._channel.send(Render())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), METRICS_WITHIN_S)
        return self.text

    def tell(self, message: ToServer) -> None:
        self._channel.send(message)

    def let_accept(self, how: Accept) -> None:
        """Say whether it is to take new connections, if that has changed."""
        if how != self._accepts:
            self._accepts = how
            self._channel.send(how)

    def end(self) -> None:
        """Let it finish its calls; a second time, hang them up."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

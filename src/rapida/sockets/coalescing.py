"""Two frames in one read: with very many streams a socket is worth a look once two frames of sound wait.

Hundreds of calls do not fit into a processor's cache: each frame finds the memory of its call, and of its
socket in the kernel, gone to make room for the others. The second of two frames taken together finds it
there and shares the poll and the read. A seventh of the CPU was saved (500 calls), for sound that is heard
up to one frame (20 ms) later; so only from `MANY_STREAMS` on, when a core is more than half used.

The kernel does the waiting (`SO_RCVLOWAT`). What is too little to be worth a look, and is followed by
nothing, such as `stop`, must not wait for ever: a socket that brought nothing between two looks is let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

MANY_STREAMS = 400
"""Below so many a core has time for each frame (see `bench/README.md`)."""
LOOK_EVERY_S = 0.1
"""A last message that is too short comes at most twice this late."""
IDLE_LOOK_EVERY_S = 1.0
"""How often a server with few streams looks whether there are many: calls come in more slowly than that."""
TWO_FRAMES_BYTES = 600
"""More than a frame and a mark (a frame of 20 ms is 390 bytes on the wire), less than two frames."""


class Readable(Protocol):
    """A socket as far as it is read."""

    read: bool
    """Set by each message that comes; forgotten by each look."""

    def wake_at(self, size: int) -> None:
        """Be readable once `size` bytes wait, or the other end has closed."""
        ...


class Coalescing:
    """The sockets of one event loop. `streams` tells how many media streams are open."""

    def __init__(self, streams: Callable[[], int]) -> None:
        self._streams = streams
        self._sizes: dict[Readable, int] = {}
        """What each socket is readable at."""

    def add(self, socket: Readable) -> None:
        """A socket that has just opened."""
        self._sizes[socket] = 1

    def discard(self, socket: Readable) -> None:
        """A socket that is gone; unknown ones are ignored."""
        self._sizes.pop(socket, None)

    async def run(self) -> None:
        """Look again and again until cancelled; then each message wakes the loop as before."""
        try:
            while True:
                many = self.look()
                await asyncio.sleep(LOOK_EVERY_S if many else IDLE_LOOK_EVERY_S)
        finally:
            self._set(many=False)

    def look(self) -> bool:
        """Set what each socket is readable at; whether there are many."""
        many = self._streams() >= MANY_STREAMS
        self._set(many=many)
        return many

    def _set(self, *, many: bool) -> None:
        for socket, before in self._sizes.items():
            size = TWO_FRAMES_BYTES if many and socket.read else 1
            socket.read = False
            if size != before:
                self._sizes[socket] = size
                socket.wake_at(size)

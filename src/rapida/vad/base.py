"""Voice activity detection: where in the caller's sound there is a voice.

`VoiceActivity` is one per server process, `Detector` one per call. A detector only tells edges (`VoiceRose`,
`VoiceFell`) with positions; how long a voice must last to count as speech is the call core's to decide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..call.events import VoiceFell, VoiceRose

Emit = Callable[[VoiceRose | VoiceFell], None]


class Detector(Protocol):
    """The detector of one call. Synchronous; never blocks."""

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        """Caller sound that begins at `position_ms`: one frame, usually 20 ms, without gaps."""
        ...

    def discount(self, start_ms: int, end_ms: int) -> None:
        """What sounded there was nobody who speaks to us: hear no voice in what is no louder, for a while."""
        ...

    def close(self) -> None:
        """Forget the call; nothing is emitted afterwards."""
        ...


class VoiceActivity(Protocol):
    """A detector factory shared by all calls of the process."""

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def detector(self, emit: Emit) -> Detector:
        """A detector whose edges reach `emit` on the event loop, in order."""
        ...

"""What answers the calls of a benchmark's server: an echo, or the whole engine."""

from __future__ import annotations

import argparse
from typing import Any, Protocol

from rapida.telephony.stream import Leg, LegListener, StreamStart

from .cycle import Cycle
from .turns.server import Turns


class Kind(Protocol):
    """One kind of call; made once per server."""

    answered_at: list[float]
    """When each call was answered, by the performance counter."""

    def __init__(self, options: argparse.Namespace) -> None: ...

    @staticmethod
    def declare(parser: argparse.ArgumentParser) -> None:
        """Add this kind's options."""
        ...

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def answer(self, leg: Leg) -> LegListener: ...

    def reset(self) -> None: ...

    def report(self) -> dict[str, Any]: ...

    def obey(self, order: str) -> None:
        """What else a benchmark wants of its server."""
        ...


class EchoLeg:
    """Sends every frame back as it came."""

    def __init__(self, leg: Leg) -> None:
        self._play = leg.play

    def on_start(self, start: StreamStart) -> None:
        pass

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        self._play(ulaw)

    def on_digit(self, digit: str) -> None:
        pass

    def on_text(self, text: str) -> None:
        pass

    def on_mark(self, name: str) -> None:
        pass

    def on_stop(self) -> None:
        pass

    def on_closed(self, code: int) -> None:
        pass


class Echo:
    """The socket and the codec alone."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.answered_at: list[float] = []

    @staticmethod
    def declare(parser: argparse.ArgumentParser) -> None:
        pass

    async def start(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def answer(self, leg: Leg) -> LegListener:
        return EchoLeg(leg)

    def reset(self) -> None:
        pass

    def report(self) -> dict[str, Any]:
        return {}

    def obey(self, order: str) -> None:
        pass


KINDS: dict[str, type[Kind]] = {"echo": Echo, "cycle": Cycle, "turns": Turns}

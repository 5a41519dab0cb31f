"""What answers the calls of a benchmark's server: so far an echo, and the whole engine."""

from __future__ import annotations

import argparse
from typing import Any, Protocol

from rapida.telephony.base import Leg, LegListener, StreamStart


class Kind(Protocol):
    """One kind of call; made once per server."""

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

    async def obey(self, word: str) -> None:
        """An order that only this kind knows."""
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

    def on_mark(self, name: str) -> None:
        pass

    def on_stop(self) -> None:
        pass

    def on_closed(self, code: int) -> None:
        pass


class Echo:
    """The socket and the codec alone."""

    def __init__(self, options: argparse.Namespace) -> None:
        pass

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

    async def obey(self, word: str) -> None:
        raise ValueError(f"an echo cannot {word}")


KINDS: dict[str, type[Kind]] = {"echo": Echo}

"""A person at the phone, in place of a script: what their handset gives, and what it is given to play."""

from __future__ import annotations

from typing import Protocol

from .caller import Act, Press, PutDown, Said
from .loudness import AgentSounding


class Handset(Protocol):
    """A microphone, a loudspeaker and keys. Sound is mu-law at 8 kHz. Nothing here may block."""

    @property
    def is_down(self) -> bool:
        """Whether the person has hung up."""
        ...

    def take(self, samples: int) -> bytes:
        """The next `samples` of the microphone, silence where they have not come yet."""
        ...

    def play(self, ulaw: bytes) -> None:
        """Sound that reaches the ear now."""
        ...

    def pressed(self) -> str:
        """The keys that were pressed since the last call."""
        ...


class LiveCaller:
    """A caller who does what a person at a handset does; stepped as `Caller` is."""

    unfinished = ""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self.said: list[Said] = []

    def step(self, now_s: float, ear: AgentSounding, *, agent_idle: bool) -> list[Act]:
        del now_s, ear, agent_idle
        acts: list[Act] = [Press(digit) for digit in self._handset.pressed()]
        return [*acts, PutDown()] if self._handset.is_down else acts

    def stood_still(self, until_s: float) -> None:
        del until_s

    def hear(self, ulaw: bytes) -> None:
        self._handset.play(ulaw)

    def sound(self, samples: int) -> bytes:
        return self._handset.take(samples)

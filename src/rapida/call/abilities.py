"""What the parts of the shell can do in one call, and whether that is enough for its assistant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from ..assistant import Assistant
from ..errors import ConfigurationError


class ToolFacts(Struct, frozen=True):
    """What the core must know of a tool to order it."""

    deadline_ms: int = 0
    """0 = the assistant's default."""


class Abilities(Struct, frozen=True):
    """What the shell's parts can do in this call; part of the journal's head."""

    direction: Literal["inbound", "outbound"] = "inbound"
    interims: bool = False
    """The STT shows words while the caller speaks."""
    final_ms: int = 0
    """p99 of the STT's time to a final; 0 = the assistant's own deadline."""
    turn_end: bool = False
    """A turn-end model is at hand."""
    turn_end_reads: bool = False
    """It judges the words, and not the sound: it is asked when they are known."""
    tools: Mapping[str, ToolFacts] = {}
    transfer: bool = True
    """The brain may hand the call to another number."""
    follow_up: bool = False
    """The brain is to be asked again when a tool's result comes after the caller has gone on."""
    opens: bool = False
    """The brain begins by itself, behind the greeting too. Without a greeting it does in any case."""
    sends_sound: bool = True
    """The caller's stream carries sound, silence too; false where everything is typed."""


def check(assistant: Assistant, abilities: Abilities) -> None:
    """Refuse an assistant that its providers cannot serve. Raises `ConfigurationError`."""
    if "words" in {assistant.turn.barge_in, assistant.greeting_barge_in} and not abilities.interims:
        raise ConfigurationError(
            "barge_in 'words' needs an STT that shows words while the caller speaks, and "
            f"{assistant.stt.name!r} does not: choose barge_in 'always' or 'never', or another STT"
        )

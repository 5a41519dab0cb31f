"""Choices that callers mean in other words: which of them words alone, and the meaning, understand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from rapida.call.commands import Message
from rapida.call.tool_requests import ToolSpec
from rapida.embeddings.base import Embedder
from rapida.knowledge.choices import Choices
from rapida.llm.flow import meant_choices, slots
from rapida.llm.flow.script import Ask, Choice, Script, State


def _list(name: str) -> dict[str, Any]:
    return yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))


SAID = _list("meant_choices.yaml")
"""By which the thresholds were chosen."""
HELD_OUT = _list("held_out_choices.yaml")
"""By which nothing was chosen."""
_TODAY = date(2026, 3, 11)
_TOOL = ToolSpec(meant_choices.TOOL, "", {})


class Understood(Struct):
    """What became of answers that mean a choice, and (`of_none`) of those that mean none."""

    taken: int = 0
    asked_back: int = 0
    wrongly_taken: int = 0
    wrongly_asked_back: int = 0
    asked_again: int = 0
    of_none_taken: int = 0
    of_none_asked_back: int = 0
    of_none_asked_again: int = 0


async def understood(embedder: Embedder | None, said: dict[str, Any] = SAID) -> Understood:
    """Every answer of the list, read as a flow reads it; without an embedder by words alone."""
    counts, choices = Understood(), Choices()
    for question in said.values():
        answers = {name: msgspec.convert(each, Choice) for name, each in question["choices"].items()}
        ask = Ask("topic", "choice", "", choices=answers)
        for text, meant in [*question["meant"].items(), *((each, "") for each in question["asked_again"])]:
            choice, sure = await _read(ask, text, choices, embedder)
            _count(counts, meant, choice, sure=sure)
    return counts


async def _read(ask: Ask, text: str, choices: Choices, embedder: Embedder | None) -> tuple[str, bool]:
    if (choice := slots.read(ask, text, typed=False, today=_TODAY)) is not None:
        return choice, True
    answer = Message("user", text, kind="said")
    script = Script({"menu": State(ask=ask)})
    if embedder is None or not meant_choices.worth_asking(script, [_TOOL], ask, answer):
        return "", False
    wanted = meant_choices.arguments(ask, text)
    found = await choices.chosen(wanted["said"], wanted["choices"], embedder)
    result = json.dumps({"choice": found.choice, "sure": "yes" if found.sure else "no"})
    return meant_choices.told(ask, text, Message("tool", result))


def _count(counts: Understood, meant: str, choice: str, *, sure: bool) -> None:
    how = "taken" if sure else "asked_back"
    if not choice:
        name = "asked_again" if meant else "of_none_asked_again"
    elif not meant:
        name = f"of_none_{how}"
    else:
        name = how if choice == meant else f"wrongly_{how}"
    setattr(counts, name, getattr(counts, name) + 1)

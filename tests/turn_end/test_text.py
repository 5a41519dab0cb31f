"""How long each kind of ending is waited for."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call.events import Question
from rapida.errors import ConfigurationError
from rapida.providers.build import build
from rapida.turn_end import CATALOGUE
from rapida.turn_end.base import TurnEndReader, TurnEndVerdict


def reader(**options: Any) -> TurnEndReader:
    made = build(CATALOGUE, "text", options)
    assert isinstance(made, TurnEndReader)
    return made


def test_an_end_is_waited_for_shortly_and_more_to_come_for_long() -> None:
    made = reader()
    asked = Question(kind="yes_no")
    assert made.read("Yes.", asked, "en") == TurnEndVerdict(complete=True, pause_ms=250)
    assert made.read("What does it cost?", asked, "en") == TurnEndVerdict(complete=True, pause_ms=300)
    assert made.read("I would like to", asked, "en") == TurnEndVerdict(complete=False, pause_ms=2000)
    assert made.read("go forward", asked, "en") is None


async def test_the_pauses_can_be_chosen_and_nothing_is_loaded() -> None:
    made = reader(sentence_ms=600)
    await made.start()
    assert made.read("I see.", Question(), "en") == TurnEndVerdict(complete=True, pause_ms=600)
    await made.aclose()


@pytest.mark.parametrize("options", [{"sentence_ms": 0}, {"answer_ms": 60_000}, {"silence_ms": 300}])
def test_pauses_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(CATALOGUE, "text", options)

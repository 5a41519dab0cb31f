"""How a deployment changes the assistant that answers on it, and how it does not."""

from __future__ import annotations

from typing import Any

from rapida.assistant import Assistant, Idle
from rapida.store.deployments import Deployment, PhoneOptions
from rapida.switchboard.behaviour import answering
from tests.switchboard.office import an_assistant

PLAIN = an_assistant(greeting="Hello.", greeting_barge_in="words")


def on_phone(assistant: Assistant = PLAIN, **options: Any) -> Assistant:
    return answering(assistant, Deployment(1, 1, 1, True, False, 1, None, PhoneOptions(**options)))


def test_a_deployment_that_says_nothing_changes_nothing() -> None:
    assert on_phone() == answering(PLAIN, None) == PLAIN
    assert on_phone(concurrent_calls=3, countries=("DE",)) == PLAIN


def test_what_it_says_takes_the_place_and_the_rest_stays() -> None:
    changed = on_phone(greeting="Good day.", idle=Idle(timeout_s=3), record=False, max_duration_s=60.0)
    assert (changed.greeting, changed.idle.timeout_s, changed.record) == ("Good day.", 3, False)
    assert (changed.max_duration_s, changed.greeting_barge_in, changed.name) == (60.0, "words", PLAIN.name)


def test_an_empty_greeting_is_a_greeting_of_its_own() -> None:
    assert on_phone(greeting="").greeting == ""


def test_a_recording_is_announced_first_and_nobody_can_talk_it_down() -> None:
    announced = on_phone(announcement="Recorded.", greeting_barge_in="always")
    assert (announced.greeting, announced.greeting_barge_in) == ("Recorded. Hello.", "never")
    assert on_phone(announcement="Recorded.", greeting="").greeting == "Recorded."
    assert on_phone(announcement="Recorded.", record=False) == on_phone(record=False)

"""How a deployment changes the assistant that answers on it, and how it does not."""

from __future__ import annotations

from typing import Any

from rapida.assistant import Assistant, Idle
from rapida.store.deployments import Deployment, PhoneOptions
from rapida.workspace.overrides import (
    SENTENCES,
    answering,
    brought,
    filled,
    filled_for,
    missing,
    only_announces,
)
from tests.switchboard.ready_node import an_assistant

PLAIN = an_assistant(greeting="Hello.", greeting_barge_in="words")


def on_phone(assistant: Assistant = PLAIN, **options: Any) -> Assistant:
    return answering(
        assistant,
        Deployment(
            id=1,
            project_id=1,
            assistant_id=1,
            enabled=True,
            demo=False,
            carrier="twilio",
            credential_id=1,
            phone_number=None,
            options=PhoneOptions(**options),
        ),
    )


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


def test_every_sentence_is_filled_whatever_it_is_said_for() -> None:
    everywhere: dict[str, Any] = dict.fromkeys(SENTENCES, "Hello {{name}}.")
    written = an_assistant(**everywhere, idle=Idle(prompts=("{{name}}?", "Still?"), goodbye="Bye {{name}}."))
    said = filled(written, {"name": "Ann"})
    assert {getattr(said, name) for name in SENTENCES} == {"Hello Ann."}
    assert (said.idle.prompts, said.idle.goodbye) == (("Ann?", "Still?"), "Bye Ann.")
    assert "{{" not in repr(said)


def test_no_sentence_of_an_assistant_or_deployment_is_left_out() -> None:
    """A new text that a caller hears belongs to `SENTENCES`: it would be spoken with its braces."""
    texts = {name for name, each in Assistant.__annotations__.items() if each == "str"}
    assert texts - {"name", "prompt", "language", "zone"} == set(SENTENCES)
    told = {name for name, each in PhoneOptions.__annotations__.items() if each.startswith("str")}
    assert told - {"announcement"} <= set(SENTENCES)


def test_what_a_call_brings_stands_above_the_assistants_own_variables() -> None:
    written = an_assistant(variables={"name": "you", "company": "Acme"})
    call = brought("+14155550123", {"name": "Ann"})
    said = filled_for(written, PhoneOptions(greeting="{{name}}, {{company}}, {{client_number}}"), call)
    assert said.greeting == "Ann, Acme, +14155550123"


def test_names_without_a_value_are_known_each_once() -> None:
    written = an_assistant(greeting="{{a}} {{b}}", idle=Idle(goodbye="{{b}} {{c}}"))
    assert missing(written, {"a": "1", "b": ""}) == ("b", "c")


def test_an_announcement_alone_is_no_greeting_of_the_assistants() -> None:
    options = PhoneOptions(announcement="Recorded. ")
    silent = an_assistant(greeting="")
    assert only_announces(on_phone(silent, announcement="Recorded. "), options)
    assert not only_announces(on_phone(announcement="Recorded."), options)
    assert not only_announces(on_phone(silent, announcement="Recorded.", record=False), options)
    assert not only_announces(silent, PhoneOptions())

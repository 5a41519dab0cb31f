"""How a call on the phone is answered: the assistant's version, with what its deployment says instead.

An assistant is written once and may be deployed with another greeting, other patience or no recording. Its
sentences are templates, which each call fills with its own variables. The value that results is what the call
core gets and what the journal keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ..assistant import Assistant, Idle
from ..store.assistants import OwnedAssistant
from ..store.deployments import Deployment, PhoneOptions
from ..telephony.parties import shown
from ..text import template

_SAME = tuple(name for name in PhoneOptions.__struct_fields__ if name in Assistant.__struct_fields__)
SENTENCES = (
    "greeting",
    "unclear_message",
    "unclear_goodbye",
    "error_message",
    "filler_message",
    "warning_message",
    "duration_goodbye",
)
"""The assistant's own sentences, besides those of its patience (`idle`)."""
GIVEN = ("client_number",)
"""The variables that every call brings: the other party's number, empty where it is withheld."""


def answering_version(owned: OwnedAssistant, deployment: Deployment | None) -> int | None:
    """The version that holds an assistant's calls: the one that its line is pinned to, else the published."""
    pinned = None if deployment is None else deployment.options.pinned_version
    return pinned or owned.published_version


def answering(assistant: Assistant, deployment: Deployment | None) -> Assistant:
    """The assistant as it answers on its deployment."""
    return assistant if deployment is None else with_options(assistant, deployment.options)


def with_options(assistant: Assistant, options: PhoneOptions) -> Assistant:
    """The assistant with what a deployment's options say instead."""
    changes = {name: value for name in _SAME if (value := getattr(options, name)) is not None}
    merged = msgspec.structs.replace(assistant, **changes) if changes else assistant
    if not (options.announcement and merged.record):
        return merged
    greeting = f"{options.announcement} {merged.greeting}".strip()
    return msgspec.structs.replace(merged, greeting=greeting, greeting_barge_in="never")


def only_announces(answering: Assistant, options: PhoneOptions) -> bool:
    """Whether its greeting is a deployment's announcement and nothing else: the model has yet to begin."""
    return bool(options.announcement) and answering.greeting == options.announcement.strip()


def sentences(assistant: Assistant) -> Iterator[tuple[str, str]]:
    """(field, text) of everything that an assistant says word for word."""
    for name in SENTENCES:
        yield name, getattr(assistant, name)
    yield from _patience(assistant.idle)


def _patience(idle: Idle) -> Iterator[tuple[str, str]]:
    for number, prompt in enumerate(idle.prompts):
        yield f"idle.prompts[{number}]", prompt
    yield "idle.goodbye", idle.goodbye


def announced(options: PhoneOptions) -> Iterator[tuple[str, str]]:
    """(field, text) of everything that a deployment says word for word."""
    for name in ("announcement", *SENTENCES):
        if text := getattr(options, name, None):
            yield name, text
    if options.idle is not None:
        yield from _patience(options.idle)


def brought(client_number: str, arguments: Mapping[str, str]) -> dict[str, str]:
    """The variables that a call itself brings."""
    return {"client_number": shown(client_number), **arguments}


def filled_for(assistant: Assistant, options: PhoneOptions, call: Mapping[str, str]) -> Assistant:
    """The assistant as it speaks in a call that brings `call`, on a deployment with `options`."""
    return filled(with_options(assistant, options), {**assistant.variables, **call})


def filled(assistant: Assistant, values: Mapping[str, str]) -> Assistant:
    """The assistant with the variables of one call in its sentences."""
    changes = {name: template.fill(getattr(assistant, name), values) for name in SENTENCES}
    idle = Idle(
        timeout_s=assistant.idle.timeout_s,
        prompts=tuple(template.fill(each, values) for each in assistant.idle.prompts),
        goodbye=template.fill(assistant.idle.goodbye, values),
    )
    return msgspec.structs.replace(assistant, **changes, idle=idle)


def missing(assistant: Assistant, values: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that its sentences ask for and that have no value."""
    return template.missing(" ".join(text for _, text in sentences(assistant)), values)

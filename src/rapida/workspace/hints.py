"""What may be meant, and is worth a sentence to whoever saves it: an assistant, or its place on the phone.

Nothing here is refused. A variable may come with the call, an open question may be answered by keys, and a
voice may be meant to speak with an accent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..assistant import Assistant
from ..llm.flow.brain import Flow
from ..llm.flow.slots import OPEN
from ..store.deployments import PhoneOptions
from ..telephony.parties import carries
from ..text import template
from .combinations import Part, Parts
from .overrides import GIVEN, announced, sentences
from .phrases import still_english

FREE = ("free", *OPEN)
"""Kinds of questions that no grammar hears."""
ANY_LANGUAGE = frozenset({"", "multi"})


def of_assistant(draft: Assistant, parts: Parts) -> Iterator[str]:
    """Sentences about an assistant that can be saved."""
    mind = parts["llm"].made
    flow = mind if isinstance(mind, Flow) else None
    yield from _without_value(_texts(draft, flow), draft.variables)
    yield from _languages(draft, parts, flow)
    yield from _without_effect(draft)
    if flow is not None:
        yield from _of_flow(draft, flow, parts)
    if draft.warning_message and draft.warning_before_s >= draft.max_duration_s:
        yield "`warning_message` is never said: the call is over before (`max_duration_s`)."


def _without_effect(draft: Assistant) -> Iterator[str]:
    """Numbers that another number leaves nothing to decide."""
    turn, late = draft.turn, draft.deadlines
    if turn.silence_ms < turn.stop_ms:
        yield (
            f"`turn.silence_ms` ({turn.silence_ms}) decides nothing: speech has not stopped before "
            f"`turn.stop_ms` ({turn.stop_ms})."
        )
    if draft.turn_end is not None and turn.incomplete_ms < turn.silence_ms:
        yield (
            f"`turn.incomplete_ms` ({turn.incomplete_ms}) is shorter than `turn.silence_ms` "
            f"({turn.silence_ms}): a caller who has not finished is cut short sooner than by silence alone."
        )
    if draft.tools and late.filler_ms >= late.tool_ms and draft.filler_message:
        yield (
            f"`filler_message` comes after `deadlines.filler_ms` ({late.filler_ms}), when a tool has failed "
            f"already (`deadlines.tool_ms`, {late.tool_ms}), unless it sets a time of its own."
        )
    if draft.idle.timeout_s >= draft.max_duration_s:
        yield (
            f"`idle.timeout_s` ({draft.idle.timeout_s:g}) is never reached: the call is over before "
            f"(`max_duration_s`, {draft.max_duration_s:g})."
        )


def of_deployment(assistant: Assistant, options: PhoneOptions) -> Iterator[str]:
    """Sentences about a phone deployment that can be put."""
    yield from _without_value(announced(options), assistant.variables)
    record = assistant.record if options.record is None else options.record
    if options.announcement and not record:
        yield "`announcement` is never said: calls are not recorded here."


def sharing(number: str, others: list[str]) -> str:
    """That assistants of one account name the same number: only one of them can answer it."""
    named = ", ".join(map(repr, others))
    return (
        f"{number} is also the number of {named}: the carrier asks the one address that the number is "
        "configured with, so that only one assistant answers it; both may call from it."
    )


def _texts(draft: Assistant, flow: Flow | None) -> Iterator[tuple[str, str]]:
    yield from sentences(draft)
    if flow is None:
        yield "prompt", draft.prompt
    else:
        unset = [name for name, text in flow.script.variables.items() if not text]
        yield "the flow's variables", " ".join(f"{{{{{name}}}}}" for name in unset)


def _without_value(texts: Iterator[tuple[str, str]], values: Mapping[str, str]) -> Iterator[str]:
    lacking: dict[str, list[str]] = {}
    for field, text in texts:
        for name in template.missing(text, values):
            if name not in GIVEN and not carries(name):
                lacking.setdefault(name, []).append(field)
    for name, places in lacking.items():
        yield (
            f"{{{{{name}}}}} ({', '.join(places)}) has no value: it is left out in calls that bring none "
            "(`args`); give it one under `variables`."
        )


def _languages(draft: Assistant, parts: Parts, flow: Flow | None) -> Iterator[str]:
    for field in ("stt", "tts"):
        spoken = _language_of(parts[field])
        if spoken not in ANY_LANGUAGE and _primary(spoken) != _primary(draft.language):
            option = parts[field].declaration.language_option
            yield (
                f"`{field}.options.{option}` is {spoken!r}, and the assistant's language is "
                f"{draft.language}: write the same in both if that is not meant."
            )
    if _primary(draft.language) == "en":
        return
    if flow is not None:
        yield f"A flow understands yes, no, numbers and dates in English, not in {draft.language}."
    if left := still_english(draft):
        yield f"{', '.join(left)}: still in English, although the assistant's language is {draft.language}."


def _language_of(part: Part) -> str:
    """The language that an option of the provider names; empty = none does."""
    name = part.declaration.language_option
    if not name or part.declaration.options is None:
        return ""
    declared: Any = getattr(part.declaration.options, "__struct_defaults__", ())
    defaults = dict(
        zip(reversed(part.declaration.options.__struct_fields__), reversed(declared), strict=False)
    )
    return str(part.provider.options.get(name, defaults.get(name, "")))


def _primary(language: str) -> str:
    return language.partition("+")[0].partition("-")[0].lower()


def _of_flow(draft: Assistant, flow: Flow, parts: Parts) -> Iterator[str]:
    if draft.prompt:
        yield "A flow reads no `prompt`: what it says stands in its script."
    zone = parts["llm"].provider.options.get("zone", "UTC")
    if zone != draft.zone:
        yield (
            f"The flow means its days in {zone} (`llm.options.zone`), and the assistant's zone is "
            f"{draft.zone}."
        )
    if not parts["stt"].declaration.free_speech:
        deaf = [name for name, state in flow.script.states.items() if state.ask and state.ask.kind in FREE]
        for name in deaf:
            yield (
                f"The flow's state {name!r} asks an open question, and {draft.stt.name!r} hears no free "
                "speech: it can be answered with keys only."
            )

"""What can never work together, although each part of an assistant is right by itself.

An ear that does not hear the assistant's language, or not what its mind needs to hear; a voice that does not
speak it; words that are to interrupt where none are shown; tools that share a name, and tools that a flow
calls and nobody gave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import stt, tts
from ..assistant import Assistant, Provider
from ..call.tool_requests import CALL_TOOLS
from ..errors import InvalidField
from ..llm.flow.brain import Flow
from ..llm.flow.script import ToolUse
from ..store.deployments import PhoneOptions
from . import catalogue
from .catalogue import Declaration


@dataclass(frozen=True)
class Part:
    """A provider of a draft: as it is named there, what it declares, and built for the check."""

    provider: Provider
    declaration: Declaration
    made: Any


Parts = Mapping[str, Part]
"""By the field that names each; what is wrong in itself is not among them."""


def problems(draft: Assistant, parts: Parts, on_phone: PhoneOptions | None) -> Iterator[InvalidField]:
    """Everything that is wrong between the parts that are right."""
    ear, mind = parts.get("stt"), parts.get("llm")
    if ear is not None:
        yield from _ear(draft, ear, mind)
        for field, what in _words_wanted(draft, mind, on_phone):
            yield from without_words(field, what, draft.stt, ear.made)
    if (voice := parts.get("tts")) is not None:
        yield from _voice(draft, voice)
    tools = {field: part for field, part in parts.items() if part.declaration.family == "tools"}
    yield from _tool_names(tools)
    if mind is not None and isinstance(mind.made, Flow) and len(tools) == len(draft.tools):
        yield from _tools_of_flow(mind.made, {part.made.spec.name: part.made for part in tools.values()})


def _ear(draft: Assistant, ear: Part, mind: Part | None) -> Iterator[InvalidField]:
    hears, name = ear.declaration.hears, ear.provider.name
    if not _includes(hears, draft.language):
        yield InvalidField(
            "stt.name",
            f"{name!r} hears {', '.join(hears)} only, and the assistant's language is {draft.language}: "
            f"take {_ears_for(draft.language)}",
        )
    if mind is not None and mind.declaration.open_ended and not ear.declaration.free_speech:
        yield InvalidField(
            "stt.name",
            f"{name!r} hears nothing but the answers to a flow's questions, and {mind.provider.name!r} needs "
            f"to hear whatever callers say: take {_ears_for(draft.language)}, or a flow as `llm`",
        )


def _voice(draft: Assistant, voice: Part) -> Iterator[InvalidField]:
    speaks = voice.declaration.speaks
    if not _includes(speaks, draft.language):
        known = [catalogue.declaration("tts", name) for name in tts.CATALOGUE]
        others = " or ".join(repr(each.name) for each in known if each.language_option and not each.speaks)
        yield InvalidField(
            "tts.name",
            f"{voice.provider.name!r} speaks {', '.join(speaks)} only, and the assistant's language is "
            f"{draft.language}: take {others}",
        )


def _ears_for(language: str) -> str:
    """The STTs that hear free speech in a language and need no script, those without a key first."""
    found = [each for name in stt.CATALOGUE if (each := catalogue.declaration("stt", name)).free_speech]
    able = [
        each
        for each in found
        if _includes(each.hears, language) and (each.hears or each.credential is not None)
    ]
    return " or ".join(repr(each.name) for each in able)


def _includes(languages: tuple[str, ...], language: str) -> bool:
    return not languages or language.partition("-")[0].lower() in languages


def _words_wanted(
    draft: Assistant, mind: Part | None, on_phone: PhoneOptions | None
) -> Iterator[tuple[str, str]]:
    """Where only words may interrupt: the field that says so, and what it says."""
    if draft.turn.barge_in == "words":
        yield "turn.barge_in", "'words'"
    if draft.greeting_barge_in == "words":
        yield "greeting_barge_in", "'words'"
    if mind is not None and isinstance(mind.made, Flow):
        for name, state in mind.made.script.states.items():
            if state.ask is not None and state.ask.barge_in == "words":
                yield "llm.options.script", f"state {name!r}: ask.barge_in 'words'"
    if on_phone is not None and on_phone.greeting_barge_in == "words":
        yield "stt.name", "the phone deployment's greeting_barge_in 'words'"


def without_words(field: str, what: str, provider: Provider, ear: Any) -> Iterator[InvalidField]:
    """That `what` needs words while the caller speaks, unless the STT shows some."""
    if not ear.interims:
        yield InvalidField(
            field,
            f"{what} needs an STT that shows words while the caller speaks, and {provider.name!r} does not: "
            "choose 'always' or 'never', or another STT",
        )


def _tool_names(tools: Parts) -> Iterator[InvalidField]:
    """Tools that cannot be told apart."""
    names: dict[str, str] = {}
    for field, part in tools.items():
        name = part.made.spec.name
        at = f"{field}.options.name" if "name" in part.provider.options else f"{field}.name"
        if name in CALL_TOOLS:
            yield InvalidField(at, f"every call has a tool called {name!r} by itself: choose another name")
        elif name in names:
            yield InvalidField(at, f"{names[name]} is called {name!r} too: give each tool a name of its own")
        names.setdefault(name, field)


def _tools_of_flow(flow: Flow, tools: Mapping[str, Any]) -> Iterator[InvalidField]:
    """Tools that a flow calls, and the assistant does not have, or not in that way."""
    for name, state in flow.script.states.items():
        look_up = state.answer
        use = ToolUse(look_up.tool, {"question": ""}) if look_up is not None else state.tool
        if use is None:
            continue
        at, where = "llm.options.script", f"state {name!r}: tool"
        if (tool := tools.get(use.name)) is None:
            there = ", ".join(sorted(tools)) or "none"
            yield InvalidField(
                at, f"{where}: the assistant has no tool {use.name!r} under `tools`; it has {there}"
            )
            continue
        needed = tool.spec.parameters.get("required", ())
        if lacking := [each for each in needed if each not in use.arguments]:
            yield InvalidField(at, f"{where}: {use.name!r} needs the arguments {', '.join(lacking)}")

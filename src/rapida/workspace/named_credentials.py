"""Credentials by their names: a provider may say `credential: Ours` where it could say `credential_id: 7`.

Names are for files that people keep and move between installations, where numbers differ. No secret is among
them: a name is looked up in the actor's project alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..errors import InvalidField
from ..nearest import meant
from ..node.node import Node
from ..store import Transaction, credentials
from ..store.credentials import Credential
from .actor import Actor

FAMILIES = ("stt", "llm", "tts", "vad", "turn_end")


async def resolved(
    node: Node, actor: Actor, sent: Mapping[str, Any]
) -> tuple[dict[str, Any], list[InvalidField]]:
    """What was sent with numbers for names, and which names are wrong."""
    written = _copied(sent)
    named = [each for each in _providers(written) if "credential" in each[1]]
    if not named:
        return written, []
    async with node.store.read() as tx:
        kept = await of_project(tx, actor.project_id)
    wrong: list[InvalidField] = []
    for field, provider in named:
        name, at = provider.pop("credential"), f"{field}.credential"
        if "credential_id" in provider:
            wrong.append(InvalidField(at, "the credential is named twice: leave out this or `credential_id`"))
            continue
        found = _called(kept, name, provider.get("name"))
        if len(found) == 1:
            provider["credential_id"] = found[0].id
        else:
            wrong.append(InvalidField(at, _problem(name, provider.get("name"), kept, found)))
    return written, wrong


async def of_project(tx: Transaction, project_id: int) -> list[Credential]:
    """All credentials of a project."""
    found: list[Credential] = []
    before: int | None = None
    while page := await credentials.page(tx, project_id, before, 100):
        found += page
        before = page[-1].id
    return found


def name_of(kept: list[Credential], credential_id: int | None) -> str | None:
    """The name by which a credential is found again; None where there is none, or another of that name."""
    found = next((each for each in kept if each.id == credential_id), None)
    if found is None or len(_called(kept, found.name, found.provider)) > 1:
        return None
    return found.name


def _called(kept: list[Credential], name: object, provider: object) -> list[Credential]:
    return [each for each in kept if (each.name, each.provider) == (name, provider)]


def _problem(name: object, provider: object, kept: list[Credential], found: list[Credential]) -> str:
    if found:
        ids = ", ".join(str(each.id) for each in found)
        several = f"there are several credentials called {name!r} for {provider!r}"
        return f"{several}: write `credential_id`, one of {ids}"
    names = tuple(each.name for each in kept if each.provider == provider)
    return f"there is no credential called {name!r} for {provider!r}{meant(str(name), names)}"


def _copied(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A copy as deep as credentials are named in it."""
    written = dict(sent)
    for family in FAMILIES:
        if isinstance(provider := written.get(family), dict):
            written[family] = dict(cast("dict[str, Any]", provider))
    if isinstance(tools := written.get("tools"), list):
        written["tools"] = [
            dict(cast("dict[str, Any]", each)) if isinstance(each, dict) else each
            for each in cast("list[Any]", tools)
        ]
    return written


def _providers(written: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for family in FAMILIES:
        if isinstance(provider := written.get(family), dict):
            yield family, cast("dict[str, Any]", provider)
    tools = written.get("tools")
    for number, tool in enumerate(cast("list[Any]", tools) if isinstance(tools, list) else []):
        if isinstance(tool, dict):
            yield f"tools[{number}]", cast("dict[str, Any]", tool)

"""What a template leaves open: who hears, thinks and speaks.

It is chosen from what the project's credentials open, else from what needs no key on this machine.

A vendor comes before the local one, since a project that keeps its key means to use it. What a request says
itself is never replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from ..errors import InvalidField, VaultError, refuse
from ..node.node import Node
from ..providers.local_speech import local_choice
from ..store import Transaction, credentials
from ..store.credentials import Credential
from . import catalogue
from .actor import Actor
from .assistant_templates import Template, laid_over, template

LANGUAGE: Final = "en-US"
VENDORS: Final = {"stt": "deepgram", "llm": "openai", "tts": "elevenlabs"}
"""Whose credential is looked for, by family."""
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    # A small model: on the telephone the first word's wait is heard before the answer's depth.
    "openai": {"model": "gpt-4o-mini"},
    # One of the voices that every account has (https://elevenlabs.io/docs/quickstart).
    "elevenlabs": {"voice_id": "JBFqnCBsd6RMkjVDRZzb"},
}
"""Options that a vendor cannot do without."""
_SPOKEN_BY_ANY: Final = "espeak"
MOST_LOOKED_AT: Final = 100
"""Credentials that are tried for a template: a page of them, and more than a project keeps."""
NO_MODEL: Final = (
    "the template needs a language model, and the project keeps no credential for 'openai': keep one (POST "
    '/v1/credentials), or name a server of your own, as {"name": "openai", "options": {"model": "…", '
    '"base_url": "http://…/v1"}}'
)


async def from_template(node: Node, actor: Actor, sent: Mapping[str, Any]) -> dict[str, Any]:
    """A whole assistant as it could have been sent: what was, what its `template` says, and what is chosen.

    Raises `InvalidField` for a template that there is not, and for what nobody here can do.
    """
    own = {name: value for name, value in sent.items() if name != "template"}
    begun = template(sent.get("template"))
    fields = laid_over(begun.assistant, own, deep=("variables",))
    language = fields.get("language", LANGUAGE)
    if not isinstance(language, str):
        return fields  # the check of the fields says so
    chosen, lacking = await choice(node, actor, begun, language)
    refuse(each for each in lacking if not _named(own.get(each.field.partition(".")[0])))
    for family, provider in chosen.items():
        said = own.get(family)
        if said is None:
            fields[family] = provider
        elif isinstance(said, dict) and "name" not in said:
            fields[family] = laid_over(provider, cast("dict[str, Any]", said), deep=("options",))
    _speak(begun, fields, own, language)
    _keep_time(fields, own)
    return fields


async def choice(
    node: Node, actor: Actor, begun: Template, language: str
) -> tuple[dict[str, dict[str, Any]], list[InvalidField]]:
    """(provider by family, what nobody here can do), for a template in a language."""
    async with node.store.read() as tx:
        kept = await _open_ones(tx, node, actor.project_id)
    chosen: dict[str, dict[str, Any]] = {}
    lacking: list[InvalidField] = []
    for family, vendor in VENDORS.items():
        if family == "llm" and begun.mind == "flow":
            chosen[family] = {"name": "flow", "options": {"script": begun.script}}
        elif vendor in kept:
            chosen[family], wrong = _of_vendor(family, vendor, kept[vendor])
            lacking += wrong
        elif family == "llm":
            lacking.append(InvalidField("llm.name", NO_MODEL))
        else:
            found = await asyncio.to_thread(_local, family, vendor, language)
            if isinstance(found, InvalidField):
                lacking.append(found)
            else:
                chosen[family] = found
    return chosen, lacking


async def _open_ones(tx: Transaction, node: Node, project_id: int) -> dict[str, Credential]:
    """For each vendor the credential to take: of those that open, a verified one before the others."""
    kept = await credentials.page(tx, project_id, None, MOST_LOOKED_AT)
    found: dict[str, Credential] = {}
    for each in sorted(kept, key=lambda one: one.verified_at is None):
        if each.provider in VENDORS.values() and each.provider not in found and _opens(node, each):
            found[each.provider] = each
    return found


def _opens(node: Node, credential: Credential) -> bool:
    try:
        node.vault.open(credential.place, credential.sealed)
    except VaultError:
        return False
    return True


def _of_vendor(family: str, vendor: str, credential: Credential) -> tuple[dict[str, Any], list[InvalidField]]:
    options = dict(OPTIONS.get(vendor, {}))
    provider = {"name": vendor, "options": options, "credential_id": credential.id}
    if family != "llm" or credential.base_url is None:
        return provider, []
    # Nobody but its owner knows which models a server of one's own has.
    del options["model"]
    sentence = f"the credential {credential.name!r} leads to {credential.base_url}: name a model that it has"
    return provider, [InvalidField("llm.options.model", sentence)]


def _local(family: str, vendor: str, language: str) -> dict[str, Any] | InvalidField:
    """What needs no key and knows the language. Imports it."""
    name = local_choice("stt" if family == "stt" else "tts").name
    if family == "tts" and not _knows(catalogue.declaration(family, name).speaks, language):
        name = _SPOKEN_BY_ANY
    found = catalogue.declaration(family, name)
    if not _knows(found.hears if family == "stt" else found.speaks, language):
        return InvalidField(
            f"{family}.name",
            f"nothing here knows {language} without a key: keep a credential for {vendor!r} "
            "(POST /v1/credentials)",
        )
    if name == _SPOKEN_BY_ANY and _primary(language) != _primary(LANGUAGE):
        return {"name": name, "options": {"voice": _primary(language)}}
    return {"name": name}


def _knows(languages: tuple[str, ...], language: str) -> bool:
    return not languages or _primary(language) in languages


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _named(said: object) -> bool:
    """Whether a request says itself who it is, or which model."""
    if not isinstance(said, dict):
        return False
    mapping = cast("dict[str, Any]", said)
    options = mapping.get("options")
    return "name" in mapping or (isinstance(options, dict) and "model" in options)


def _speak(begun: Template, fields: dict[str, Any], own: Mapping[str, Any], language: str) -> None:
    """A model speaks the assistant's language; what the template has in English is not said in another."""
    if begun.mind != "model" or _primary(language) == _primary(LANGUAGE):
        return
    if "greeting" not in own:
        fields.pop("greeting", None)
    if "prompt" not in own:
        fields["prompt"] = f"{fields['prompt']}\nSpeak the language whose BCP 47 tag is {language}.\n"


def _keep_time(fields: dict[str, Any], own: Mapping[str, Any]) -> None:
    """The template's tools and its flow mean their hours in the assistant's zone."""
    zone = fields.get("zone")
    if not isinstance(zone, str):
        return
    for family, provider in _timed(fields, own):
        declared = catalogue.declaration(family, provider["name"]).options
        if declared is not None and "zone" in declared.__struct_fields__:
            provider["options"] = {"zone": zone, **provider.get("options", {})}


def _timed(fields: dict[str, Any], own: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "tools" not in own:
        fields["tools"] = [dict(each) for each in fields.get("tools", [])]
        yield from (("tools", each) for each in fields["tools"])
    if "llm" not in own:
        yield "llm", fields["llm"]

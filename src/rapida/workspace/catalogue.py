"""What can be configured: the providers of every family, as their classes declare themselves.

Options and credential fields are read from the same declaration that the provider is built from, so a form, a
check and the documentation cannot differ. Importing a provider can take seconds: ask in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from .. import embeddings, llm, stt, telephony, tools, tts, turn_end, vad
from ..assistant import Assistant, Provider
from ..errors import ExtraMissing, InvalidField, UnknownName
from ..providers.addresses import origin
from ..providers.outgoing import policy
from ..providers.registry import Registry

FAMILIES: Mapping[str, Registry[Any]] = {
    "telephony": telephony.CATALOGUE,
    "stt": stt.CATALOGUE,
    "llm": llm.CATALOGUE,
    "tts": tts.CATALOGUE,
    "vad": vad.CATALOGUE,
    "turn_end": turn_end.CATALOGUE,
    "tools": tools.CATALOGUE,
    "embeddings": embeddings.CATALOGUE,
}
ADDRESSES = ("base_url", "url")
"""The options that say where a provider sends its requests, and with them its secret."""


@dataclass(frozen=True)
class Declaration:
    """One provider. `missing` says how to install it where its packages are absent."""

    family: str
    name: str
    options: type[Struct] | None
    credential: type[Struct] | None
    missing: str = ""
    hears: tuple[str, ...] = ()
    """The only languages that an STT hears, as primary subtags; empty = those of its service."""
    speaks: tuple[str, ...] = ()
    """The only languages that a voice speaks, in the same way."""
    free_speech: bool = True
    """Whether an STT hears whatever is said, and not the answers to a question alone."""
    open_ended: bool = False
    """Whether a model answers to whatever is said."""
    language_option: str = ""
    """The option that names a language of its own."""


def declarations() -> Iterator[Declaration]:
    """Every provider of every family."""
    for family, catalogue in FAMILIES.items():
        for name in catalogue:
            yield declaration(family, name)


def declaration(family: str, name: str) -> Declaration:
    """Raises `UnknownName`, also for one that nobody may choose."""
    if name not in (listed := tuple(FAMILIES[family])):
        raise UnknownName(FAMILIES[family].family, name, listed)
    try:
        found: Any = FAMILIES[family].load(name)
    except ExtraMissing as missing:
        return Declaration(family, name, None, None, str(missing))
    return Declaration(
        family,
        name,
        found.Options,
        getattr(found, "Credential", None),
        hears=getattr(found, "hears", ()),
        speaks=getattr(found, "speaks", ()),
        free_speech=getattr(found, "free_speech", True),
        open_ended=getattr(found, "open_ended", False),
        language_option=getattr(found, "language_option", ""),
    )


def credential_of(provider: str) -> type[Struct]:
    """The one credential type of a name, in whatever families it serves.

    Raises `InvalidField` when no provider of that name takes a credential.
    """
    named = [declaration(family, provider) for family, catalogue in FAMILIES.items() if provider in catalogue]
    if taken := {each.credential for each in named if each.credential is not None}:
        [credential] = taken
        return credential
    if absent := next((each for each in named if each.missing), None):
        raise InvalidField("provider", absent.missing)
    known = sorted({each.name for each in declarations() if each.credential is not None})
    raise InvalidField("provider", f"no provider {provider!r} takes a credential; {', '.join(known)} do")


def account_field(provider: str) -> str:
    """The credential field that names the account and is no secret; "" = none does."""
    return telephony.carrier(provider).account_field if provider in telephony.CATALOGUE else ""


def named_providers(assistant: Assistant) -> Iterator[tuple[str, str, Provider]]:
    """(field, family, provider) of everything an assistant names."""
    for family in ("stt", "llm", "tts", "vad", "turn_end"):
        provider: Provider | None = getattr(assistant, family)
        if provider is not None:
            yield family, family, provider
    for number, tool in enumerate(assistant.tools):
        yield f"tools[{number}]", "tools", tool


def known(field: str, family: str, provider: Provider) -> Declaration:
    """The offer behind a named provider. Raises `InvalidField` for an unknown or absent one."""
    try:
        found = declaration(family, provider.name)
    except UnknownName as unknown:
        raise InvalidField(f"{field}.name", str(unknown)) from None
    if found.missing:
        raise InvalidField(f"{field}.name", found.missing)
    return found


def with_address(
    declared: type[Struct] | None, options: Mapping[str, Any], base_url: str | None
) -> dict[str, Any]:
    """A provider's options, in which the credential's address stands for one that they leave out."""
    if declared is None or base_url is None or "base_url" not in declared.__struct_fields__:
        return dict(options)
    over_socket = _default(declared, "base_url").startswith("ws")
    return {"base_url": base_url.replace("http", "ws", 1) if over_socket else base_url, **options}


def check_address(field: str, options: Struct, base_url: str | None) -> None:
    """A secret goes to the provider's own host or to the one its credential names, and to no other.

    Raises `InvalidField`.
    """
    for name in ADDRESSES:
        if name not in options.__struct_fields__:
            continue
        allowed = base_url or _default(type(options), name)
        if origin(getattr(options, name)) != origin(allowed):
            raise InvalidField(
                f"{field}.options.{name}",
                f"the credential's secret goes to {origin(allowed)[1] or 'no host'} only: leave this out, "
                "and let an admin write the address as `base_url` of the credential",
            )


def check_reachable(field: str, options: Struct) -> None:
    """Whether an address leads into a private network by its very name. Raises `InvalidField`.

    Of other names only a name server knows, and it may tell something else tomorrow.
    """
    for name in ADDRESSES:
        if name in options.__struct_fields__ and (barred := policy.bars(getattr(options, name))):
            raise InvalidField(f"{field}.options.{name}", barred)


def _default(options: type[Struct], name: str) -> str:
    found: Any = {each.name: each.default for each in msgspec.structs.fields(options)}.get(name)
    return found if isinstance(found, str) else ""

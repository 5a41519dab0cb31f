"""What can be configured: the providers of every family, as their classes declare themselves.

Options and credential fields are read from the same declaration that the provider is built from, so a form, a
check and the documentation cannot differ. Importing a provider can take seconds: ask in a thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from .. import llm, stt, telephony, tools, tts, turn_end, vad
from ..assistant import Assistant, Provider
from ..errors import ExtraMissing, InvalidField, UnknownName
from ..provider import CredentialCheck
from ..registry import Registry

FAMILIES: Mapping[str, Registry[Any]] = {
    "telephony": telephony.CATALOGUE,
    "stt": stt.CATALOGUE,
    "llm": llm.CATALOGUE,
    "tts": tts.CATALOGUE,
    "vad": vad.CATALOGUE,
    "turn_end": turn_end.CATALOGUE,
    "tools": tools.CATALOGUE,
}
ACCOUNT = "account_sid"
"""The credential field that names the account and is no secret."""
_PLAIN = re.compile(r"^ws(?=s?://)", re.IGNORECASE)
ADDRESSES = ("base_url", "url")
"""The options that say where a provider sends its requests, and with them its secret."""


@dataclass(frozen=True)
class Offer:
    """One provider. `missing` says how to install it where its packages are absent."""

    family: str
    name: str
    options: type[Struct] | None
    credential: type[Struct] | None
    missing: str = ""
    check: CredentialCheck | None = None


def offers() -> Iterator[Offer]:
    """Every provider of every family."""
    for family, catalogue in FAMILIES.items():
        for name in catalogue:
            yield offer(family, name)


def offer(family: str, name: str) -> Offer:
    """Raises `UnknownName`."""
    try:
        found: Any = FAMILIES[family].load(name)
    except ExtraMissing as missing:
        return Offer(family, name, None, None, str(missing))
    return Offer(
        family,
        name,
        found.Options,
        getattr(found, "Credential", None),
        check=getattr(found, "credential_check", None),
    )


def takers(provider: str) -> list[Offer]:
    """The providers of that name that take a credential. Raises `InvalidField` when there is none."""
    named = [offer(family, provider) for family, catalogue in FAMILIES.items() if provider in catalogue]
    if absent := next((each for each in named if each.missing), None):
        raise InvalidField("provider", absent.missing)
    taking = [each for each in named if each.credential is not None]
    if not taking:
        known = sorted({each.name for each in offers() if each.credential is not None})
        raise InvalidField("provider", f"no provider {provider!r} takes a credential; {', '.join(known)} do")
    return taking


def named_providers(assistant: Assistant) -> Iterator[tuple[str, str, Provider]]:
    """(field, family, provider) of everything an assistant names."""
    for family in ("stt", "llm", "tts", "vad", "turn_end"):
        provider: Provider | None = getattr(assistant, family)
        if provider is not None:
            yield family, family, provider
    for number, tool in enumerate(assistant.tools):
        yield f"tools[{number}]", "tools", tool


def known(field: str, family: str, provider: Provider) -> Offer:
    """The offer behind a named provider. Raises `InvalidField` for an unknown or absent one."""
    try:
        found = offer(family, provider.name)
    except UnknownName as unknown:
        raise InvalidField(f"{field}.name", str(unknown)) from None
    if found.missing:
        raise InvalidField(f"{field}.name", found.missing)
    return found


def check_address(field: str, options: Struct, base_url: str | None) -> None:
    """A secret goes to the provider's own host or to the one its credential names, and to no other.

    Raises `InvalidField`.
    """
    for name in ADDRESSES:
        if name not in options.__struct_fields__:
            continue
        allowed = base_url or _default(type(options), name)
        if _origin(getattr(options, name)) != _origin(allowed):
            raise InvalidField(
                f"{field}.options.{name}",
                f"the credential's secret goes to {_origin(allowed)[1] or 'no host'} only: an admin can set "
                "`base_url` on the credential",
            )


def home(options: type[Struct]) -> str:
    """A provider's own address, as plain HTTP is sent there: "" when it has none."""
    return _PLAIN.sub("http", _default(options, "base_url"))


def _default(options: type[Struct], name: str) -> str:
    found: Any = {each.name: each.default for each in msgspec.structs.fields(options)}.get(name)
    return found if isinstance(found, str) else ""


def _origin(url: str) -> tuple[str, str]:
    """Scheme and host; a web socket begins as HTTP, with the secret in it, and goes to the same host."""
    try:
        parts = urlsplit(_PLAIN.sub("http", url))
    except ValueError:
        return "", ""
    return parts.scheme.lower(), parts.netloc.lower()

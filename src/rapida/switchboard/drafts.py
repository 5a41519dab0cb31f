"""Checking an assistant before it is saved: its providers, their options, and the credentials they may use.

What is wrong is said to the person who saves, not to the first caller. Providers that need no secret are
built once for the check, since only they know whether, say, a flow makes sense; the others' options are read.
"""

from __future__ import annotations

import asyncio
import zoneinfo

import msgspec
from msgspec import Struct

from ..assistant import Assistant, Provider
from ..errors import ConfigurationError, InvalidField, NotFound
from ..provider import build
from ..store import Transaction, credentials
from ..store.credentials import Credential
from . import offers
from .offers import Offer


async def check(tx: Transaction, project_id: int, draft: Assistant) -> None:
    """Raises `InvalidField`, or `NotFound` for a credential that is not the project's."""
    try:
        zoneinfo.ZoneInfo(draft.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidField("zone", "write an IANA time zone such as Europe/Berlin") from None
    for field, family, provider in offers.named_providers(draft):
        offer = await asyncio.to_thread(offers.known, field, family, provider)
        credential = await _credential(tx, project_id, field, offer, provider)
        options = await asyncio.to_thread(_options, field, offer, provider)
        if credential is not None:
            offers.check_address(field, options, credential.base_url)


async def _credential(
    tx: Transaction, project_id: int, field: str, offer: Offer, provider: Provider
) -> Credential | None:
    if offer.credential is None:
        if provider.credential_id is not None:
            raise InvalidField(f"{field}.credential_id", f"{provider.name!r} takes no credential")
        return None
    if provider.credential_id is None:
        if any(each.required for each in msgspec.structs.fields(offer.credential)):
            raise InvalidField(f"{field}.credential_id", f"{provider.name!r} needs a credential")
        return None
    found = await credentials.find(tx, provider.credential_id)
    if found.project_id != project_id:
        raise NotFound("credential", provider.credential_id)
    if found.provider != provider.name:
        raise InvalidField(
            f"{field}.credential_id", f"it is a credential for {found.provider!r}, not {provider.name!r}"
        )
    return found


def _options(field: str, offer: Offer, provider: Provider) -> Struct:
    if offer.options is None:
        raise InvalidField(f"{field}.name", offer.missing)
    names = set(offer.options.__struct_fields__)
    if unknown := sorted(provider.options.keys() - names):
        there = ", ".join(sorted(names)) or "none"
        raise InvalidField(f"{field}.options.{unknown[0]}", f"there is no such option; there is {there}")
    try:
        if offer.credential is None:
            build(offers.FAMILIES[offer.family], provider.name, provider.options)
        return msgspec.convert(provider.options, offer.options, strict=False)
    except (msgspec.ValidationError, ConfigurationError) as wrong:
        raise InvalidField(f"{field}.options", str(wrong)) from None

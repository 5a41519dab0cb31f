"""Checking an assistant before it is saved: its providers, their options, and the credentials they may use.

What is wrong is said to the person who saves, not to the first caller. Providers that need no secret are
built once for the check, since only they know whether, say, a flow makes sense; the others' options are read.
`barge_in: words` is refused wherever it is written when the STT shows no words while the caller speaks: the
core would refuse the call.
"""

from __future__ import annotations

import asyncio
import zoneinfo
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from .. import llm, stt
from ..assistant import Assistant, Provider
from ..errors import ConfigurationError, InvalidField, NotFound
from ..llm.flow import Flow, parse
from ..provider import build
from ..store import Transaction, assistants, credentials, deployments
from ..store.credentials import Credential
from ..store.deployments import PhoneOptions
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
    deployment = await deployments.phone_of(tx, draft.id)
    await asyncio.to_thread(_check_words, draft, None if deployment is None else deployment.options)


async def check_on_phone(tx: Transaction, assistant_id: int, options: PhoneOptions) -> None:
    """Whether the published version can be interrupted as its deployment wants. Raises `InvalidField`."""
    if options.greeting_barge_in == "words":
        ear = (await assistants.published(tx, assistant_id)).stt
        if not await asyncio.to_thread(_shows_words, ear):
            raise InvalidField("greeting_barge_in", _needs_words("'words'", ear))


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


def _check_words(draft: Assistant, on_phone: PhoneOptions | None) -> None:
    """Raises `InvalidField` for the first `words` that the assistant's STT cannot serve."""
    wanted = next(_words_wanted(draft, on_phone), None)
    if wanted is not None and not _shows_words(draft.stt):
        field, what = wanted
        raise InvalidField(field, _needs_words(what, draft.stt))


def _words_wanted(draft: Assistant, on_phone: PhoneOptions | None) -> Iterator[tuple[str, str]]:
    """Where only words may interrupt: the field that says so, and what it says."""
    if draft.turn.barge_in == "words":
        yield "turn.barge_in", "'words'"
    if draft.greeting_barge_in == "words":
        yield "greeting_barge_in", "'words'"
    if llm.CATALOGUE.load(draft.llm.name) is Flow:
        for name, state in parse(draft.llm.options["script"]).states.items():
            if state.ask is not None and state.ask.barge_in == "words":
                yield "llm.options.script", f"state {name!r}: ask.barge_in 'words'"
    if on_phone is not None and on_phone.greeting_barge_in == "words":
        yield "stt.name", "the phone deployment's greeting_barge_in 'words'"


def _shows_words(ear: Provider) -> bool:
    """Whether an STT gives interims. One that needs a secret says so on its class, for all its options."""
    offers.known("stt", "stt", ear)
    found = stt.CATALOGUE.load(ear.name)
    built = found if hasattr(found, "Credential") else build(stt.CATALOGUE, ear.name, ear.options)
    return built.interims


def _needs_words(what: str, ear: Provider) -> str:
    return (
        f"{what} needs an STT that shows words while the caller speaks, and {ear.name!r} does not: "
        "choose 'always' or 'never', or another STT"
    )

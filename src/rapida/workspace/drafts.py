"""Checking an assistant before it is saved: its providers, their options, and the credentials they may use.

What is wrong is said to the person who saves, not to the first caller, and all of it at once. Every provider
is built once for the check, with a stand-in where it needs a secret, since only it knows whether its options
make sense. What goes wrong only together is `combinations.py`'s; what may be meant and is worth a sentence
all the same is `hints.py`'s.
"""

from __future__ import annotations

import asyncio
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec
import structlog

from .. import fields
from ..assistant import Assistant, Provider
from ..errors import ConfigurationError, InvalidField, NotFound, refuse
from ..llm.flow.script import FlowProblems
from ..nearest import like
from ..providers.build import build
from ..store import Transaction, assistants, credentials, deployments
from ..store.credentials import Credential
from ..store.deployments import PhoneOptions
from ..text import template
from . import catalogue, combinations, hints
from .catalogue import Declaration
from .combinations import Part
from .overrides import announced, sentences

_log = structlog.get_logger(__name__)

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""A BCP 47 tag, as far as its form tells."""
KEYS = "0123456789*#"
ANY_SECRET = "stand-in"  # noqa: S105 - what a provider is given to be built with, and never started
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


async def check(
    tx: Transaction, project_id: int, draft: Assistant, found: Iterable[InvalidField] = ()
) -> list[str]:
    """What is worth a word about a draft that can be saved; `found` is what is known to be wrong already.

    Raises `InvalidField` for all that is wrong, or `NotFound` for a credential that is not the project's.
    """
    wrong = [*found, *_of_itself(draft)]
    parts: dict[str, Part] = {}
    for field, family, provider in catalogue.named_providers(draft):
        try:
            parts[field] = await part(tx, project_id, field, family, provider)
        except InvalidField as refused:
            wrong += refused.all
    deployment = await deployments.phone_of(tx, draft.id)
    on_phone = None if deployment is None else deployment.options
    wrong += await asyncio.to_thread(lambda: [*combinations.problems(draft, parts, on_phone)])
    refuse(wrong)
    return await asyncio.to_thread(lambda: [*hints.of_assistant(draft, parts)])


async def check_on_phone(
    tx: Transaction, assistant_id: int, options: PhoneOptions, found: Iterable[InvalidField] = ()
) -> list[str]:
    """The same for a phone deployment of the version that it is pinned to, else of the published one."""
    wrong = [*found, *_braces(announced(options))]
    if options.pinned_version is None:
        published = await assistants.published(tx, assistant_id)
    else:
        known = [each.version for each in await assistants.versions(tx, assistant_id)]
        if options.pinned_version not in known:
            listed = ", ".join(map(str, known))
            wrong.append(InvalidField("pinned_version", f"there is no such version; there is {listed}"))
            refuse(wrong)
        published = await assistants.version(tx, assistant_id, options.pinned_version)
    if options.greeting_barge_in == "words":
        field, declaration = (
            "greeting_barge_in",
            await asyncio.to_thread(catalogue.known, "stt", "stt", published.stt),
        )
        ear = await asyncio.to_thread(_built, "stt", declaration, published.stt)
        wrong += combinations.without_words(field, "'words'", published.stt, ear)
    refuse(wrong)
    return [*hints.of_deployment(published, options)]


def _of_itself(draft: Assistant) -> Iterator[InvalidField]:
    """What is wrong whatever the providers are."""
    try:
        zoneinfo.ZoneInfo(draft.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = like(draft.zone, sorted(zoneinfo.available_timezones()))
        yield InvalidField("zone", f"write an IANA time zone such as Europe/Berlin{near}")
    if not LANGUAGE.fullmatch(draft.language):
        yield InvalidField("language", "write a language as BCP 47 has it, such as en-US or de")
    if draft.keypad.terminator not in KEYS:
        yield InvalidField("keypad.terminator", f"write a key, one of {KEYS}, or nothing")
    for name in draft.variables:
        if not template.is_name(name):
            yield InvalidField(
                f"variables.{name}",
                "no text can ask for it: a name is letters, digits and _, and begins with a letter",
            )
    yield from _braces(sentences(draft))


def _braces(texts: Iterable[tuple[str, str]]) -> Iterator[InvalidField]:
    """Braces that would be read to the caller."""
    for field, text in texts:
        if "{{" in template.fill(text, {}):
            yield InvalidField(field, "between {{ and }} write the name of a variable, as in {{name}}")


async def part(tx: Transaction, project_id: int, field: str, family: str, provider: Provider) -> Part:
    """A provider that can be had. Raises `InvalidField` with all that is wrong, and `NotFound`."""
    declaration = await asyncio.to_thread(catalogue.known, field, family, provider)
    wrong: list[InvalidField] = []
    credential = None
    try:
        credential = await credential_of(tx, project_id, field, declaration, provider)
    except InvalidField as refused:
        wrong += refused.all
    wrong += await asyncio.to_thread(lambda: [*_options(field, declaration, provider)])
    refuse(wrong)
    written = catalogue.with_address(
        declaration.options, provider.options, credential and credential.base_url
    )
    made = await asyncio.to_thread(
        _built, field, declaration, msgspec.structs.replace(provider, options=written)
    )
    options = msgspec.convert(written, declaration.options, strict=False)
    if credential is not None:
        catalogue.check_address(field, options, credential.base_url)
    catalogue.check_reachable(field, options)
    return Part(provider, declaration, made)


async def credential_of(
    tx: Transaction, project_id: int, field: str, declaration: Declaration, provider: Provider
) -> Credential | None:
    """The credential that a provider uses; None where it needs none. Raises `InvalidField` or `NotFound`."""
    at = f"{field}.credential_id".removeprefix(".")
    if declaration.credential is None:
        if provider.credential_id is not None:
            raise InvalidField(at, f"{provider.name!r} takes no credential")
        return None
    if provider.credential_id is None:
        if any(each.required for each in msgspec.structs.fields(declaration.credential)):
            raise InvalidField(at, f"{provider.name!r} needs a credential")
        return None
    found = await credentials.find(tx, provider.credential_id)
    if found.project_id != project_id:
        raise NotFound("credential", provider.credential_id)
    if found.provider != provider.name:
        raise InvalidField(at, f"it is a credential for {found.provider!r}, not {provider.name!r}")
    return found


def _options(field: str, declaration: Declaration, provider: Provider) -> Iterator[InvalidField]:
    if declaration.options is None:
        yield InvalidField(f"{field}.name", declaration.missing)
        return
    at = f"{field}.options"
    yield from fields.problems(declaration.options, provider.options, at, strict=False)
    headers: Any = provider.options.get("headers")
    if not isinstance(headers, dict):
        return
    for name, value in cast("dict[str, Any]", headers).items():
        if not (_HEADER.fullmatch(name) and _goes_in_a_header(str(value))):
            yield InvalidField(f"{at}.headers.{name}", "no HTTP header can be called or hold that")
        if name.lower() == "host":
            yield InvalidField(f"{at}.headers.{name}", "the address names the host: leave this out")


def _goes_in_a_header(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _built(field: str, declaration: Declaration, provider: Provider) -> Any:
    """The provider as a call would get it, never started. Raises `InvalidField`."""
    declared = declaration.credential
    secret = (
        {each.name: ANY_SECRET for each in msgspec.structs.fields(declared) if each.required}
        if declared
        else {}
    )
    try:
        return build(catalogue.FAMILIES[declaration.family], provider.name, provider.options, secret)
    except FlowProblems as wrong:
        refuse(InvalidField(f"{field}.options.script", each) for each in wrong.problems)
    except ConfigurationError as wrong:
        raise InvalidField(_named_in(str(wrong), f"{field}.options", provider.options), str(wrong)) from None
    except Exception as unforeseen:  # noqa: BLE001
        # No call could be given it either, and would only have an apology for its caller.
        _log.exception("provider_not_built", family=declaration.family, provider=provider.name)
        raise InvalidField(f"{field}.options", f"it cannot be made of them ({unforeseen})") from None


def _named_in(sentence: str, at: str, options: Mapping[str, Any]) -> str:
    """The option that a provider's sentence is about, as far as it names one."""
    named = next((word for word in re.findall(r"\w+", sentence) if word in options), None)
    return f"{at}.{named}" if named else at

"""What can be found out about an assistant's line: by its rows, by asking its carrier and its vendors.

Asked of the carrier and the vendors now, each once, with nothing changed there. What they answer is judged in
`phone_checks.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ..assistant import Assistant
from ..errors import ConfigurationError, NotFound, ProviderError, ProviderUnavailable, RapidaError
from ..node.addresses import number_status_url, webhook_url
from ..node.carriers import Carriers
from ..node.node import Node
from ..store import Transaction, assistants, credentials, deployments
from ..store.assistants import OwnedAssistant
from ..store.credentials import Credential
from ..store.deployments import Deployment
from ..telephony.account_numbers import NoSuchNumber
from . import assistant_changes, catalogue, overrides, who_answers
from .actor import Actor
from .checks import StationFinding, examined_way
from .phone_checks import KeyCheck, PhoneFacts, examined_line
from .public_name import PublicNameFacts, look, round_trip
from .verification import verify
from .who_answers import ProjectLines


@dataclass(frozen=True)
class LineRows:
    """What the database has of a line."""

    assistant: OwnedAssistant
    deployment: Deployment | None
    body: Assistant | None
    """The version that answers; None = there is none."""
    account: Credential | None
    vendors: tuple[Credential, ...] = ()


async def check(node: Node, carriers: Carriers, actor: Actor, assistant_id: int) -> list[StationFinding]:
    """The way of a call to one assistant, from the public name to its vendors. Raises `NotFound`."""
    async with node.store.read() as tx:
        rows = await rows_of(tx, await assistant_changes.own(tx, actor, assistant_id))
    way = await look(node.addresses.public)
    return [*examined_way(way), *examined_line(await facts_of(node, carriers, rows, way))]


async def rows_of(tx: Transaction, owned: OwnedAssistant) -> LineRows:
    """An assistant's line, its carrier's credential, and the vendors' that it names."""
    deployment = await deployments.phone_of(tx, owned.id)
    version = overrides.answering_version(owned, deployment)
    body = None if version is None else await _body(tx, owned.id, version)
    account = None if deployment is None else deployment.credential_id
    named = set[int]() if body is None else {each for each in _named(body) if each != account}
    return LineRows(
        owned,
        deployment,
        body,
        await credentials.find_if_any(tx, account or 0),
        tuple([each for key in sorted(named) if (each := await credentials.find_if_any(tx, key))]),
    )


async def facts_of(node: Node, carriers: Carriers, rows: LineRows, way: PublicNameFacts) -> PhoneFacts:
    """A line's facts. `way` is what was met under the public name."""
    deployment, account = rows.deployment, rows.account
    on_line = deployment is not None and not deployment.demo
    facts = PhoneFacts(
        assistant=rows.assistant.name,
        assistant_id=rows.assistant.id,
        carrier="" if deployment is None else deployment.carrier,
        demo=deployment is not None and deployment.demo,
        published=rows.body is not None,
        enabled=deployment is not None and deployment.enabled,
        number=(deployment.phone_number if deployment is not None else "") or "",
        voice_url=_our_url(webhook_url, way.public_host, rows),
        status_url=_our_url(number_status_url, way.public_host, rows),
    )
    facts = replace(facts, vendors=await key_checks(node, carriers, rows.vendors))
    if not on_line or account is None:
        return facts
    known = await _key_check(node, carriers, account) or KeyCheck(name=account.name)
    facts = replace(facts, account=known)
    if not known.error and facts.number:
        facts = await _with_number(carriers, account, rows, facts, way)
    if way.leads_here and way.public_host is not None:
        facts = await _with_round_trip(node, account, rows, facts, way.public_host)
    return facts


async def key_checks(node: Node, carriers: Carriers, wanted: Iterable[Credential]) -> list[KeyCheck]:
    """Whether providers accept credentials, in order; without those that cannot be tried beforehand."""
    found = await asyncio.gather(*(_key_check(node, carriers, each) for each in wanted))
    return [each for each in found if each is not None]


async def _key_check(node: Node, carriers: Carriers, credential: Credential) -> KeyCheck | None:
    name = f"{credential.name} ({credential.provider})"
    try:
        await verify(credential, node.prover.secret(credential), carriers.api_urls)
    except ConfigurationError:
        return None
    except ProviderUnavailable as away:
        return KeyCheck(name=name, error=str(away), unreachable=True)
    except RapidaError as refused:
        return KeyCheck(name=name, error=str(refused))
    return KeyCheck(name=name)


async def _with_number(
    carriers: Carriers, account: Credential, rows: LineRows, facts: PhoneFacts, way: PublicNameFacts
) -> PhoneFacts:
    """Where the number leads that the line names."""
    numbers = carriers.of(account).numbers()
    if numbers is None:
        return replace(facts, leads="unshown")
    try:
        number = await numbers.find(facts.number)
    except NoSuchNumber:
        return replace(facts, leads="absent")
    except ProviderError:
        return facts
    lines = ProjectLines(account.provider, way.public_host, {rows.assistant.id: rows.assistant}, {})
    found = who_answers.answered(number, lines)
    where = who_answers.leads_to(number)
    if found.answering.kind == "assistant":
        leads = "here" if number.asks == facts.voice_url else "elsewhere"
    else:
        leads = found.answering.kind
    return replace(
        facts, leads=leads, where=where, takes_calls=number.takes_calls, reports_to=number.reports_to
    )


async def _with_round_trip(
    node: Node, account: Credential, rows: LineRows, facts: PhoneFacts, host: str
) -> PhoneFacts:
    try:
        secret = node.prover.secret(account)
    except RapidaError:
        return facts
    return replace(facts, tried=await round_trip(host, account.provider, rows.assistant.id, secret))


async def _body(tx: Transaction, assistant_id: int, version: int) -> Assistant | None:
    try:
        return await assistants.version(tx, assistant_id, version)
    except NotFound:
        return None


def _named(body: Assistant) -> set[int]:
    return {each.credential_id for _, _, each in catalogue.named_providers(body) if each.credential_id}


def _our_url(made: Callable[[str, str, int], str], host: str | None, rows: LineRows) -> str:
    if host is None or rows.deployment is None:
        return ""
    return made(host, rows.deployment.carrier, rows.assistant.id)

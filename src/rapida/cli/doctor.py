"""`rapida doctor`: look at this installation, say what is wrong with it, and what mends it.

It gathers the facts, from the settings to the public name and the lines; what they mean is judged in
`workspace/checks.py` and `phone_checks.py`.
Nothing is changed. The exit code is 1 if there is a fault.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import chain
from typing import Annotated, Final

import httpx
import msgspec
import typer

from ..errors import RapidaError, SettingsError
from ..node.addresses import Addresses
from ..node.carriers import Carriers
from ..node.node import Node
from ..providers import outgoing
from ..settings import Settings, load
from ..store import Store, credentials, lines
from ..vault.sealing import Vault, open_vault
from ..workspace import phone_facts, public_name
from ..workspace.checks import InstallationFacts, StationFinding, examined
from ..workspace.phone_checks import PhoneFacts, examined_line
from ..workspace.public_name import PublicNameFacts
from . import addresses
from .attack import attacked
from .local_store import reading

MOST_LINES: Final = 20
"""Of the lines that answer, those changed last are looked at: their carrier is asked about each."""
_OUTCOMES: Final = {"refused": "ok  ", "not refused": "FAIL", "not tried": "–   "}
_SIGNS: Final = {"good": "ok  ", "fault": "FAIL", "skipped": "–   "}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the stations as JSON.")] = False,
    attack: Annotated[
        bool,
        typer.Option("--attack", help="Send the running server hostile requests, and list what it refuses."),
    ] = False,
) -> None:
    """Look at this installation, and print what mends it; the exit code is 1 if something is wrong."""
    if attack:
        _attack(as_json)
        return
    found = asyncio.run(looked())
    if as_json:
        typer.echo(msgspec.json.encode({"stations": [asdict(each) for each in found]}).decode())
    else:
        for each in found:
            _tell(each)
    raise typer.Exit(1 if any(each.state == "fault" for each in found) else 0)


def _attack(as_json: bool) -> None:
    try:
        reports = asyncio.run(attacked(load()))
    except RapidaError as wrong:
        typer.echo(f"rapida doctor --attack: {wrong}", err=True)
        raise typer.Exit(1) from wrong
    if as_json:
        typer.echo(msgspec.json.encode({"attacks": [asdict(each) for each in reports]}).decode())
    else:
        for each in reports:
            said = f": {each.answer}" if each.answer else " (there is nothing to try it on)"
            typer.echo(
                f"{_OUTCOMES[each.outcome]}  {each.name}" + ("" if each.outcome == "refused" else said)
            )
    raise typer.Exit(1 if any(each.outcome == "not refused" for each in reports) else 0)


def _tell(found: StationFinding) -> None:
    about = f"{found.about}: " if found.about else ""
    typer.echo(f"{_SIGNS[found.state]}  {found.name:<16}  {about}{found.sentence}")
    if found.fix:
        typer.echo(f"{'':<24}→ {found.fix}")


async def looked() -> list[StationFinding]:
    """Every station of this directory's installation, and of its lines where they can be looked at."""
    try:
        settings = load()
    except SettingsError as wrong:
        return examined(InstallationFacts(settings_error=str(wrong), schema_current=None, skew_s=None))
    facts, vault = _of_directory(settings), None
    if not facts.data_dir_error:
        facts, vault = await _of_database(settings, facts)
    facts = await _of_server(settings, facts)
    way = await public_name.look(settings.public_host)
    found = examined(replace(facts, **asdict(way)))
    if vault is None:
        return found
    return [*found, *_once_each(await _of_lines(settings, vault, way))]


def _once_each(found: list[PhoneFacts]) -> Iterator[StationFinding]:
    """The lines' stations; a provider that several lines use is told once."""
    told = set[StationFinding]()
    for each in chain.from_iterable(map(examined_line, found)):
        if each not in told:
            told.add(each)
            yield each


def _of_directory(settings: Settings) -> InstallationFacts:
    directory = settings.data_dir
    if not directory.is_dir():
        return InstallationFacts(data_dir_error=f"there is no data directory {directory}")
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return InstallationFacts(data_dir_error=f"the data directory {directory} cannot be written")
    if directory.stat().st_mode & 0o077:
        return InstallationFacts(data_dir_error=f"others may read the data directory {directory}")
    return InstallationFacts(free_bytes=shutil.disk_usage(directory).free)


async def _of_database(
    settings: Settings, facts: InstallationFacts
) -> tuple[InstallationFacts, Vault | None]:
    """What is there, and the vault if it opens and holds anything."""
    try:
        async with reading(settings) as tx:
            if tx is None:
                return replace(facts, schema_current=False), None
            sealed = await credentials.sample(tx)
    except RapidaError as away:
        return replace(facts, database_error=str(away)), None
    if not sealed:  # a vault would be made
        return facts, None
    try:
        return facts, open_vault(settings.master_key, settings.data_dir, sealed)
    except RapidaError as shut:
        return replace(facts, vault_error=str(shut)), None


async def _of_server(settings: Settings, facts: InstallationFacts) -> InstallationFacts:
    where = addresses.find(settings)
    answer = await public_name.asked(f"http://{where}/health/ready")
    status = answer.status_code if isinstance(answer, httpx.Response) else None
    return replace(facts, server=where, ready_status=status)


async def _of_lines(settings: Settings, vault: Vault, way: PublicNameFacts) -> list[PhoneFacts]:
    """The facts of the lines that answer, those that were changed last."""
    store = Store(settings.database_url)
    node = Node(store, vault, Addresses(settings.public_host, ""))
    carriers = Carriers(node.prover, settings.carrier_api_urls)
    outgoing.policy.allow(settings.allow_hosts)
    try:
        async with store.read() as tx:
            found = [each for each in await lines.latest(tx, MOST_LINES) if not _is_demo(each)]
            rows = [await phone_facts.rows_of(tx, each.assistant) for each in found]
        return [await phone_facts.facts_of(node, carriers, each, way) for each in rows]
    finally:
        await carriers.aclose()
        await store.aclose()


def _is_demo(line: lines.AnsweringAssistant) -> bool:
    return line.deployment is not None and line.deployment.demo

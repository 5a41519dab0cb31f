"""`rapida doctor`: look at this installation, say what is wrong with it, and what mends it.

It gathers the facts, from the settings to the public name; what they mean is judged in `workspace/checks.py`.
Nothing is changed. The exit code is 1 if there is a fault.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, replace
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Final

import httpx
import msgspec
import typer

from .. import telephony
from ..errors import RapidaError, SettingsError
from ..node.addresses import prefix
from ..node.clock import utc_now
from ..settings import Settings, load
from ..store import credentials
from ..vault.sealing import open_vault
from ..workspace.checks import InstallationFacts, StationFinding, examined
from . import addresses
from .local_store import reading

ANSWER_WITHIN_S: Final = 10.0
"""As long as a carrier waits for a webhook, and some of what a tunnel needs to wake up."""
UPGRADE: Final = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""The request for a WebSocket, with the key of RFC 6455's own example."""
_SIGNS: Final = {"good": "ok  ", "fault": "FAIL", "skipped": "–   "}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the stations as JSON.")] = False,
) -> None:
    """Look at this installation, and print what mends it; the exit code is 1 if something is wrong."""
    found = examined(asyncio.run(gathered()))
    if as_json:
        typer.echo(msgspec.json.encode({"stations": [asdict(each) for each in found]}).decode())
    else:
        for each in found:
            _tell(each)
    raise typer.Exit(1 if any(each.state == "fault" for each in found) else 0)


def _tell(found: StationFinding) -> None:
    typer.echo(f"{_SIGNS[found.state]}  {found.name:<14}  {found.sentence}")
    if found.fix:
        typer.echo(f"{'':<22}→ {found.fix}")


async def gathered() -> InstallationFacts:
    """The facts of this directory's installation."""
    try:
        settings = load()
    except SettingsError as wrong:
        return InstallationFacts(settings_error=str(wrong), schema_current=None, skew_s=None)
    facts = _of_directory(settings)
    if not facts.data_dir_error:
        facts = await _of_database(settings, facts)
    facts = await _of_server(settings, facts)
    return await _of_public_name(settings, facts)


def _of_directory(settings: Settings) -> InstallationFacts:
    directory = settings.data_dir
    if not directory.is_dir():
        return InstallationFacts(data_dir_error=f"there is no data directory {directory}")
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return InstallationFacts(data_dir_error=f"the data directory {directory} cannot be written")
    if directory.stat().st_mode & 0o077:
        return InstallationFacts(data_dir_error=f"others may read the data directory {directory}")
    return InstallationFacts(free_bytes=shutil.disk_usage(directory).free)


async def _of_database(settings: Settings, facts: InstallationFacts) -> InstallationFacts:
    try:
        async with reading(settings) as tx:
            if tx is None:
                return replace(facts, schema_current=False)
            sealed = await credentials.sample(tx)
    except RapidaError as away:
        return replace(facts, database_error=str(away))
    try:
        if sealed:  # else a vault would be made
            open_vault(settings.master_key, settings.data_dir, sealed)
    except RapidaError as shut:
        return replace(facts, vault_error=str(shut))
    return facts


async def _of_server(settings: Settings, facts: InstallationFacts) -> InstallationFacts:
    where = addresses.find(settings)
    answer = await _asked(f"http://{where}/health/ready")
    status = answer.status_code if isinstance(answer, httpx.Response) else None
    return replace(facts, server=where, ready_status=status)


async def _of_public_name(settings: Settings, facts: InstallationFacts) -> InstallationFacts:
    host = settings.public_host
    if host is None:
        return replace(facts, skew_s=None)
    facts = replace(facts, public_host=host)
    name, _, port = host.partition(":")
    try:
        await asyncio.get_running_loop().getaddrinfo(name, int(port or 443), type=socket.SOCK_STREAM)
    except OSError as unknown:
        return replace(facts, resolve_error=unknown.strerror or str(unknown), skew_s=None)
    answer = await _asked(f"https://{host}/health/live")
    if not isinstance(answer, httpx.Response):
        return replace(facts, public_error=answer, skew_s=None)
    status = await unsigned_socket(f"https://{host}")
    return replace(facts, public_status=answer.status_code, upgrade_status=status, skew_s=_skew_s(answer))


async def unsigned_socket(base: str) -> int | None:
    """With which status a media socket without a signature is refused; None = there is no answer.

    A proxy that keeps the upgrade to itself leaves a plain request, for which there is no route: 404.
    """
    nowhere = f"{prefix(telephony.DEMO)}ctx/00000000-0000-4000-8000-000000000000"
    answer = await _asked(base + nowhere, UPGRADE)
    return answer.status_code if isinstance(answer, httpx.Response) else None


def _skew_s(answer: httpx.Response) -> float | None:
    try:
        theirs: Any = parsedate_to_datetime(answer.headers["date"])
        return (utc_now() - theirs).total_seconds()
    except (KeyError, ValueError, TypeError):
        return None


async def _asked(url: str, headers: Mapping[str, str] | None = None) -> httpx.Response | str:
    """The answer, or why there is none."""
    try:
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False) as client:
            return await client.get(url, headers=headers)
    except httpx.HTTPError as failed:
        return str(failed) or type(failed).__name__

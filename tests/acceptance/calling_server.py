"""The words of the outbound tests: a server, and Twilio's REST side as the simulated phone plays it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapida import app
from rapida.node.clock import utc_now
from rapida.node.node import Node
from rapida.outbound.accepting import CallRequest
from rapida.settings import Settings
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.store import Store, assistants, credentials, deployments, intents, pace, tenants
from rapida.store.deployments import PhoneOptions
from rapida.store.intents import Intent
from rapida.vault.sealing import Vault
from tests.doubles.clock_double import StoppableClock

from .server import Kept, assistant, kept

HOST = "calls.example.org"
ACCOUNT = Account("AC" + "7" * 32, "the-token-of-the-account")
OURS = "+14155550100"
CALLEE = "+14155550132"
OTHER = "+14155550133"

# Below the range from which systems choose, from 32768 on. Another process of the tests begins elsewhere.
_PORTS = iter(range(12000 + os.getpid() % 100 * 200, 32768))


def free_port() -> int:
    """A port for a server that starts later: of those that nobody is given unasked in the meantime."""
    while True:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", next(_PORTS))) as listener:
            return listener.getsockname()[1]


@dataclass
class CallingServer:
    """A server that calls people, and the carrier it calls them through."""

    rapida: app.Rapida
    rest: RestSide
    data_dir: Path
    project_id: int
    credential_id: int
    assistant_id: int

    @property
    def store(self) -> Store:
        return self.rapida.node.store

    def request(self, to_number: str = CALLEE, **more: Any) -> CallRequest:
        return CallRequest(assistant_id=self.assistant_id, to_number=to_number, **more)

    async def intent(self, context_id: Any) -> Intent:
        async with self.store.read() as tx:
            found = await intents.find(tx, context_id)
        assert found is not None
        return found

    async def until(self, context_id: Any, *statuses: str, within_s: float = 120) -> Intent:
        """Until the intent has one of these statuses."""
        async with asyncio.timeout(within_s):
            while (found := await self.intent(context_id)).status not in statuses:
                await asyncio.sleep(0.02)
        return found

    async def kept(self, conversation_id: int) -> Kept:
        async with asyncio.timeout(120):
            await self.rapida.calls.idle()
        return await kept(self.store, self.data_dir, conversation_id)

    async def limit(self, **limits: Any) -> None:
        await set_limits(self.store, self.project_id, self.credential_id, **limits)


async def set_limits(
    store: Store,
    project_id: int,
    credential_id: int,
    *,
    calls_per_second: float = 0,
    concurrent_calls: int = 0,
    calls_per_day: int = 0,
) -> None:
    async with store.write() as tx:
        await pace.limit(
            tx,
            project_id,
            pace.WHOLE_PROJECT,
            calls_per_second=0,
            concurrent_calls=concurrent_calls,
            calls_per_day=calls_per_day,
        )
        await pace.limit(tx, project_id, credential_id, calls_per_second=calls_per_second, concurrent_calls=0)


def one_instant(node: Node) -> AbstractContextManager[None]:
    """The server's clock stands still: what is asked for meanwhile is asked for at once, however slowly."""
    assert isinstance(node.clock, StoppableClock)
    return node.clock.one_instant()


async def installed(store: Store, vault: Vault, account: Account = ACCOUNT) -> tuple[int, int, int]:
    """(project, credential, assistant) of a project that may call people."""
    now = utc_now()
    async with store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Callers", now)
        project = await tenants.create_project(tx, organization_id, "Callers", now)
        secret = {"account_sid": account.sid, "account_token": account.token}
        draft = credentials.CredentialDraft(project.id, "twilio", "Twilio", secret, account.sid)
        credential = await credentials.create(tx, vault, draft, now)
        made = await assistants.create(tx, project.id, assistant(["Goodbye then."]), now)
        await deployments.put_phone(
            tx, project.id, made.id, "twilio", credential.id, now, phone_number=OURS, options=PhoneOptions()
        )
    await set_limits(store, project.id, credential.id)
    return project.id, credential.id, made.id


@asynccontextmanager
async def opened(
    data_dir: Path,
    *,
    callees: Mapping[str, Callee] | None = None,
    queue: app.Worker = "inline",
    rest: type[RestSide] = RestSide,
    drain_s: float = 0.0,
    chaos: Chaos | None = None,
    **settings: Any,
) -> AsyncIterator[CallingServer]:
    """A server whose carrier is the simulated one; nothing is limited until a test limits it."""
    port = free_port()
    carrier = rest(
        ACCOUNT,
        connect=f"127.0.0.1:{port}",
        callees=callees,
        anyone=Callee(after_s=0.05),
        calls_per_second=1000,
        chaos=chaos,
    )
    async with carrier:
        chosen = Settings(
            data_dir=data_dir,
            host="127.0.0.1",
            port=port,
            public_host=HOST,
            carrier_api_urls={"twilio": carrier.url},
            **settings,
        )
        async with app.running(chosen, drain_s=drain_s, queue=queue, clock=StoppableClock()) as rapida:
            project_id, credential_id, assistant_id = await installed(rapida.node.store, rapida.node.vault)
            yield CallingServer(
                rapida=rapida,
                rest=carrier,
                data_dir=data_dir,
                project_id=project_id,
                credential_id=credential_id,
                assistant_id=assistant_id,
            )

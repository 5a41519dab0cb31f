"""A second carrier through the whole platform, which knows it by its entry in the catalogue alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from rapida import app
from rapida.call.happenings import CarrierReported
from rapida.node.addresses import number_status_url, webhook_url
from rapida.node.carriers import Carriers
from rapida.node.clock import utc_now
from rapida.outbound.accepting import CallRequest
from rapida.settings import Settings
from rapida.store import assistants, credentials, deployments, tenants
from rapida.workspace.verification import verify
from tests.doubles.loopback_network import Network, Telephone

from .calling_server import free_port, set_limits
from .server import GREETING, Kept, assistant, kept

HOST = "calls.example.org"
OURS, CALLEE = "+14155550100", "+14155550132"


@dataclass
class LoopbackServer:
    """A server, the other end of its carrier, and an assistant that is on the phone there."""

    rapida: app.Rapida
    network: Network
    data_dir: Path
    project_id: int
    credential_id: int
    assistant_id: int

    async def kept(self, conversation_id: int) -> Kept:
        async with asyncio.timeout(120):
            await self.rapida.calls.idle()
        return await kept(self.rapida.node.store, self.data_dir, conversation_id)


@asynccontextmanager
async def opened(data_dir: Path, behaves: Callable[[Telephone], None]) -> AsyncIterator[LoopbackServer]:
    port = free_port()
    network = Network(reaches=f"127.0.0.1:{port}", behaves=behaves)
    async with network.running():
        settings = Settings(
            data_dir=data_dir,
            host="127.0.0.1",
            port=port,
            public_host=HOST,
            carrier_api_urls={"loopback": network.url},
        )
        async with app.running(settings, drain_s=0.0, queue="inline") as rapida:
            store, now = rapida.node.store, utc_now()
            async with store.write() as tx:
                organization_id = await tenants.create_organization(tx, "Callers", now)
                project = await tenants.create_project(tx, organization_id, "Callers", now)
                secret = {"account": network.account, "token": network.token}
                draft = credentials.CredentialDraft(project.id, "loopback", "Home", secret, network.account)
                credential = await credentials.create(tx, rapida.node.vault, draft, now)
                made = await assistants.create(tx, project.id, assistant(["Goodbye then."]), now)
                await deployments.put_phone(
                    tx, project.id, made.id, "loopback", credential.id, now, phone_number=OURS
                )
            await set_limits(store, project.id, credential.id)
            yield LoopbackServer(
                rapida=rapida,
                network=network,
                data_dir=data_dir,
                project_id=project.id,
                credential_id=credential.id,
                assistant_id=made.id,
            )


def hangs_up_after_the_greeting(phone: Telephone) -> None:
    """Whoever has this phone says nothing, listens, and puts it down in the pause behind the first words."""

    async def listens() -> None:
        while not phone.heard or phone.buffered_ms:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        phone.hangs_up()

    phone.listening = asyncio.create_task(listens())  # type: ignore[attr-defined]


async def test_a_call_comes_in_is_answered_and_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", hangs_up_after_the_greeting) as server, asyncio.timeout(120):
        call = await server.network.announces(
            webhook_url(HOST, "loopback", server.assistant_id),
            number_status_url(HOST, "loopback", server.assistant_id),
            CALLEE,
            OURS,
        )
        found = await server.kept(server.rapida.calls.latest)

    assert call.phone is not None
    assert call.phone.heard
    conversation, (context,) = found.conversation, found.contexts
    assert (conversation.direction, conversation.caller, conversation.callee) == ("inbound", CALLEE, OURS)
    assert (conversation.end_reason, conversation.call_status) == ("caller_hangup", "completed")
    assert conversation.arguments == {"CallerName": "Ada"}
    assert (context.carrier, context.carrier_account) == ("loopback", server.network.account)
    assert (context.carrier_call_id, context.verified, context.status) == (call.name, True, "ended")
    assert ("agent", GREETING) in found.said
    assert {each.status for each in found.happened(CarrierReported) if each.about == "call"} == {"completed"}


async def test_a_call_is_placed_spoken_and_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", hangs_up_after_the_greeting) as server, asyncio.timeout(120):
        request = CallRequest(assistant_id=server.assistant_id, to_number=CALLEE)
        placed = await server.rapida.outbound.place(server.project_id, request)
        assert (placed.status, placed.carrier_call_id) == ("dialled", "call-1")
        call = server.network.calls["call-1"]
        await call.over.wait()
        found = await server.kept(placed.conversation_id)

    assert (call.caller, call.callee) == (OURS, CALLEE)
    conversation, (context,) = found.conversation, found.contexts
    assert (conversation.direction, conversation.caller, conversation.callee) == ("outbound", OURS, CALLEE)
    assert (conversation.end_reason, conversation.call_status) == ("caller_hangup", "completed")
    assert (context.carrier, context.carrier_call_id, context.verified) == ("loopback", "call-1", True)
    assert ("agent", GREETING) in found.said
    statuses = [each.status for each in found.happened(CarrierReported) if each.about == "call"]
    assert sorted(statuses) == ["completed", "in-progress", "initiated", "ringing"]


async def test_a_call_is_verified_and_ended_through_the_carriers_own_interface(tmp_path: Path) -> None:
    ended = asyncio.Event()
    async with opened(tmp_path / "data", lambda phone: ended.set()) as server, asyncio.timeout(120):
        request = CallRequest(assistant_id=server.assistant_id, to_number=CALLEE)
        placed = await server.rapida.outbound.place(server.project_id, request)
        await ended.wait()
        async with server.rapida.node.store.read() as tx:
            credential = await credentials.find(tx, server.credential_id)
        secret = server.rapida.node.prover.secret(credential)
        assert await verify(credential, secret, {"loopback": server.network.url}) == "Our home"
        call = server.network.calls["call-1"]
        carriers = Carriers(server.rapida.node.prover, {"loopback": server.network.url})
        await carriers.of(credential).complete(call.name)
        await carriers.aclose()
        await call.over.wait()
        found = await server.kept(placed.conversation_id)
    assert call.told_to == [{"end": True}]
    assert found.conversation.call_status == "completed"


async def test_what_is_not_signed_or_comes_by_another_carriers_name_is_not_let_in(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", hangs_up_after_the_greeting) as server, asyncio.timeout(120):
        url = webhook_url(HOST, "loopback", server.assistant_id)
        told = {"account": server.network.account, "call": "call-9", "from": CALLEE, "to": OURS}
        assert (await server.network.asks(url, told, token="wrong")).status_code == 403
        assert (await server.network.asks(url.replace("loopback", "twilio"), told)).status_code == 403
        assert (await server.network.asks(url.replace("loopback", "nobody"), told)).status_code in (404, 421)
        document = (await server.network.asks(url, told)).json()
        for address, token in (
            (document["url"], "wrong"),
            (document["url"].replace("loopback", "twilio"), ""),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await server.network.opens(address, token)
            assert refused.value.response.status_code == 403

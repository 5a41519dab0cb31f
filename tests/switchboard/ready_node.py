"""A node ready to take calls, on a database of its own, a clock turned by hand, and a carrier that signs.

The carrier here is only Twilio's pen: it writes and signs requests as Twilio does and dials nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from xml.etree import ElementTree

from rapida.assistant import Assistant, Provider
from rapida.node.addresses import Addresses
from rapida.node.node import Node
from rapida.settings import WsSignature
from rapida.store import Transaction, assistants, credentials, deployments, tenants
from rapida.store.deployments import PhoneOptions
from rapida.store.tables import contexts, conversations
from rapida.switchboard.callbacks import Callbacks
from rapida.switchboard.claims import Claimed, Claims
from rapida.switchboard.inbound import Inbound, WebhookAnswer
from rapida.telephony.door import Handshake, Refusal
from rapida.telephony.twilio import webhook
from rapida.telephony.twilio.request import TwilioWebhook
from rapida.telephony.webhooks import CarrierRequest
from rapida.vault.sealing import Keyring, Vault
from tests.databases import Place, open_store
from tests.doubles.store_double import StoreDouble

HOST = "calls.example.org"
LOCAL = "localhost:8080"
SID = "AC" + "1" * 32
TOKEN = "first-token"
SECOND = "second-token"
CALL = "CA" + "2" * 32
OTHER_CALL = "CA" + "3" * 32
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"


def an_assistant(name: str = "Front desk", **more: Any) -> Assistant:
    return Assistant(
        0, 0, name, stt=Provider("scripted"), llm=Provider("scripted"), tts=Provider("tones"), **more
    )


@dataclass
class HandClock:
    """Time that moves when told."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class ReadyNode:
    """A node, its project with a credential and a deployed assistant, and the carrier's side of each call."""

    node: Node
    store: StoreDouble
    clock: HandClock
    missed: list[str]
    project_id: int
    assistant_id: int
    credential_id: int
    accepting: bool = True
    expected: list[tuple[UUID, int, Assistant]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbound = Inbound(
            self.node,
            accepting=lambda: self.accepting,
            expect=lambda *told: self.expected.append(told),
        )
        self.callbacks = Callbacks(self.node, self.inbound)

    # What the carrier does

    def fields(self, **more: str | None) -> dict[str, str]:
        """A webhook's fields; None leaves one out."""
        told = {"AccountSid": SID, "CallSid": CALL, "From": "+15550001", "To": "+15550002"}
        told |= {"CallStatus": "ringing", "ApiVersion": "2010-04-01", "Direction": "inbound"}
        return {name: value for name, value in {**told, **more}.items() if value is not None}

    async def rings(
        self, *, to: object = None, token: str = TOKEN, host: str = HOST, query: str = "", **more: Any
    ) -> WebhookAnswer:
        path = f"/v1/talk/twilio/call/{self.assistant_id if to is None else to}"
        request = signed(path, self.fields(**more), token=token, host=host, query=query)
        return await self.inbound.answer(path.rpartition("/")[2], request)

    async def opens_stream(
        self,
        context_id: object,
        *,
        token: str | None = TOKEN,
        host: str = HOST,
        mode: WsSignature = "required",
    ) -> Claimed | Refusal:
        path = f"/v1/talk/twilio/ctx/{context_id}"
        headers = {}
        if token is not None:
            headers[webhook.SIGNATURE_HEADER] = webhook.sign(f"wss://{host}{path}", None, token)
        claims = Claims(self.node, {"twilio": mode})
        verdict = await claims.admit(Handshake(path, "", headers))
        await claims.aclose()
        return verdict

    async def reports(self, context_id: object, *, token: str = TOKEN, **told: Any) -> None:
        path = f"/v1/talk/twilio/ctx/{context_id}/event"
        fields = {"AccountSid": SID, "CallSid": CALL} | told
        await self.callbacks.of_context(str(context_id), signed(path, fields, token=token))

    async def reports_on_number(self, *, to: object = None, token: str = TOKEN, **told: Any) -> None:
        path = f"/v1/talk/twilio/event/{self.assistant_id if to is None else to}"
        fields = {"AccountSid": SID, "CallSid": CALL} | told
        await self.callbacks.of_assistant(path.rpartition("/")[2], signed(path, fields, token=token))

    # What is in the books

    async def count(self, table: Any) -> int:
        from sqlalchemy import func, select

        async with self.node.store.read() as tx:
            return (await tx.execute(select(func.count()).select_from(table))).scalar_one()

    async def deploy(self, **how: Any) -> None:
        async with self.node.store.write() as tx:
            how.setdefault("credential_id", self.credential_id)
            options = PhoneOptions(**how.pop("options", {}))
            credential_id = how.pop("credential_id")
            await deployments.put_phone(
                tx,
                self.project_id,
                self.assistant_id,
                "twilio",
                credential_id,
                self.clock.now,
                options=options,
                **how,
            )


def signed(
    path: str,
    fields: Mapping[str, str],
    *,
    token: str = TOKEN,
    host: str = HOST,
    query: str = "",
    method: str = "POST",
) -> TwilioWebhook:
    """A request as Twilio writes it: a form POST, or a GET whose query holds the fields."""
    if method == "GET":
        query = "&".join(part for part in (query, urlencode(fields)) if part)
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    posted = method == "POST"
    headers = {webhook.SIGNATURE_HEADER: webhook.sign(url, fields if posted else None, token)}
    if posted:
        headers["content-type"] = FORM
    return a_request(
        method, path=path, query=query, headers=headers, body=urlencode(fields).encode() if posted else b""
    )


def a_request(
    method: str, *, path: str, query: str, headers: Mapping[str, str], body: bytes = b""
) -> TwilioWebhook:
    """A request to Twilio's address."""
    asked = CarrierRequest(
        carrier="twilio", method=method, path=path, query=query, headers=headers, body=body
    )
    return TwilioWebhook(asked)


def stream_of(document: str) -> ElementTree.Element:
    """The document's `<Stream>`."""
    found = ElementTree.fromstring(document).find("Connect/Stream")
    assert found is not None, document
    return found


async def left_behind(ready: ReadyNode) -> tuple[int, int]:
    """How many conversations and contexts there are."""
    return await ready.count(conversations), await ready.count(contexts)


def context_of(answer: WebhookAnswer) -> UUID:
    return UUID(stream_of(answer.document).attrib["url"].rpartition("/")[2])


def spoken(answer: WebhookAnswer) -> str:
    """What a refusal says; it must hang up afterwards."""
    response = ElementTree.fromstring(answer.document)
    assert [each.tag for each in response] == ["Say", "Hangup"]
    return response[0].text or ""


async def add_credential(
    tx: Transaction, vault: Vault, project_id: int, name: str, account: str, **secret: str
) -> int:
    draft = credentials.CredentialDraft(
        project_id, "twilio", name, {"account_sid": account, **secret}, account
    )
    return (await credentials.create(tx, vault, draft, NOON)).id


@asynccontextmanager
async def open_ready_node(
    where: Place | Path, *, public: str | None = HOST, busy_timeout_ms: int = 5000
) -> AsyncGenerator[ReadyNode]:
    """A project with one Twilio credential and one deployed assistant."""
    clock, vault = HandClock(), Vault(Keyring({"k1": b"k" * 32}))
    async with open_store(where, busy_timeout_ms=busy_timeout_ms) as store:
        async with store.write() as tx:
            organization_id = await tenants.create_organization(tx, "Org", NOON)
            project = await tenants.create_project(tx, organization_id, "Project", NOON)
            credential_id = await add_credential(
                tx, vault, project.id, "Twilio", SID, account_token=TOKEN, secondary_token=SECOND
            )
            assistant = await assistants.create(tx, project.id, an_assistant(), NOON)
            await deployments.put_phone(tx, project.id, assistant.id, "twilio", credential_id, NOON)
        missed: list[str] = []
        node = Node(store, vault, Addresses(public, LOCAL), clock, missed=missed.append)
        yield ReadyNode(
            node=node,
            store=store,
            clock=clock,
            missed=missed,
            project_id=project.id,
            assistant_id=assistant.id,
            credential_id=credential_id,
        )

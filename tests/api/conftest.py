"""The API's tests ask a whole application over HTTP, in memory, under the public host or a local one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest_asyncio
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rapida.api.build import build_api
from rapida.api.server_facts import ServerLoad
from rapida.engine.live import Live
from rapida.node.carriers import Carriers
from rapida.outbound.accepting import Outbound
from rapida.settings import Settings
from rapida.store import api_keys, assistants, conversations, deployments, knowledge, tenants, users
from rapida.store.conversations import StoredOutcome
from rapida.store.knowledge import StoredPassage
from rapida.store.recordings import Recording
from rapida.store.users import Role
from rapida.switchboard.claims import Claims
from rapida.switchboard.control import Complete, no_carrier
from rapida.switchboard.provider_cache import ProviderCache
from rapida.switchboard.talks import Talks
from rapida.switchboard.voice_samples import VoiceSamples
from rapida.telemetry.metrics import Metrics
from rapida.telephony.twilio import webhook
from rapida.vault import tokens
from rapida.vault.passwords import Passwords
from rapida.workspace.people import NewUser, People
from tests.databases import Place
from tests.switchboard.calling_node import OURS, open_calling_node
from tests.switchboard.ready_node import (
    FORM,
    HOST,
    NOON,
    TOKEN,
    ReadyNode,
    add_credential,
    an_assistant,
)

PASSWORD = "correct horse battery"
SETUP_CODE = "a-setup-code-for-tests"


def quick_passwords() -> Passwords:
    """Argon2id at its lowest cost."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Foreign:
    """Another project's rows, none of the asker's business."""

    project_id: int
    assistant_id: int
    credential_id: int
    key_id: int
    key: str
    user_id: int
    conversation_id: int
    name: str
    """Of a page of facts."""


@dataclass
class Browser:
    """A person's browser: it keeps the cookie, and sends what a page of ours would."""

    api: ServedApi
    host: str = "localhost"
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    @property
    def origin(self) -> str:
        return f"{'https' if self.host == HOST else 'http'}://{self.host}"

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"origin": self.origin, "x-csrf-token": self.csrf} | more.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.api.ask(method, path, host=self.host, headers=headers, **more)
        self.cookies |= dict(answer.cookies)
        return answer

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        answer = await self.ask("POST", "/v1/auth/login", json={"email": email, "password": password})
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf_token"]
        return answer


class _Enough(Exception):
    """The first events of a stream were sent."""


def up_to_first_events(app: FastAPI) -> ASGIApp:
    """The application, whose clients leave a stream of events that has no end when the first ones came."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        streams = False

        async def passing(message: Message) -> None:
            nonlocal streams
            if message["type"] == "http.response.start":
                streams = (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]
            if streams and message["type"] == "http.response.body":
                await send({**message, "more_body": False})
                raise _Enough
            await send(message)

        with suppress(_Enough):
            await app(scope, receive, passing)

    return wrapped


@dataclass
class ServedApi:
    """The application, and the node behind it."""

    ready: ReadyNode
    app: FastAPI
    metrics: Metrics
    people: People
    data_dir: Path

    async def ask(
        self, method: str, path: str, *, host: str = "localhost", key: str | None = None, **more: Any
    ) -> httpx.Response:
        transport = httpx.ASGITransport(up_to_first_events(self.app), raise_app_exceptions=False)
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, headers=headers, **more)

    async def carrier_posts(self, path: str, fields: dict[str, str], *, token: str = TOKEN) -> httpx.Response:
        """As Twilio posts through a proxy that keeps the public host."""
        signature = webhook.sign(f"https://{HOST}{path}", fields, token)
        headers = {webhook.SIGNATURE_HEADER: signature, "content-type": FORM}
        return await self.ask("POST", path, host=HOST, content=urlencode(fields), headers=headers)

    async def a_key(self, role: Role = "admin", project_id: int | None = None, **more: Any) -> str:
        """A fresh API key of the node's project."""
        token = tokens.new_api_key()
        name = f"{role} {token.prefix}"
        draft = api_keys.NewApiKey(project_id or self.ready.project_id, name, role, **more)
        async with self.ready.node.store.write() as tx:
            await api_keys.create(tx, draft, token.prefix, token.digest, self.ready.clock.now)
        return token.text

    async def a_person(self, role: Role = "owner", email: str = "", organization_id: int = 0) -> str:
        """The address of a new member; their password is PASSWORD."""
        email = email or f"{role}@example.com"
        if not organization_id:
            async with self.ready.node.store.read() as tx:
                mine = await tenants.project(tx, self.ready.project_id)
            organization_id = mine.organization_id
        await self.people.add(NewUser(email, email, PASSWORD), organization_id, role, "test")
        return email

    async def a_browser(self, role: Role = "owner", email: str = "", host: str = "localhost") -> Browser:
        """A signed-in person."""
        browser = Browser(self, host)
        assert (await browser.sign_in(await self.a_person(role, email))).status_code == 200
        return browser

    async def foreigners(self) -> Foreign:
        """A second organization, with one of everything."""
        async with self.ready.node.store.write() as tx:
            organization_id = await tenants.create_organization(tx, "Foreign", NOON)
        await self.a_person("owner", "foreign@example.com", organization_id)
        return await self._others(organization_id, "foreign@example.com")

    async def siblings(self) -> Foreign:
        """A second project of the node's own organization, with one of everything."""
        async with self.ready.node.store.read() as tx:
            mine = await tenants.project(tx, self.ready.project_id)
        await self.a_person("viewer", "foreign@example.com")
        return await self._others(mine.organization_id, "foreign@example.com")

    async def _others(self, organization_id: int, email: str) -> Foreign:
        node = self.ready.node
        async with node.store.write() as tx:
            project = await tenants.create_project(tx, organization_id, "Foreign", NOON)
            credential = await add_credential(
                tx, node.vault, project.id, "Theirs", "AC" + "8" * 32, account_token="theirs"
            )
            assistant = await assistants.create(tx, project.id, an_assistant("Theirs"), NOON)
            await deployments.put_phone(
                tx, project.id, assistant.id, "twilio", credential, NOON, phone_number=OURS
            )
            draft = conversations.NewConversation(
                project_id=project.id,
                assistant_id=assistant.id,
                assistant_version=1,
                direction="inbound",
                caller="+15550001",
                callee="+15550002",
            )
            facts = [StoredPassage("Theirs", "Theirs")]
            await knowledge.put(tx, project.id, "theirs", "Theirs", facts, NOON)
            conversation_id = await conversations.create(tx, draft, NOON)
            await conversations.finish(tx, self._left_behind(conversation_id), NOON)
        key = await self.a_key("admin", project.id)
        async with node.store.read() as tx:
            user = await users.by_email(tx, email)
            key_id = (await api_keys.of_project(tx, project.id))[0].id
        assert user is not None
        return Foreign(
            project_id=project.id,
            assistant_id=assistant.id,
            credential_id=credential,
            key_id=key_id,
            key=key,
            user_id=user.id,
            conversation_id=conversation_id,
            name="theirs",
        )

    def _left_behind(self, conversation_id: int) -> StoredOutcome:
        """What a call left, its files in the data directory."""
        for name in ("theirs.wav", "theirs.jsonl"):
            (self.data_dir / name).write_bytes(b"Theirs")
        return StoredOutcome(
            conversation_id=conversation_id,
            end_reason="caller_hangup",
            started_at=NOON,
            ended_at=NOON,
            recording=Recording("theirs.wav", 1, 6),
            journal_path="theirs.jsonl",
        )


def build_served_api(
    ready: ReadyNode,
    data_dir: Path | None = None,
    outbound: Outbound | None = None,
    complete: Complete = no_carrier,
    carriers: Carriers | None = None,
    load: Callable[[], ServerLoad] = ServerLoad,
    **settings: Any,
) -> ServedApi:
    metrics = Metrics()
    if data_dir is not None:
        settings["data_dir"] = data_dir
    options = Settings(public_host=ready.node.addresses.public, setup_code=SETUP_CODE, **settings)
    passwords = quick_passwords()
    app = build_api(
        options,
        ready.node,
        ready.inbound,
        metrics,
        accepting=lambda: ready.accepting,
        outbound=outbound,
        carriers=carriers,
        complete=complete,
        passwords=passwords,
        talk=Talks(ready.node, Claims(ready.node, {}), Live(), accepting=lambda: ready.accepting),
        samples=VoiceSamples(
            ready.node, ProviderCache(ready.node.store, ready.node.vault, ready.node.prover.uses)
        ),
        load=load,
    )
    people = People(ready.node.store, ready.node.clock, passwords)
    return ServedApi(ready=ready, app=app, metrics=metrics, people=people, data_dir=options.data_dir)


@pytest_asyncio.fixture
async def api(place: Place) -> AsyncGenerator[ServedApi]:
    async with open_calling_node(place) as calling:
        yield build_served_api(
            calling.ready,
            place.directory,
            calling.outbound,
            carriers=calling.carriers,
            carrier_api_urls={"twilio": calling.twilio.url},
        )

"""An inbound call: from its proved webhook to the document that connects it, or to a spoken refusal.

Whoever proves that they are the carrier is always answered with a document, because anything else would be
read to the caller as an application error; whoever does not is told nothing and leaves no trace. A webhook
that comes again gets the same document and creates nothing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import unquote
from uuid import UUID, uuid4

import msgspec
import structlog

from .. import telephony
from ..assistant import Assistant
from ..errors import Conflict, NotFound, ProofError, SettingsError, StoreError
from ..node.addresses import connecting
from ..node.clock import LONGEST_CALL
from ..node.node import Node
from ..node.proof import doubt
from ..recurring import Recurring
from ..store import contexts, conversations, deployments, lines
from ..store.contexts import CarrierCall, Context
from ..store.credentials import Credential
from ..store.db import Transaction
from ..store.deployments import Deployment, PhoneOptions
from ..store.lines import AnsweringAssistant, NumberLookup
from ..telephony.parties import carried
from ..telephony.webhooks import TERMINAL, InboundCall, Webhook
from ..workspace import overrides
from .claims import MOST_ATTEMPTS, UNCLAIMED_FOR
from .refusals import Why, refusing

_log = structlog.get_logger(__name__)

T = TypeVar("T")

KEPT_LINES = 256
"""For how many assistants the proof is remembered, should the database be away."""

ANSWER_WITHIN_S = 5.0
"""The longest to wait for the database, twice per webhook at most: the carrier gives up after 15 s."""


Kind = Literal["connected", "repeated", "busy", "refused", "apology"]
"""The answers to a proved webhook that `telemetry.metrics` counts."""


@dataclass(frozen=True)
class WebhookAnswer:
    """What a proved webhook gets."""

    kind: Kind
    document: str
    content_type: str


@dataclass(frozen=True)
class _Call:
    """A proved webhook, on its way to an answer."""

    carrier: str
    announced: InboundCall
    line: AnsweringAssistant
    credential: Credential
    host: str

    @property
    def named(self) -> CarrierCall:
        return CarrierCall(self.carrier, self.announced.account_id, self.announced.call_id)


_Key = tuple[str, int, str]
"""A carrier, an assistant, and the account that asks."""

Expect = Callable[[UUID, int, Assistant], None]
"""Told (context, conversation, assistant) of a call whose stream is about to come, once; must not block."""


def assistant_id(text: str) -> int:
    """The id in a path. Raises `NotFound`, with a hint for a placeholder that was pasted as it stands."""
    bare = unquote(text)
    if bare.startswith(("{", "<", ":")):
        raise NotFound("assistant", bare, "this is a placeholder; write the assistant's number in its place")
    if not bare.isascii() or not bare.isdigit() or len(bare) > 15:
        raise NotFound("assistant", "with this id", "an assistant's id is a number")
    return int(bare)


class Inbound:
    """Answers call webhooks."""

    def __init__(
        self,
        node: Node,
        *,
        accepting: Callable[[], bool] = lambda: True,
        expect: Expect = lambda context, conversation, assistant: None,
    ) -> None:
        """`accepting` turns false while the server drains; `expect` lets providers warm up."""
        self._node = node
        self._accepting = accepting
        self._expect = expect
        self._away = Recurring()
        self._lines: OrderedDict[_Key, AnsweringAssistant] = OrderedDict()
        """Those last rung."""
        self._deployed: dict[_Key, AnsweringAssistant] = {}
        """Those last deployed."""
        self._asking: set[asyncio.Task[Any]] = set()

    async def answer(self, assistant: str, webhook: Webhook) -> WebhookAnswer:
        """The answer to a proved webhook.

        Without proof it raises `ProofError`, or `SettingsError` when no public host is set; with it
        `NotFound` for an unknown assistant. Raises `WireError` for a broken form, and `StoreError` when the
        database is away and no proof is possible from memory.
        """
        wanted = assistant_id(assistant)
        found, away = await self._found(webhook.request.carrier, wanted, webhook.account_id)
        try:
            line, credential, host = self.proved(wanted, found, webhook)
        except (ProofError, NotFound, SettingsError):
            if away is not None:
                raise away from None
            raise
        call = _Call(webhook.request.carrier, webhook.call, line, credential, host)
        try:
            if away is None:
                return await self._in_time(self._take(call))
        except StoreError as gone:
            away = gone
        except Exception:  # noqa: BLE001
            # Somebody is on the line, and the carrier would read an application error to them.
            _log.exception("webhook_broken", assistant_id=wanted)
        if away is not None and (untold := self._away.worth("away")) is not None:
            _log.error("webhook_without_database", assistant_id=wanted, reason=str(away), untold=untold)
        return _refused(call, "apology", "apology", self._known(call))

    def proved(
        self, wanted: int, found: NumberLookup, webhook: Webhook
    ) -> tuple[AnsweringAssistant, Credential, str]:
        """The line that a request is proved for, by which credential, and the host of its addresses.

        Raises `ProofError`, `SettingsError` or `NotFound` as `answer` does. Who has proved nothing is
        answered alike whether there is such an assistant or not.
        """
        addresses, known = self._node.addresses, (*found.own, *found.strangers)
        credential = self._node.prover.who_signed(webhook, addresses.asked, known)
        if credential is None:
            raise addresses.unproved(doubt(webhook, known))
        if found.line is None or credential not in found.own:
            raise NotFound("assistant", wanted, "none in a project that has a credential of this account")
        deployment = found.line.deployment
        return found.line, credential, addresses.answering(demo=deployment is not None and deployment.demo)

    async def remember(self) -> None:
        """Learn the lines that nobody has rung yet, for when the database is away. Raises `StoreError`."""
        async with self._node.store.read() as tx:
            latest = await lines.latest(tx, KEPT_LINES)
            for line in latest:
                # So that it can be said in the assistant's words that the database is away. A version that
                # cannot be read is only its own callers' trouble.
                if (version := overrides.answering_version(line.assistant, line.deployment)) is not None:
                    with suppress(NotFound, msgspec.ValidationError):
                        await self._node.versions.get(tx, line.assistant.id, version)
        self._deployed = {
            (own.provider, line.assistant.id, own.account): line for line in latest for own in line.candidates
        }

    async def _found(
        self, carrier: str, wanted: int, account_id: str
    ) -> tuple[NumberLookup, StoreError | None]:
        """The line as it is now; as it was last seen, to prove by only, if the database is away."""
        key = (carrier, wanted, account_id)
        try:
            found = await self._in_time(self._find_line(*key))
        except StoreError as away:
            return NumberLookup(self._deployed.get(key) or self._lines.get(key)), away
        if found.line is not None and found.own:
            self._lines[key] = found.line
            self._lines.move_to_end(key)
        else:
            self._lines.pop(key, None)
        if len(self._lines) > KEPT_LINES:
            self._lines.popitem(last=False)
        return found, None

    async def _find_line(self, carrier: str, wanted: int, account_id: str) -> NumberLookup:
        async with self._node.store.read() as tx:
            return await lines.find(tx, wanted, carrier, account_id)

    async def _in_time(self, asking: Coroutine[Any, Any, T]) -> T:
        """The answer, unless it comes too late: then `StoreError`, and what was begun is let finish alone.

        A context that nobody is told of expires like one whose stream never came.
        """
        task = asyncio.create_task(asking)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        done, _ = await asyncio.wait((task,), timeout=ANSWER_WITHIN_S)
        if not done:
            raise StoreError("the database does not answer in time")
        return task.result()

    async def _take(self, call: _Call) -> WebhookAnswer:
        deployment = call.line.deployment
        version = overrides.answering_version(call.line.assistant, deployment)
        if version is None:
            return _refused(call, "refused", "not_connected", None)
        if deployment is None or not deployment.enabled or not call.named.call_id:
            async with self._node.store.read() as tx:
                await self._node.versions.get(tx, call.line.assistant.id, version)
            connected = deployment is not None and deployment.enabled
            why: Why = "over" if connected else "not_connected"
            return _refused(call, "refused", why, self._known(call))
        try:
            return await self._connect(call, deployment, version)
        except Conflict:
            # The same webhook is being answered in another process: its context is there now. Or another
            # project names the same account and was told of the same call: we count on from its contexts.
            return await self._connect(call, deployment, version, again=True)

    def _known(self, call: _Call) -> Assistant | None:
        """The assistant as it would answer this call, without asking the database."""
        owned, deployment = call.line.assistant, call.line.deployment
        if (version := overrides.answering_version(owned, deployment)) is None:
            return None
        assistant = self._node.versions.kept(owned.id, version)
        return assistant and _as_it_answers(assistant, deployment, call.announced)

    async def _connect(
        self, call: _Call, deployment: Deployment, version: int, *, again: bool = False
    ) -> WebhookAnswer:
        now = self._node.clock()
        async with self._node.store.write() as tx:
            assistant = await self._node.versions.get(tx, deployment.assistant_id, version)
            answering = _as_it_answers(assistant, deployment, call.announced)
            named, caller = call.named, call.announced.from_number
            earlier = await contexts.of_call(tx, deployment.project_id, named)
            for each in earlier:
                if _still_waits(each, deployment, now):
                    return _answer(call.carrier, "repeated", _document(each, caller, deployment))
            if len(earlier) >= MOST_ATTEMPTS or any(c.call_status in TERMINAL for c in earlier):
                return _refused(call, "refused", "over", answering)
            if not self._accepting() or await is_full(tx, deployment, now):
                return _refused(call, "busy", "busy", answering)
            taken = await contexts.last_attempt(tx, named.account, named.call_id) if again else len(earlier)
            context = await _create(tx, call, version, taken + 1, now)
        self._expect(context.id, context.conversation_id, answering)
        return _answer(call.carrier, "connected", _document(context, caller, deployment))


def _document(context: Context, caller: str, deployment: Deployment) -> str:
    return connecting(context, caller, names_events=deployment.options.stream_status_events)


def _answer(carrier: str, kind: Kind, document: str) -> WebhookAnswer:
    return WebhookAnswer(kind, document, telephony.carrier(carrier).documents.content_type)


def _refused(call: _Call, kind: Kind, why: Why, assistant: Assistant | None) -> WebhookAnswer:
    return _answer(call.carrier, kind, refusing(call.carrier, why, assistant))


def _still_waits(context: Context, deployment: Deployment, now: datetime) -> bool:
    return (
        context.assistant_id == deployment.assistant_id
        and context.status == "pending"
        and context.expires_at > now
    )


async def is_full(tx: Transaction, deployment: Deployment, now: datetime) -> bool:
    """Whether an assistant has all the calls that its deployment allows, until the transaction ends."""
    most = deployment.options.concurrent_calls
    if most == 0:
        return False
    # Two calls that are counted at once would both find the last place free.
    await deployments.hold(tx, deployment.id)
    return await contexts.in_use(tx, deployment.assistant_id, now - LONGEST_CALL, now) >= most


async def _create(tx: Transaction, call: _Call, version: int, attempt: int, now: datetime) -> Context:
    owned = call.line.assistant
    conversation_id = await conversations.create(
        tx,
        conversations.NewConversation(
            project_id=owned.project_id,
            assistant_id=owned.id,
            assistant_version=version,
            direction="inbound",
            caller=call.announced.from_number,
            callee=call.announced.to_number,
            arguments=_arguments(call.announced),
        ),
        now,
    )
    context = Context(
        id=uuid4(),
        conversation_id=conversation_id,
        project_id=owned.project_id,
        assistant_id=owned.id,
        direction="inbound",
        credential_id=call.credential.id,
        carrier=call.carrier,
        carrier_account=call.named.account,
        carrier_call_id=call.named.call_id,
        attempt=attempt,
        host=call.host,
        created_at=now,
        expires_at=now + UNCLAIMED_FOR,
    )
    await contexts.create(tx, context)
    return context


def _as_it_answers(assistant: Assistant, deployment: Deployment | None, announced: InboundCall) -> Assistant:
    """The assistant with this call's variables in its sentences."""
    call = overrides.brought(announced.from_number, _arguments(announced))
    options = PhoneOptions() if deployment is None else deployment.options
    return overrides.filled_for(assistant, options, call)


def _arguments(announced: InboundCall) -> dict[str, str]:
    """The address's own fields, and what the carrier brings along of the caller. A key is none of them."""
    own = {name: value for name, value in announced.query.items() if name.lower() != "x-api-key"}
    return own | carried(announced.carried)

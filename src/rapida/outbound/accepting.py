"""Outbound calls: from a request to a kept intent, and to a ringing telephone if there is room right now.

It decides whether a call is accepted: whose assistant, which version, whose number, whom it may call, how
many a day. One transaction writes conversation, context, intent and key. What is dialled at once is
`dialling.py`'s, and what waits is `scheduling.py`'s.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from msgspec import Struct

from ..assistant import Assistant
from ..errors import (
    ConfigurationError,
    Conflict,
    InvalidField,
    NotFound,
    RapidaError,
    StoreError,
    TooManyTries,
    refuse,
)
from ..node.node import Node
from ..store import (
    Transaction,
    assistants,
    contexts,
    conversations,
    credentials,
    deployments,
    idempotency,
    intents,
    pace,
)
from ..store.contexts import Context
from ..store.credentials import Credential
from ..store.erasing import subject_of
from ..store.intents import Intent
from ..telephony import numbers
from ..text import template
from ..workspace import overrides
from ..workspace.actor import Actor
from .dialling import Dialler
from .order import DialOptions, Order, Placed, look_at
from .settling import LIVES, close_undialled

_log = structlog.get_logger(__name__)

KEEPS_FOR = timedelta(minutes=10)
"""How long a single call may wait for its turn."""
BULK_KEEPS_FOR = timedelta(hours=24)
"""How long one of many calls may wait for its turn: a day's limit lets it out by tomorrow."""
MOST_AT_ONCE = 1000
"""How many calls one request may ask for: it is written in batches while the asker waits."""
BATCH = 10
"""Calls of one transaction of a bulk request: another writer waits no longer than these take."""
IN_FLIGHT = timedelta(seconds=20)
"""How long a request that is dialling may take: the carrier's time-out, and the database's."""


CALLED_OFF = "operator_hangup"
"""Why the conversation of a call that somebody called off ended; the call core's word for the same."""


class KeyReused(Conflict):
    """An idempotency key that stands for another request."""


class DayUsedUp(TooManyTries):
    """The project has had its calls of the day."""


class CallRequest(Struct, frozen=True):
    """One call that somebody asks for. Empty `from_number` = the deployment's own."""

    assistant_id: int
    to_number: str
    from_number: str = ""
    version: int | None = None
    arguments: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    options: DialOptions = DialOptions()

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests."""
        return sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


@dataclass(frozen=True)
class _Origin:
    """Where calls go out from: an assistant's version, its deployment's credential and own number."""

    project_id: int
    assistant: Assistant
    credential: Credential
    host: str
    own_number: str | None
    countries: tuple[str, ...]
    names_events: bool


@dataclass(frozen=True)
class _Line:
    """An origin, and the numbers at both ends."""

    origin: _Origin
    to_number: str
    from_number: str


Origins = dict[tuple[int, int | None], _Origin]
"""The origins that a request has found so far, by assistant and version wanted."""


@dataclass(frozen=True)
class _Accepted:
    """`order` is there when the call is ours to dial now."""

    placed: Placed
    order: Order | None = None


class Outbound:
    """Accepts requests for calls."""

    def __init__(
        self,
        node: Node,
        dialler: Dialler,
        wake: Callable[[], None] = lambda: None,
        *,
        accepting: Callable[[], bool] = lambda: True,
    ) -> None:
        """`wake` is called when something was put into the queue; must not block. `accepting` turns false
        while the server drains: what it takes then waits for the next worker.
        """
        self._node = node
        self._dialler = dialler
        self._wake = wake
        self._accepting = accepting

    async def place(
        self, project_id: int, request: CallRequest, key: str = "", by: Actor | None = None
    ) -> Placed:
        """Accept one call, and dial it if its turn is now; `by` asked for it, as the audit has it.

        Raises `NotFound` for what is not the project's, `NotDiallable` and other `ConfigurationError`s,
        `KeyReused`, `Conflict` while the first request with this key is in flight, `DayUsedUp`,
        `SettingsError` without a public host, `VaultError` and `StoreError`.
        """
        now = self._node.clock()
        async with self._node.store.write() as tx:
            accepted = await self._accept(tx, project_id, request, key, now + KEEPS_FOR, by)
        if accepted.order is not None:
            placed = await self._dialler.dial(accepted.order)
        else:
            placed = accepted.placed
        if placed.status == "queued":
            self._wake()
        return placed

    async def place_many(
        self, project_id: int, requests: Sequence[tuple[CallRequest, str]], by: Actor | None = None
    ) -> list[Placed | RapidaError]:
        """Queue each (request, key) by itself; in its place stands how it stands, or why it was refused.

        Raises `ConfigurationError` for too many, `StoreError` when the database took none. Should it go away
        later, the rows from there on are refused with its error: those before are kept, and will be dialled.
        """
        if len(requests) > MOST_AT_ONCE:
            raise InvalidField("phoneCalls", f"write at most {MOST_AT_ONCE} calls into one request")
        answers: list[Placed | RapidaError] = []
        origins: Origins = {}
        clock = asyncio.get_running_loop().time
        for first in range(0, len(requests), BATCH):
            began = clock()
            try:
                answers += await self._accept_batch(project_id, requests[first : first + BATCH], by, origins)
            except StoreError as away:
                if not answers:
                    raise
                _log.error("bulk_cut_short", kept=len(answers), asked=len(requests), reason=str(away))
                answers += [away] * (len(requests) - first)
                break
            # Writers of other processes (SQLite lets them ask now and then, not queue) get their half.
            await asyncio.sleep(clock() - began)
        self._wake()
        return answers

    async def _accept_batch(
        self,
        project_id: int,
        requests: Sequence[tuple[CallRequest, str]],
        by: Actor | None,
        origins: Origins,
    ) -> list[Placed | RapidaError]:
        """The rows of one transaction: nothing here holds unless it commits."""
        async with self._node.store.write() as tx:
            return [
                await self._accept_one_of_many(tx, project_id, request, key, by, origins)
                for request, key in requests
            ]

    async def _accept_one_of_many(
        self,
        tx: Transaction,
        project_id: int,
        request: CallRequest,
        key: str,
        by: Actor | None,
        origins: Origins,
    ) -> Placed | RapidaError:
        not_after = self._node.clock() + BULK_KEEPS_FOR
        try:
            # What a refused call has written is taken back, its neighbours stay.
            async with tx.begin_nested():
                return (await self._accept(tx, project_id, request, key, not_after, by, origins)).placed
        except (ConfigurationError, Conflict, NotFound, TooManyTries) as refused:
            return refused

    async def _accept(
        self,
        tx: Transaction,
        project_id: int,
        request: CallRequest,
        key: str,
        not_after: datetime,
        by: Actor | None,
        origins: Origins | None = None,
    ) -> _Accepted:
        """`origins` are those of a bulk request, whose calls wait; without them a call may go at once."""
        now = self._node.clock()
        if key and (used := await idempotency.find(tx, project_id, key, now)) is not None:
            return _Accepted(await self._again(tx, used, request, now))
        line = await self._line(tx, project_id, request, {} if origins is None else origins)
        credential_id = line.origin.credential.id
        whole, _ = await pace.lanes(tx, project_id, credential_id, hold=True)
        if not await pace.count_today(tx, whole, now):
            raise DayUsedUp(
                f"the project has used up its {whole.calls_per_day} calls of the day (UTC); an admin "
                "can raise the limit under /v1/outbound-limits",
                until_tomorrow_s(now),
            )
        order = await self._write(tx, line, request, not_after, now)
        context = order.context
        if by is not None:
            # No numbers: those stand in the conversation alone, which can be erased.
            told = {"before": None, "after": {"assistant_id": context.assistant_id, "direction": "outbound"}}
            await by.note(tx, now, "call.create", subject_of(context.conversation_id), **told)
        if key and not await idempotency.keep(tx, project_id, key, request.fingerprint, context.id, now):
            raise Conflict(
                "the first request with this Idempotency-Key is still in flight: ask again shortly"
            )
        waits = origins is not None or not self._accepting()
        if waits or not (await pace.take_turn(tx, project_id, credential_id, now)).taken:
            return _Accepted(_as_placed(context, order.intent))
        attempt = await intents.begin(tx, context.id, now, look_at(request.options, now))
        return _Accepted(_as_placed(context, order.intent), order.taken(attempt))

    async def _again(
        self, tx: Transaction, used: idempotency.Used, request: CallRequest, now: datetime
    ) -> Placed:
        """The answer to a request that came before."""
        if used.fingerprint != request.fingerprint:
            raise KeyReused("this Idempotency-Key stands for another request: take a new one")
        context, intent = await contexts.find(tx, used.context_id), await intents.find(tx, used.context_id)
        if context is None or intent is None:
            raise NotFound("call of this Idempotency-Key", "any more")
        if intent.status == "dialling" and intent.reason is None and intent.updated_at + IN_FLIGHT > now:
            raise Conflict(
                "the first request with this Idempotency-Key is still in flight: ask again shortly"
            )
        return _as_placed(context, intent)

    async def check(self, tx: Transaction, project_id: int, request: CallRequest, origins: Origins) -> None:
        """Raises what `place` would raise for a request's own sake; nothing is written."""
        await self._line(tx, project_id, request, origins)

    async def _line(self, tx: Transaction, project_id: int, request: CallRequest, origins: Origins) -> _Line:
        key = (request.assistant_id, request.version)
        if (origin := origins.get(key)) is None:
            origin = origins[key] = await self._origin(tx, project_id, request)
        wrong = [*_wrong_message(request, origin.assistant)]
        from_number = request.from_number or origin.own_number or ""
        if not from_number:
            missing = "name the number to call from, or give the phone deployment a phone_number"
            wrong.append(InvalidField("fromNumber", missing))
        try:
            if request.options.caller_id:
                numbers.check_caller_id(request.options.caller_id)
        except InvalidField as refused:
            wrong += refused.all
        try:
            home = origin.own_number or ""
            to_number, from_number = numbers.check(request.to_number, from_number, origin.countries, home)
        except InvalidField as refused:
            refuse([*wrong, *(each for each in refused.all if from_number or each.field != "fromNumber")])
            raise
        refuse(wrong)
        return _Line(origin, to_number, from_number)

    async def _origin(self, tx: Transaction, project_id: int, request: CallRequest) -> _Origin:
        owned = await assistants.find(tx, request.assistant_id)
        if owned.project_id != project_id:
            raise NotFound("assistant", request.assistant_id)
        deployment = await deployments.phone_of(tx, owned.id)
        if deployment is None or not deployment.enabled or deployment.credential_id is None:
            raise ConfigurationError(
                "this assistant has no telephone: give it a phone deployment with a credential first"
            )
        version = request.version or overrides.answering_version(owned, deployment)
        if version is None:
            raise ConfigurationError(
                "no version of this assistant is published: publish one, or name a version"
            )
        return _Origin(
            project_id=project_id,
            assistant=await self._node.versions.get(tx, owned.id, version),
            credential=await credentials.find(tx, deployment.credential_id),
            host=self._node.addresses.answering(demo=deployment.demo),
            own_number=deployment.phone_number,
            countries=deployment.options.countries,
            names_events=deployment.options.stream_status_events,
        )

    async def _write(
        self, tx: Transaction, line: _Line, request: CallRequest, not_after: datetime, now: datetime
    ) -> Order:
        origin = line.origin
        conversation_id = await conversations.create(
            tx,
            conversations.NewConversation(
                project_id=origin.project_id,
                assistant_id=origin.assistant.id,
                assistant_version=origin.assistant.version,
                direction="outbound",
                caller=line.from_number,
                callee=line.to_number,
                arguments=request.arguments,
                metadata=request.metadata,
            ),
            now,
        )
        context = Context(
            id=uuid4(),
            conversation_id=conversation_id,
            project_id=origin.project_id,
            assistant_id=origin.assistant.id,
            direction="outbound",
            credential_id=origin.credential.id,
            carrier=origin.credential.provider,
            carrier_account=origin.credential.account,
            carrier_call_id=None,
            attempt=1,
            host=origin.host,
            created_at=now,
            expires_at=not_after + LIVES,
        )
        intent = Intent(
            context_id=context.id,
            project_id=origin.project_id,
            credential_id=origin.credential.id,
            to_number=line.to_number,
            from_number=line.from_number,
            options=msgspec.to_builtins(_with_message(line, request)),
            not_after=not_after,
            created_at=now,
            updated_at=now,
        )
        await contexts.create(tx, context)
        await intents.create(tx, intent)
        return Order(intent, context, origin.credential)


async def call_off(tx: Transaction, context: Context, now: datetime) -> bool:
    """See that a call that waits for its turn is never dialled, and end its conversation.

    False when its dial was taken first, when it is over, or when it is not a call of ours to somebody.
    """
    reason = "an operator hung up before the call was dialled"
    return await close_undialled(tx, context, "refused", reason, now, end_reason=CALLED_OFF)


def _wrong_message(request: CallRequest, assistant: Assistant) -> Iterator[InvalidField]:
    """What nobody could leave on a machine: nothing at all, or a `{{name}}` that stands for nothing."""
    options, at = request.options, "options.message"
    if options.machine == "leave_message" and not options.message.strip():
        yield InvalidField(at, "write what is to be left on the machine")
    values = {**assistant.variables, **overrides.brought(request.to_number, request.arguments)}
    if lacking := template.missing(options.message, values):
        named = ", ".join(f"{{{{{name}}}}}" for name in lacking)
        problem = f"{named} stands for nothing: send its value in `args`, or give the assistant the variable"
        yield InvalidField(at, problem)
    elif "{{" in template.fill(options.message, {}):
        yield InvalidField(at, "between {{ and }} write the name of a variable, as in {{name}}")


def _with_message(line: _Line, request: CallRequest) -> DialOptions:
    """The call's options, with what is left on a machine as it will be said."""
    options, assistant = request.options, line.origin.assistant
    values = {**assistant.variables, **overrides.brought(line.to_number, request.arguments)}
    return msgspec.structs.replace(
        options,
        message=template.fill(options.message, values),
        language=options.language or assistant.language,
        stream_status_events=line.origin.names_events,
    )


def until_tomorrow_s(now: datetime) -> int:
    """Seconds until the day of the limits (UTC) is over."""
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return math.ceil((tomorrow - now).total_seconds())


def _as_placed(context: Context, intent: Intent) -> Placed:
    trouble = "refused" if intent.status == "refused" else ""
    return Placed(
        conversation_id=context.conversation_id,
        context_id=context.id,
        carrier_call_id=context.carrier_call_id,
        status=intent.status,
        reason=intent.reason or "",
        trouble=trouble,
    )

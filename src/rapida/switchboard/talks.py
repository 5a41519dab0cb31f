"""Talks: conversations without a telephone, from the wish to have one to a stream that is let in.

A talk has a context like a call's: one-use, sixty seconds long. A person's is opened by that person's own
session; what an API key made is opened by whoever is told its context, once. The assistant may be a draft
that nobody has saved. From its stream on a talk is a call like any other, in writing too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import msgspec

from ..assistant import Assistant, Idle, Provider
from ..engine.live import Live
from ..errors import ConfigurationError, InvalidField, NotAllowed, NotFound, NotSignedIn, TooManyTries
from ..node.node import Node
from ..store import Transaction, contexts, conversations, deployments
from ..store import talks as rows
from ..store.assistants import DRAFT
from ..store.contexts import Context
from ..store.conversations import NewConversation
from ..store.db import alone
from ..store.deployments import Deployment, PhoneOptions
from ..store.erasing import subject_of
from ..store.talks import Talk
from ..telephony.browser import NAME
from ..telephony.browser.stream import BrowserStream
from ..telephony.door import Admission, Refusal
from ..telephony.stream import Leg, TellingLeg
from ..workspace import assistant_changes, overrides
from ..workspace.actor import Actor
from .call_on_board import CallOnBoard
from .claims import UNCLAIMED_FOR, Claimed, Claims, claimed
from .connect import OtherEnd
from .inbound import LONGEST_CALL, Expect, is_full
from .talk_leg import TalkLeg, TalkListener

TalkChannel = Literal["browser", "text"]
MOST_WITHOUT_PHONE: Final = 20
"""Calls at once of an assistant whose deployment says nothing, since it has none: its makers try it."""
PATIENCE_S: Final = 600.0
"""Who types takes longer than who speaks, and is not asked whether they are there; then the page was left."""
WAIT_S: Final = 10
"""When to ask again while all lines are busy: about the time in which one of a few calls ends."""

Opener = Callable[[int], Awaitable[Actor]]
"""Who opens a socket, as a member of a project. Raises `NotSignedIn`, `NotFound` or `NotAllowed`."""


Claiming = Coroutine[Any, Any, Claimed | Refusal]
LetIn = Callable[[Claiming, Callable[[Claimed], OtherEnd]], Awaitable[Admission | Refusal]]
"""Awaits a claim and prepares its call (`Connector.let_in`)."""


async def _nobody(claiming: Claiming, end_of: Callable[[Claimed], OtherEnd]) -> Refusal:
    """Where no calls are held."""
    del end_of
    claiming.close()
    return Refusal(503, "no calls are held here")


class LinesBusy(TooManyTries):
    """The assistant has as many calls as its deployment allows, or the server is about to end."""


@dataclass(frozen=True)
class TalkRequest:
    """A talk that somebody asks for. Without `version` and `draft` the published version answers."""

    assistant_id: int
    version: int | None = None
    draft: Mapping[str, Any] | None = None
    """A whole assistant body, unsaved."""
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    channel: TalkChannel = "browser"


@dataclass(frozen=True)
class OpenedTalk:
    """A talk whose stream may come until `expires_at`."""

    conversation_id: int
    context_id: UUID
    assistant_version: int
    expires_at: datetime


class Talks:
    """Opens talks and lets their streams in."""

    def __init__(
        self,
        node: Node,
        claims: Claims,
        live: Live,
        *,
        let_in: LetIn = _nobody,
        expect: Expect = lambda context, conversation, assistant: None,
        accepting: Callable[[], bool] = lambda: True,
    ) -> None:
        """`let_in` prepares a claimed call, `expect` its providers before; `accepting` turns false while the
        server drains.
        """
        self._node = node
        self._claims = claims
        self._live = live
        self._let_in = let_in
        self._expect = expect
        self._accepting = accepting

    # Opening

    async def open(self, actor: Actor, request: TalkRequest, origin: str | None = None) -> OpenedTalk:
        """Make a talk's conversation and context, and its providers ready.

        `origin` is the only page that may open it, where that is another site's.

        Raises `NotFound` for what is not the project's, `InvalidField` for all that is wrong with a draft,
        `ConfigurationError` where no version is published, `LinesBusy` and `StoreError`.
        """
        draft = await self._draft(actor, request)
        now = self._node.clock()
        async with self._node.store.write() as tx:
            assistant = draft or await self._saved(tx, actor, request)
            deployment = await deployments.phone_of(tx, assistant.id)
            if not self._accepting():
                raise LinesBusy("the server is about to end: ask again when it is back", WAIT_S)
            await _leave_room(tx, assistant.id, deployment, now)
            context = await self._write(tx, actor, request, assistant, now)
            await rows.create(tx, Talk(context.id, actor.user_id, draft, origin))
            after = {"assistant_id": assistant.id, "version": assistant.version, "channel": request.channel}
            subject = subject_of(context.conversation_id)
            await actor.note(tx, now, "talk.open", subject, before=None, after=after)
        values = {**assistant.variables, **overrides.brought("", request.variables)}
        ready = overrides.filled(_as_held(assistant, request.channel), values)
        self._expect(context.id, context.conversation_id, ready)
        return OpenedTalk(context.conversation_id, context.id, assistant.version, context.expires_at)

    async def _draft(self, actor: Actor, request: TalkRequest) -> Assistant | None:
        if request.draft is None:
            return None
        if request.version is not None:
            raise InvalidField("version", "either a version answers or a draft: leave one of them out")
        async with self._node.store.read() as tx:
            owned = await assistant_changes.own(tx, actor, request.assistant_id)
        body = await assistant_changes.unsaved(self._node, actor, request.draft)
        return msgspec.structs.replace(body, id=owned.id, version=DRAFT)

    async def _saved(self, tx: Transaction, actor: Actor, request: TalkRequest) -> Assistant:
        owned = await assistant_changes.own(tx, actor, request.assistant_id)
        version = request.version or owned.published_version
        if version is None:
            raise ConfigurationError(
                "no version of this assistant is published: publish one, or name a version or a draft"
            )
        return await self._node.versions.get(tx, owned.id, version)

    async def _write(
        self, tx: Transaction, actor: Actor, request: TalkRequest, assistant: Assistant, now: datetime
    ) -> Context:
        conversation_id = await conversations.create(
            tx,
            NewConversation(
                project_id=actor.project_id,
                assistant_id=assistant.id,
                assistant_version=assistant.version,
                direction="inbound",
                caller="",
                callee="",
                arguments=dict(request.variables),
                channel=request.channel,
            ),
            now,
        )
        context = Context(
            id=uuid4(),
            conversation_id=conversation_id,
            project_id=actor.project_id,
            assistant_id=assistant.id,
            direction="inbound",
            credential_id=0,
            carrier=NAME,
            carrier_account="",
            carrier_call_id=None,
            attempt=1,
            host=self._node.addresses.local,
            created_at=now,
            expires_at=now + UNCLAIMED_FOR,
        )
        await contexts.create(tx, context)
        return context

    # The stream is at the door

    async def admit(self, context_id: str, opener: Opener, origin: str | None = None) -> Admission | Refusal:
        """Decide on the upgrade of a talk's socket, by a page of `origin` where that is another site's.

        Raises `StoreError`.
        """
        return await self._let_in(self._claim(context_id, opener, origin), self._end_of)

    async def _claim(self, wanted: str, opener: Opener, origin: str | None) -> Claimed | Refusal:
        """Not to be cancelled: what it has claimed would be nobody's."""
        try:
            context, draft = await self._permitted(wanted, opener, origin)
        except NotFound as unknown:
            return Refusal(404, str(unknown))
        except (NotSignedIn, NotAllowed) as unproved:
            return Refusal(403, str(unproved))
        taken = await self._claims.take(context, verified=True)
        if isinstance(taken, Refusal):
            return taken
        async with self._node.store.read() as tx:
            conversation = await conversations.find(tx, taken.conversation_id)
            version = conversation.assistant_version
            assistant = draft or await self._node.versions.get(tx, taken.assistant_id, version)
        return claimed(taken, conversation, _as_held(assistant, conversation.channel), None, PhoneOptions())

    async def _permitted(
        self, wanted: str, opener: Opener, origin: str | None
    ) -> tuple[Context, Assistant | None]:
        """The context that somebody may open, and its draft. Raises `NotFound`, and what `opener` raises."""
        async with self._node.store.read() as tx:
            context = await contexts.find(tx, _context_id(wanted))
            talk = None if context is None else await rows.find(tx, context.id)
        # Who made a talk is known until its stream is there: without that nobody may have it.
        if context is None or context.carrier != NAME or (talk is None and context.status == "pending"):
            raise NotFound("context", "with this id")
        if talk is not None and talk.origin != origin:
            raise NotAllowed("this context was made for a page of another origin")
        if talk is not None and talk.user_id is not None:
            actor = await opener(context.project_id)
            actor.must_be("editor", "talking to an assistant")
            if actor.user_id != talk.user_id:
                raise NotAllowed("this context is another person's: make one of your own")
        return context, None if talk is None else talk.draft

    def _end_of(self, claimed: Claimed) -> OtherEnd:
        sound = claimed.conversation.channel != "text"
        call = CallOnBoard(
            conversation_id=claimed.conversation.id,
            project_id=claimed.conversation.project_id,
            assistant_id=claimed.conversation.assistant_id,
            began_at=self._node.clock(),
        )

        def leg(socket: TellingLeg) -> Leg:
            return TalkLeg(socket, self._live, call, sound=sound)

        return OtherEnd(BrowserStream(str(claimed.context.id), sound=sound), leg, TalkListener)


async def _leave_room(
    tx: Transaction, assistant_id: int, deployment: Deployment | None, now: datetime
) -> None:
    """Raises `LinesBusy` where an assistant has all its calls; one that nobody opened yet counts."""
    if deployment is not None:
        most, full = deployment.options.concurrent_calls, await is_full(tx, deployment, now)
    else:
        await alone(tx, f"talks of assistant {assistant_id}")
        most = MOST_WITHOUT_PHONE
        full = await contexts.in_use(tx, assistant_id, now - LONGEST_CALL, now) >= most
    if full:
        raise LinesBusy(f"the assistant is in all of the {most} calls that it may have", WAIT_S)


def _context_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("context", "with this id") from None


def _as_held(assistant: Assistant, channel: str) -> Assistant:
    """The assistant as it answers on a channel: in writing it neither hears nor speaks."""
    if channel != "text":
        return assistant
    return msgspec.structs.replace(
        assistant,
        stt=Provider("typed"),
        tts=Provider("written"),
        vad=Provider("energy"),
        turn_end=None,
        idle=Idle(timeout_s=PATIENCE_S, prompts=(), goodbye=""),
        record=False,
    )

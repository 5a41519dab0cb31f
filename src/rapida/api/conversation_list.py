"""Conversations as a list, with what is asked of them and what is told of each at a glance."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from ..errors import InvalidField
from ..node.node import Node
from ..store import Transaction, assistants, conversation_list, recordings, tags
from ..store.conversation_list import Figures, Moment, Wanted
from ..store.conversations import Channel, Conversation, Direction, Status
from ..text.findable import findable
from .auth import CallerHere
from .costs import CallCost, CostView, priced
from .forms import Cursor, Instant, Limit, Page, before, page
from .kinds import CallStatus, EndReasonWord

MOST_WORDS = 10
"""Of a text that is looked for; each is a look at the index."""


class ConversationView(BaseModel):
    """One call's conversation. `end_reason` is null while it goes on."""

    id: int
    assistant_id: int
    assistant_version: int
    direction: Direction
    channel: Channel = Field(
        description="By telephone, by sound without one (`browser`), or in writing (`text`)"
    )
    status: Status
    caller: str
    callee: str
    call_status: CallStatus | None
    end_reason: EndReasonWord | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    erased_at: datetime | None = Field(description="When its words, sounds and numbers were deleted")


class ReplyWaits(BaseModel):
    """How long the caller waited for an answer."""

    usual: int = Field(description="Half of the replies came sooner")
    slowest: int


class MomentsView(BaseModel):
    """How often what happened."""

    cut: int = Field(description="The caller interrupted the agent")
    false_alarms: int = Field(description="The agent stopped for a sound without words")
    failed: int = Field(description="A provider or a tool failed")
    tools: int = Field(description="A tool was used")


class ListedConversation(ConversationView):
    """A conversation, and what it was like; what is counted is null until some seconds after its end."""

    assistant_name: str
    duration_ms: int | None = Field(description="Of its stream")
    reply_ms: ReplyWaits | None
    moments: MomentsView | None
    cost: CostView | None = Field(description="At the project's rates")
    shape: str | None = Field(
        description="How loud its recording was, in base64: 64 bytes for the caller, then 64 for the agent"
    )
    tags: list[str]


def asked(
    caller: CallerHere,
    assistant_id: Annotated[int | None, Query(ge=1, lt=2**53)] = None,
    version: Annotated[
        int | None, Query(ge=1, lt=2**31, description="Of the assistant, that answered.")
    ] = None,
    status: Status | None = None,
    direction: Direction | None = None,
    channel: Channel | None = None,
    number: Annotated[
        str | None, Query(max_length=100, description="Either side's, as it is shown: `+14155550100`.")
    ] = None,
    end_reason: Annotated[str | None, Query(max_length=100)] = None,
    call_status: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[Instant | None, Query(description="Begun from then on.")] = None,
    until: Annotated[Instant | None, Query(description="Begun before.")] = None,
    min_duration_s: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
    max_duration_s: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
    slower_than_ms: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Some reply took longer.")
    ] = None,
    happened: Annotated[
        Moment | None, Query(description="At least once; some seconds after the call's end.")
    ] = None,
    text: Annotated[
        str | None,
        Query(max_length=200, description="Whole words that were all said, by whomever, in any order."),
    ] = None,
    tag: Annotated[str | None, Query(max_length=50, description="Marked so by people.")] = None,
) -> Wanted:
    """What a request asks of the conversations of its project. Raises `InvalidField`."""
    return Wanted(
        project_id=caller.project_id,
        assistant_id=assistant_id,
        status=status,
        version=version,
        direction=direction,
        channel=channel,
        number=number,
        end_reason=end_reason,
        call_status=call_status,
        since=since,
        until=until,
        min_duration_s=min_duration_s,
        max_duration_s=max_duration_s,
        slower_than_ms=slower_than_ms,
        happened=happened,
        words=[] if text is None else _words(text),
        tag=tag,
    )


Asked = Annotated[Wanted, Depends(asked)]
"""A route's parameter: the filters of a list."""


def add(made: APIRouter, node: Node) -> None:
    """`GET /v1/conversations`."""

    @made.get("/v1/conversations", operation_id="listConversations", summary="List conversations")
    async def list_conversations(
        wanted: Asked, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[ListedConversation]:
        """Newest first; those that meet all that is asked. A duration is of a stream that is over; what was
        said is found some seconds after the call's end.
        """
        wanted = msgspec.structs.replace(wanted, before=before(cursor))
        async with node.store.read() as tx:
            found = await listed(node, tx, await conversation_list.page(tx, wanted, limit + 1))
        return page(found, limit, lambda each: each.id, lambda each: each)


def shown(found: Conversation) -> ConversationView:
    """A conversation alone."""
    return ConversationView(**{name: getattr(found, name) for name in ConversationView.model_fields})


class _Told(msgspec.Struct, frozen=True):
    """What is told of the conversations of a page besides their rows."""

    names: Mapping[int, str]
    figures: Mapping[int, Figures]
    costs: Mapping[int, CallCost]
    shapes: Mapping[int, bytes]
    tags: Mapping[int, list[str]]

    def listed(self, found: Conversation) -> ListedConversation:
        figures = self.figures.get(found.id)
        return ListedConversation(
            **{name: getattr(found, name) for name in ConversationView.model_fields},
            assistant_name=self.names[found.assistant_id],
            duration_ms=found.duration_ms,
            reply_ms=None
            if found.usual_ms is None or found.slowest_ms is None
            else ReplyWaits(usual=found.usual_ms, slowest=found.slowest_ms),
            moments=None if figures is None else MomentsView(**msgspec.structs.asdict(figures.moments)),
            cost=None if found.id not in self.costs else self.costs[found.id].cost,
            shape=None if found.id not in self.shapes else b64encode(self.shapes[found.id]).decode(),
            tags=self.tags.get(found.id, []),
        )


async def listed(node: Node, tx: Transaction, found: Sequence[Conversation]) -> list[ListedConversation]:
    """Conversations of one project as a list shows them."""
    figures = await conversation_list.figures_of(tx, [each.id for each in found])
    told = _Told(
        names=await assistants.names(tx, {each.assistant_id for each in found}),
        figures=figures,
        costs=await priced(node, tx, found, figures),
        shapes=await recordings.shapes(tx, [each.id for each in found]),
        tags=await tags.of_conversations(tx, [each.id for each in found]),
    )
    return [told.listed(each) for each in found]


def _words(text: str) -> list[str]:
    words = findable(text)
    if not words or len(words) > MOST_WORDS:
        raise InvalidField("text", f"at least one word and at most {MOST_WORDS}, of letters or digits")
    return words

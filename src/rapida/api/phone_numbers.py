"""The telephone numbers of a carrier's account: which there are, and who answers them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ..node.carriers import Carriers
from ..node.node import Node
from ..telephony.account_numbers import MOST_LISTED
from ..workspace import account_numbers
from ..workspace.who_answers import AnsweredNumber
from .auth import CallerHere
from .forms import PROBLEM, Page, router

_ANSWERS: dict[int | str, dict[str, Any]] = {
    422: {"description": "A field is wrong, or the carrier refuses (code `carrier_refused`)", **PROBLEM},
    502: {"description": "The carrier cannot be reached, or fails", **PROBLEM},
}

CredentialId = Annotated[int, Query(ge=1, lt=2**53, description="The carrier's account")]
NumberLimit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many at most")]
NumberCursor = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="`next_cursor` of the page before this one"),
]


class AnsweringPartyView(BaseModel):
    """An assistant of this project; something elsewhere, at `where`; or nobody."""

    kind: Literal["assistant", "elsewhere", "nobody"]
    assistant_id: int | None
    assistant_name: str | None
    where: str | None
    """The address that is asked, without user, password and query; or what answers in place of one."""


class PhoneNumberView(BaseModel):
    """A number of the account."""

    number: str
    name: str
    """What the account calls it."""
    credential_id: int
    takes_calls: bool
    answered_by: AnsweringPartyView
    hints: list[str]
    """Why a call may not get there, and what to do."""


def routes(node: Node, carriers: Carriers) -> APIRouter:
    """`/v1/phone-numbers`."""
    made = router("Phone numbers")

    @made.get(
        "/v1/phone-numbers",
        operation_id="listPhoneNumbers",
        summary="An account's numbers",
        responses=_ANSWERS,
    )
    async def list_numbers(
        credential_id: CredentialId, caller: CallerHere, limit: NumberLimit = 100, cursor: NumberCursor = None
    ) -> Page[PhoneNumberView]:
        """Asked of the carrier now, in its order, with who answers each."""
        found = await account_numbers.page(node, carriers, caller, credential_id, limit, cursor or "")
        items = [_shown(credential_id, each) for each in found.numbers]
        return Page(items=items, next_cursor=found.next_cursor or None)

    return made


def _shown(credential_id: int, answered: AnsweredNumber) -> PhoneNumberView:
    number, answering = answered.number, answered.answering
    assistant = answering.assistant
    return PhoneNumberView(
        number=number.number,
        name=number.name,
        credential_id=credential_id,
        takes_calls=number.takes_calls,
        answered_by=AnsweringPartyView(
            kind=answering.kind,
            assistant_id=assistant and assistant.id,
            assistant_name=assistant and assistant.name,
            where=answering.where or None,
        ),
        hints=list(answered.hints),
    )

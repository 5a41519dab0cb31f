"""The telephone numbers of a carrier's account: which there are, who answers them, and who is to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from ..node.carriers import Carriers
from ..node.node import Node
from ..telephony.account_numbers import MOST_LISTED, NumberSearch, NumberType
from ..workspace import account_numbers, number_changes, number_purchases
from ..workspace.who_answers import AnsweredNumber
from .auth import CallerHere
from .forms import PROBLEM, Form, Limit, Page, router

_ANSWERS: dict[int | str, dict[str, Any]] = {
    422: {"description": "A field is wrong, or the carrier refuses (code `carrier_refused`)", **PROBLEM},
    502: {"description": "The carrier cannot be reached, or fails", **PROBLEM},
}

_CHANGED: dict[int | str, dict[str, Any]] = {
    **_ANSWERS,
    503: {"description": "PUBLIC_ASSISTANT_HOST is not set", **PROBLEM},
}

PhoneNumber = Annotated[
    str, Path(min_length=1, max_length=32, description="As +, country code and number; + may be left out")
]
Country = Annotated[str, Query(pattern=r"^[A-Z]{2}$", description="As ISO 3166 code, such as US")]
Digits = Annotated[str, Query(pattern=r"^[0-9]{0,15}$", description="Digits that stand in it")]
CredentialId = Annotated[int, Query(ge=1, lt=2**53, description="The carrier's account")]
NumberLimit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many at most")]
NumberCursor = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="`next_cursor` of the page before this one"),
]


class ConnectForm(Form):
    """Whose number it is, and who is to answer it."""

    credential_id: int = Field(ge=1, lt=2**53)
    assistant_id: int = Field(ge=1, lt=2**53)
    fallback_url: str | None = Field(
        None,
        max_length=1000,
        pattern=r"^https?://[^\s/?#@]+([/?][^\s#]*)?$",
        description="Asked when our address fails; null = our address once more",
    )


class RestoreForm(Form):
    """Whose number it is."""

    credential_id: int = Field(ge=1, lt=2**53)
    force: bool = Field(default=False, description="Even if it was changed elsewhere since")


class BuyForm(Form):
    """Which number, and for whose account."""

    credential_id: int = Field(ge=1, lt=2**53)
    number: str = Field(min_length=1, max_length=32)
    confirm: bool = Field(default=False, description="It costs money from then on")


class AvailableNumberView(BaseModel):
    """A number that can be bought."""

    number: str
    type: NumberType
    place: str
    needs_address: bool
    """The law wants an address or a document: it is bought at the carrier."""
    monthly_price: str
    """As a decimal number; empty = the carrier did not say."""
    currency: str


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
    restorable: bool
    """Whether what stood there before it was connected here is kept, to be restored."""
    hints: list[str]
    """Why a call may not get there, and what to do."""


def routes(node: Node, carriers: Carriers) -> APIRouter:
    """`/v1/phone-numbers`."""
    made = router("Phone numbers")
    _add_reading(made, node, carriers)
    _add_changing(made, node, carriers)
    _add_buying(made, node, carriers)
    return made


def _add_reading(made: APIRouter, node: Node, carriers: Carriers) -> None:
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


def _add_changing(made: APIRouter, node: Node, carriers: Carriers) -> None:
    path = "/v1/phone-numbers/{number}"

    @made.put(
        path, operation_id="connectPhoneNumber", summary="Let an assistant answer it", responses=_CHANGED
    )
    async def connect_number(number: PhoneNumber, form: ConnectForm, caller: CallerHere) -> PhoneNumberView:
        """Sets the number's addresses at the carrier: for a call, for its status, and for when the first one
        fails. What stood there is kept. The assistant's phone deployment is put in step; where it is not,
        `hints` say why.
        """
        connected = await number_changes.connect(
            node,
            carriers,
            caller,
            number,
            form.credential_id,
            form.assistant_id,
            form.fallback_url or "",
        )
        return _shown(form.credential_id, connected)

    @made.post(
        path + "/restore",
        operation_id="restorePhoneNumber",
        summary="Put back what was there",
        responses=_CHANGED,
    )
    async def restore_number(number: PhoneNumber, form: RestoreForm, caller: CallerHere) -> PhoneNumberView:
        """What stood at the number before it was connected here, however often it was since. The assistant's
        phone deployment stays as it is.
        """
        restored = await number_changes.restore(
            node, carriers, caller, number, form.credential_id, force=form.force
        )
        return _shown(form.credential_id, restored)


def _add_buying(made: APIRouter, node: Node, carriers: Carriers) -> None:
    @made.get(
        "/v1/available-phone-numbers",
        operation_id="listAvailablePhoneNumbers",
        summary="Numbers that can be bought",
        responses=_ANSWERS,
    )
    async def list_available(
        credential_id: CredentialId,
        country: Country,
        caller: CallerHere,
        type: NumberType = "local",  # noqa: A002 - the API's name
        contains: Digits = "",
        limit: Limit = 20,
    ) -> Page[AvailableNumberView]:
        """Asked of the carrier now. Only numbers that take calls; none where it sells none of the type."""
        wanted = NumberSearch(country, type, contains, limit)
        found = await number_purchases.available(node, carriers, caller, credential_id, wanted)
        return Page(items=[AvailableNumberView(**asdict(each)) for each in found])

    @made.post(
        "/v1/phone-numbers",
        operation_id="buyPhoneNumber",
        summary="Buy a number",
        status_code=201,
        responses=_ANSWERS,
    )
    async def buy_number(form: BuyForm, caller: CallerHere) -> PhoneNumberView:
        """Charged to the carrier's account. Without `confirm` nothing is bought, and the answer (422, code
        `not_confirmed`) says what it would cost. After a 502 it may have been bought: list the numbers first.
        """
        bought = await number_purchases.buy(
            node, carriers, caller, form.number, form.credential_id, confirm=form.confirm
        )
        return _shown(form.credential_id, bought)


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
        restorable=answered.restorable,
        hints=list(answered.hints),
    )

"""Calls to people: one, or a thousand, and how many of them a project may place.

A call that its carrier took is 201, one that waits for its turn 202; one the carrier refused, or did not
answer for, is a problem that names the conversation, because what was asked for is kept all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Response
from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from ..errors import InvalidField, InvalidFields, RapidaError
from ..node.node import Node
from ..outbound import dry_run, limits
from ..outbound.accepting import MOST_AT_ONCE, CallRequest, Outbound
from ..outbound.limits import ProjectLimits
from ..outbound.order import MOST_RING_S, DialOptions, Placed
from ..store import intents
from ..workspace.etags import etag_of
from . import body, problems
from .auth import CallerHere
from .forms import PROBLEM, Form, IfMatch, router

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        pattern=r"^[\x21-\x7e]*$",
        description="Stands for this request for 24 hours: sent again, it dials nobody again",
    ),
]
_Number = Annotated[str, Field(max_length=64, examples=["+14155550132"])]
_Argument = str | int | float | bool


def _either(camel: str, snake: str = "") -> AliasChoices:
    """A field in snake_case, or as the original platform spells it. The document shows the first."""
    return AliasChoices(snake or re.sub(r"(?=[A-Z])", "_", camel).lower(), camel)


class CamelForm(Form):
    """A form whose fields the original platform spells in camelCase: it takes both."""


class AssistantChoice(CamelForm):
    """Which assistant calls; without `version`, the published one."""

    assistant_id: int = Field(validation_alias=_either("assistantId"), ge=1, lt=2**53)
    version: int | None = Field(None, ge=1, lt=2**31)


class CallOptions(CamelForm):
    """How the call is placed."""

    ring_timeout_s: int = Field(
        60,
        validation_alias=_either("ringTimeout", "ring_timeout_s"),
        ge=5,
        le=MOST_RING_S,
        description="Seconds to let it ring",
    )
    time_limit_s: int = Field(
        0,
        validation_alias=_either("timeLimit", "time_limit_s"),
        ge=0,
        le=14_400,
        description="Seconds after which it is ended; 0 = no own limit",
    )
    caller_id: str = Field(
        "", validation_alias=_either("callerId"), max_length=64, pattern=r"^(\+[1-9][0-9]{6,14})?$"
    )
    send_digits: str = Field(
        "",
        validation_alias=_either("sendDigits"),
        max_length=32,
        pattern=r"^[0-9#*wW]*$",
        description="Keys that are sent once the call is taken, before anybody speaks: an extension, "
        "such as `ww204`; `w` waits for half a second, `W` for a whole one",
    )
    machine: Literal["ignore", "hang_up", "leave_message"] = Field(
        "ignore", description="When an answering machine takes the call; a message is left after its beep"
    )
    message: str = Field(
        "", max_length=1000, description="What is left on the machine; `{{name}}` is filled in"
    )
    language: str = Field(
        "",
        max_length=35,
        pattern=r"^[A-Za-z0-9-]*$",
        description="The message's language; without it, the assistant's",
    )


class CallForm(CamelForm):
    """One call to somebody."""

    assistant: AssistantChoice
    to_number: _Number = Field(validation_alias=_either("toNumber"))
    from_number: _Number | None = Field(
        None,
        validation_alias=_either("fromNumber"),
        description="Without it, the number of the phone deployment",
    )
    args: dict[Annotated[str, Field(max_length=100)], _Argument] = Field({}, max_length=100)
    metadata: dict[str, Any] = Field({}, max_length=100)
    options: CallOptions = CallOptions()  # pyright: ignore[reportCallIssue] - every field has a default

    def request(self) -> CallRequest:
        """What the switchboard is asked."""
        options = self.options
        return CallRequest(
            assistant_id=self.assistant.assistant_id,
            version=self.assistant.version,
            to_number=self.to_number,
            from_number=self.from_number or "",
            arguments={name: _text(value) for name, value in self.args.items()},
            metadata=self.metadata,
            options=DialOptions(
                ring_s=options.ring_timeout_s,
                time_limit_s=options.time_limit_s,
                send_digits=options.send_digits,
                caller_id=options.caller_id,
                machine=options.machine,
                message=options.message,
                language=options.language,
            ),
        )


class BulkCallForm(CallForm):
    """One of many; its key may be its own."""

    idempotency_key: str = Field(
        "", validation_alias=_either("idempotencyKey"), max_length=200, pattern=r"^[\x21-\x7e]*$"
    )


def _read_row(row: object, read: ValidatorFunctionWrapHandler) -> BulkCallForm | InvalidField:
    """A row, or what is wrong with it: a wrong one refuses itself, not its neighbours."""
    try:
        body.check_row(row)
        return read(row)
    except InvalidField as wrong:
        return wrong
    except ValidationError as wrong:
        found = problems.fields_of(wrong.errors(include_url=False))
        return InvalidFields([InvalidField(each["field"], each["problem"]) for each in found])


class BulkForm(CamelForm):
    """Up to a thousand calls, each accepted or refused by itself."""

    phone_calls: list[Annotated[BulkCallForm, WrapValidator(_read_row)]] = Field(
        validation_alias=_either("phoneCalls"), min_length=1, max_length=MOST_AT_ONCE
    )
    dry_run: bool = Field(
        False,
        validation_alias=_either("dryRun"),
        description="Only say which calls would be refused, and why: nobody is called, nothing is kept",
    )

    def rows(self) -> list[BulkCallForm | InvalidField]:
        """The calls as they were read, each wrong one replaced by what is wrong with it."""
        return cast("list[BulkCallForm | InvalidField]", self.phone_calls)


class CallView(BaseModel):
    """How a call stands. `call_sid` is null until the carrier has it."""

    conversation_id: int
    context_id: UUID
    call_sid: str | None
    status: intents.Status


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    problem: str


class BulkItem(BaseModel):
    """A call of a bulk request, in its place: accepted, or refused with a problem's code and sentence.

    `index` is its place, from 0; `errors` are the row's fields that are wrong, and `field` the first of them.
    """

    index: int
    accepted: bool
    conversation_id: int | None = None
    context_id: UUID | None = None
    call_sid: str | None = None
    status: intents.Status | None = None
    code: str | None = None
    detail: str | None = None
    field: str | None = None
    errors: list[FieldProblem] = []


class BulkView(BaseModel):
    """What became of each call, in the order of the request; in a dry run, what would."""

    accepted: int
    refused: int
    items: list[BulkItem]


class LimitForm(Form):
    """How much may be dialled; 0 = no limit of ours."""

    calls_per_second: float = Field(ge=0, le=1000)
    concurrent_calls: int = Field(ge=0, le=100_000)


class CredentialLimit(LimitForm):
    """The same for one credential. A carrier's account usually dials one call a second."""

    credential_id: int = Field(ge=1, lt=2**53)


class LimitsForm(LimitForm):
    """A project's limits, and those of its credentials that are not the usual ones."""

    calls_per_day: int = Field(ge=0, le=10_000_000, description="Counted from midnight, UTC")
    credentials: list[CredentialLimit] = Field([], max_length=1000)

    def limits(self) -> ProjectLimits:
        """What was sent."""
        return msgspec.convert(self.model_dump(), ProjectLimits)


_PLACED: dict[int | str, dict[str, Any]] = {
    201: {"description": "The carrier has the call", "model": CallView},
    202: {"description": "It waits for its turn, or is just being dialled", "model": CallView},
    429: {"description": "The project has used up its calls of the day", **PROBLEM},
    502: {"description": "The carrier did not answer; the call is kept", **PROBLEM},
    503: {"description": "No public host is set, or the database is away", **PROBLEM},
}


_MANY: dict[int | str, dict[str, Any]] = {
    200: {"description": "A dry run: which calls would be accepted", "model": BulkView},
    202: {"description": "What became of each call", "model": BulkView},
}


def routes(node: Node, outbound: Outbound) -> APIRouter:
    """`create-phone-call`, its bulk form, and `/v1/outbound-limits`."""
    made = router("Calls")
    _add_calling(made, node, outbound)
    _add_limits(made, node)
    return made


def _add_calling(made: APIRouter, node: Node, outbound: Outbound) -> None:
    @made.post(
        "/v1/talk/create-phone-call",
        operation_id="createPhoneCall",
        summary="Call somebody",
        status_code=201,
        response_model=CallView,
        responses=_PLACED,
    )
    async def create(form: CallForm, caller: CallerHere, key: Key = "") -> Response:
        """The call is dialled at once if its turn is now; else it waits up to ten minutes."""
        return _answer(await outbound.place(caller.project_id, form.request(), key, caller))

    @made.post(
        "/v1/talk/create-bulk-phone-call",
        operation_id="createBulkPhoneCall",
        summary="Call many people",
        status_code=202,
        responses=_MANY,
    )
    async def create_many(form: BulkForm, caller: CallerHere, response: Response, key: Key = "") -> BulkView:
        """Each call waits for its turn up to 24 hours; a row that is wrong refuses itself and no other.

        A key in the header gives each call one. Of rows refused as `store_unavailable` the first ten may have
        been taken all the same: repeat the whole request with such a key, or look before you send them again.
        """
        read = [_request(each, f"{key}:{index}" if key else "") for index, each in enumerate(form.rows())]
        requests = [each for each in read if not isinstance(each, InvalidField)]
        if form.dry_run:
            response.status_code = 200
            tried = [request for request, _ in requests]
            placed = iter(await dry_run.refusals(node, outbound, caller.project_id, tried))
        else:
            placed = iter(await outbound.place_many(caller.project_id, requests, caller))
        answers = [each if isinstance(each, InvalidField) else next(placed) for each in read]
        items = [_item(index, each) for index, each in enumerate(answers)]
        accepted = sum(each.accepted for each in items)
        return BulkView(accepted=accepted, refused=len(items) - accepted, items=items)


def _add_limits(made: APIRouter, node: Node) -> None:
    @made.get("/v1/outbound-limits", operation_id="outboundLimits", summary="How much may be dialled")
    async def read_limits(caller: CallerHere, response: Response) -> LimitsForm:
        """The project's limits, and those of the credentials that have dialled or were given some."""
        found = await limits.read(node, caller.project_id)
        response.headers["etag"] = etag_of(found)
        return _limits(found)

    @made.put("/v1/outbound-limits", operation_id="setOutboundLimits", summary="Raise or lower the limits")
    async def set_limits(
        form: LimitsForm, caller: CallerHere, response: Response, if_match: IfMatch = None
    ) -> LimitsForm:
        """They hold from the next call on, over all servers."""
        kept = await limits.change(node, caller, form.limits(), if_match)
        response.headers["etag"] = etag_of(kept)
        return _limits(kept)


def _answer(placed: Placed) -> Response:
    shown = CallView(
        conversation_id=placed.conversation_id,
        context_id=placed.context_id,
        call_sid=placed.carrier_call_id,
        status=placed.status,
    )
    if placed.trouble or placed.status == "expired":
        return _trouble(placed, shown.model_dump(mode="json"))
    status = 201 if placed.carrier_call_id else 202
    return Response(shown.model_dump_json(), status, media_type="application/json")


def _trouble(placed: Placed, shown: Mapping[str, Any]) -> Response:
    """What was asked for is kept, so the problem says of which conversation it speaks."""
    known = {name: value for name, value in shown.items() if name != "status"} | {"call": shown["status"]}
    if placed.trouble != "away":
        return problems.response(422, f"call_{placed.status}", placed.reason, known)
    if placed.status == "queued":
        kept = "The call is kept, and dialled as soon as the carrier can be reached"
    else:
        kept = "It may be ringing: do not dial again, the conversation shows what becomes of it"
    return problems.response(502, "carrier_away", f"{placed.reason}. {kept}", known)


def _request(row: BulkCallForm | InvalidField, key: str) -> tuple[CallRequest, str] | InvalidField:
    """What a row asks for, under its own key or else `key`; or what is wrong with it."""
    return row if isinstance(row, InvalidField) else (row.request(), row.idempotency_key or key)


def _item(index: int, answer: Placed | RapidaError | None) -> BulkItem:
    """None = it would be accepted."""
    if answer is None:
        return BulkItem(index=index, accepted=True)
    if isinstance(answer, RapidaError):
        kind = problems.kind_of(answer)
        return BulkItem(
            index=index,
            accepted=False,
            code=kind.code,
            detail=kind.detail or str(answer),
            field=answer.field if isinstance(answer, InvalidField) else None,
            errors=[FieldProblem(field=each.field, problem=each.problem) for each in answer.all]
            if isinstance(answer, InvalidField)
            else [],
        )
    return BulkItem(
        index=index,
        accepted=True,
        conversation_id=answer.conversation_id,
        context_id=answer.context_id,
        call_sid=answer.carrier_call_id,
        status=answer.status,
    )


def _limits(found: ProjectLimits) -> LimitsForm:
    return LimitsForm(**msgspec.to_builtins(found))


def _text(value: _Argument) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""`create-phone-call` and its kin over HTTP: forms, roles, keys, problems, limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from rapida.node.carriers import Carriers
from rapida.outbound.accepting import BATCH, Outbound
from rapida.outbound.dialling import Dialler
from rapida.store import pace
from rapida.store.users import Role
from tests.api.conftest import House, build_house
from tests.databases import Place
from tests.switchboard.office import open_office
from tests.telephony.twilio.double import CALL, Double, twilio_double

OURS, CALLEE = "+14155550100", "+14155550132"
ONE, MANY, LIMITS = "/v1/talk/create-phone-call", "/v1/talk/create-bulk-phone-call", "/v1/outbound-limits"


@dataclass
class Desk:
    """The application, and the double of Twilio it calls people through."""

    house: House
    twilio: Double

    def form(self, **more: Any) -> dict[str, Any]:
        return {"assistant": {"assistantId": self.house.office.assistant_id}, "toNumber": CALLEE} | more

    async def post(
        self, path: str, body: Any, *, role: Any = "editor", idempotency: str = ""
    ) -> httpx.Response:
        headers = {"idempotency-key": idempotency} if idempotency else {}
        key = await self.house.a_key(role)
        return await self.house.ask("POST", path, json=body, key=key, headers=headers)


@pytest_asyncio.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    async with open_office(place) as office, twilio_double() as double:
        double.status = 201
        await office.deploy(phone_number=OURS)
        carriers = Carriers(office.node.prover, {"twilio": double.url})
        outbound = Outbound(office.node, Dialler(office.node, carriers))
        yield Desk(build_house(office, place.directory, outbound), double)
        await carriers.aclose()


async def test_a_call_that_the_carrier_took_is_created(desk: Desk) -> None:
    answer = await desk.post(ONE, desk.form(args={"name": "Ada", "vip": True, "n": 3}, metadata={"a": [1]}))
    assert answer.status_code == 201
    told = answer.json()
    assert set(told) == {"conversation_id", "context_id", "call_sid", "status"}
    assert (told["call_sid"], told["status"]) == (CALL["sid"], "dialled")


async def test_a_call_that_waits_is_accepted(desk: Desk) -> None:
    await desk.post(ONE, desk.form())
    answer = await desk.post(ONE, desk.form())
    assert answer.status_code == 202
    assert (answer.json()["call_sid"], answer.json()["status"]) == (None, "queued")


async def test_viewers_call_nobody(desk: Desk) -> None:
    for path, body in ((ONE, desk.form()), (MANY, {"phoneCalls": [desk.form()]})):
        assert (await desk.post(path, body, role="viewer")).status_code == 403
        assert (await desk.house.ask("POST", path, json=body)).status_code == 401
    assert desk.twilio.asked == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"toNumber": 4155550132}, "toNumber"),
        ({"to": CALLEE}, "to"),
        ({"assistant": {"assistantId": "1"}}, "assistant.assistantId"),
        ({"options": {"ringTimeout": 4}}, "options.ringTimeout"),
        ({"options": {"sendDigits": "ext. 5"}}, "options.sendDigits"),
        ({"options": {"sendDigits": "1" * 33}}, "options.sendDigits"),
        ({"options": {"timeLimit": 90_000}}, "options.timeLimit"),
        ({"options": {"callerId": "Ada"}}, "options.callerId"),
        ({"options": {"machine": "leave_message"}}, "options.message"),
        ({"toNumber": "+18765551234"}, "toNumber"),
        ({"toNumber": "4155550132"}, "toNumber"),
    ],
)
async def test_a_wrong_field_is_named(desk: Desk, change: dict[str, Any], field: str) -> None:
    answer = await desk.post(ONE, desk.form(**change))
    assert answer.status_code == 422, answer.text
    assert field in {each["field"] for each in answer.json()["errors"]}
    assert desk.twilio.asked == []


async def test_a_foreign_assistant_is_not_there(desk: Desk) -> None:
    answer = await desk.post(ONE, desk.form(assistant={"assistantId": 999}))
    assert answer.status_code == 404


async def test_a_refusal_is_a_problem_with_the_carriers_reason(desk: Desk) -> None:
    desk.twilio.status, desk.twilio.body = 400, {"code": 21219, "message": "trial", "status": 400}
    answer = await desk.post(ONE, desk.form())
    assert (answer.status_code, answer.json()["code"]) == (422, "call_refused")
    assert "verify the number" in answer.json()["detail"]
    assert answer.json()["conversation_id"] > 0


async def test_a_carrier_that_says_nothing_is_a_502_and_the_call_is_kept(desk: Desk) -> None:
    desk.twilio.status, desk.twilio.body = 503, {"message": "away", "status": 503}
    answer = await desk.post(ONE, desk.form(), idempotency="key-1")
    told = answer.json()
    assert (answer.status_code, told["code"], told["call"]) == (502, "carrier_away", "dialling")
    assert "do not dial again" in told["detail"]
    again = await desk.post(ONE, desk.form(), idempotency="key-1")
    assert (again.status_code, again.json()["conversation_id"]) == (202, told["conversation_id"])
    assert len(desk.twilio.asked) == 1


async def test_a_key_answers_the_same_request_only(desk: Desk) -> None:
    first = await desk.post(ONE, desk.form(), idempotency="key-1")
    again = await desk.post(ONE, desk.form(), idempotency="key-1")
    assert (again.status_code, again.json()) == (201, first.json())
    other = await desk.post(ONE, desk.form(toNumber="+14155550133"), idempotency="key-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_of_many_each_stands_in_its_place(desk: Desk) -> None:
    body = {"phoneCalls": [desk.form(), desk.form(toNumber="+18765551234"), desk.form(idempotencyKey="own")]}
    answer = await desk.post(MANY, body, idempotency="batch")
    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (2, 1)
    assert [each["accepted"] for each in told["items"]] == [True, False, True]
    assert (told["items"][1]["code"], told["items"][0]["status"]) == ("number_not_allowed", "queued")
    assert (await desk.post(MANY, body, idempotency="batch")).json()["items"] == told["items"]
    too_many = {"phoneCalls": [desk.form()] * 1001}
    assert (await desk.post(MANY, too_many)).status_code == 422


async def test_a_wrong_row_refuses_itself_and_no_other(desk: Desk) -> None:
    wrong: list[tuple[Any, str]] = [
        (desk.form(options={"machine": "leave_message"}), "options.message"),
        (desk.form(toNumber=4155550132), "toNumber"),
        (desk.form(colour="blue"), "colour"),
        (desk.form(assistant={"assistantId": "1"}), "assistant.assistantId"),
        (desk.form(idempotencyKey="two words"), "idempotencyKey"),
        ({"toNumber": CALLEE}, "assistant"),
        ("call Ada", "body"),
    ]
    rows = [desk.form(), *(row for row, _ in wrong), desk.form(toNumber="+14155550133")]
    answer = await desk.post(MANY, {"phoneCalls": rows}, idempotency="batch")
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (2, len(wrong))
    items = told["items"]
    assert [each["index"] for each in items] == list(range(len(rows)))
    assert [each["accepted"] for each in items] == [True, *([False] * len(wrong)), True]
    assert [each["field"] for each in items[1:-1]] == [field for _, field in wrong]
    assert {each["code"] for each in items[1:-1]} == {"invalid"}
    assert all(each["detail"].startswith(f"{each['field']}: ") for each in items[1:-1])
    # Each keeps the key of its own place, whatever stands before it.
    assert (await desk.post(MANY, {"phoneCalls": rows}, idempotency="batch")).json() == told


async def test_rows_that_the_database_did_not_take_say_so_each_in_its_place(
    desk: Desk,
) -> None:
    key, rows = await desk.house.a_key("editor"), [desk.form()] * BATCH + [{}, desk.form()]
    await desk.house.ask("GET", LIMITS, key=key)  # its use is noted
    desk.house.office.store.loses_writes(after=1)
    answer = await desk.house.ask("POST", MANY, json={"phoneCalls": rows}, key=key)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (BATCH, 2)
    assert [each["code"] for each in told["items"][BATCH:]] == ["invalid", "store_unavailable"]
    assert "try again" in told["items"][-1]["detail"]
    assert "db.internal" not in answer.text


@pytest.mark.parametrize(
    "body",
    [{"phoneCalls": []}, {"phoneCalls": {}}, {"phoneCalls": [{}], "more": 1}, {}, {"phoneCalls": None}],
)
async def test_what_stands_around_the_rows_must_be_right(desk: Desk, body: dict[str, Any]) -> None:
    answer = await desk.post(MANY, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_document_still_describes_a_row(desk: Desk) -> None:
    schemas = (await desk.house.ask("GET", "/openapi.json")).json()["components"]["schemas"]
    row = {"$ref": "#/components/schemas/BulkCallForm"}
    assert schemas["BulkForm"]["properties"]["phoneCalls"]["items"] == row
    assert {"assistant", "toNumber", "idempotencyKey"} <= set(schemas["BulkCallForm"]["properties"])


async def test_limits_are_shown_to_all_and_set_by_admins(desk: Desk) -> None:
    key = await desk.house.a_key("viewer")
    shown = (await desk.house.ask("GET", LIMITS, key=key)).json()
    assert shown == {**pace.NEW_PROJECT, "credentials": []}
    wanted = {
        "calls_per_second": 0,
        "concurrent_calls": 5,
        "calls_per_day": 1,
        "credentials": [
            {"credential_id": desk.house.office.credential_id, "calls_per_second": 10, "concurrent_calls": 2}
        ],
    }
    expected: list[tuple[Role, int]] = [("editor", 403), ("admin", 200)]
    for role, status in expected:
        answer = await desk.house.ask("PUT", LIMITS, json=wanted, key=await desk.house.a_key(role))
        assert answer.status_code == status
    assert answer.json() == wanted
    assert (await desk.post(ONE, desk.form())).status_code == 201
    used_up = await desk.post(ONE, desk.form())
    assert (used_up.status_code, used_up.json()["code"]) == (429, "daily_limit")
    assert int(used_up.headers["retry-after"]) > 0


async def test_a_foreign_credential_cannot_be_limited(desk: Desk) -> None:
    foreign = await desk.house.foreigners()
    limit = {"credential_id": foreign.credential_id, "calls_per_second": 1, "concurrent_calls": 0}
    body = {"calls_per_second": 0, "concurrent_calls": 0, "calls_per_day": 0, "credentials": [limit]}
    answer = await desk.house.ask("PUT", LIMITS, json=body, key=await desk.house.a_key("admin"))
    assert answer.status_code == 404

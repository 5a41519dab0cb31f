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
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import open_ready_node
from tests.telephony.twilio.double import CALL, Double, twilio_double

DATABASES = ("sqlite",)  # what is stored is tested beside the store and under outbound/

OURS, CALLEE = "+14155550100", "+14155550132"
ONE, MANY, LIMITS = "/v1/talk/create-phone-call", "/v1/talk/create-bulk-phone-call", "/v1/outbound-limits"


@dataclass
class CallsApi:
    """The application, and the double of Twilio it calls people through."""

    api: ServedApi
    twilio: Double

    def form(self, **more: Any) -> dict[str, Any]:
        return {"assistant": {"assistantId": self.api.ready.assistant_id}, "toNumber": CALLEE} | more

    async def post(
        self, path: str, body: Any, *, role: Any = "editor", idempotency: str = ""
    ) -> httpx.Response:
        headers = {"idempotency-key": idempotency} if idempotency else {}
        key = await self.api.a_key(role)
        return await self.api.ask("POST", path, json=body, key=key, headers=headers)


@pytest_asyncio.fixture
async def calls_api(place: Place) -> AsyncIterator[CallsApi]:
    async with open_ready_node(place) as ready, twilio_double() as double:
        double.status = 201
        await ready.deploy(phone_number=OURS)
        carriers = Carriers(ready.node.prover, {"twilio": double.url})
        outbound = Outbound(ready.node, Dialler(ready.node, carriers))
        yield CallsApi(build_served_api(ready, place.directory, outbound), double)
        await carriers.aclose()


async def test_a_call_that_the_carrier_took_is_created(calls_api: CallsApi) -> None:
    answer = await calls_api.post(
        ONE, calls_api.form(args={"name": "Ada", "vip": True, "n": 3}, metadata={"a": [1]})
    )
    assert answer.status_code == 201
    told = answer.json()
    assert set(told) == {"conversation_id", "context_id", "call_sid", "status"}
    assert (told["call_sid"], told["status"]) == (CALL["sid"], "dialled")


async def test_a_call_that_waits_is_accepted(calls_api: CallsApi) -> None:
    await calls_api.post(ONE, calls_api.form())
    answer = await calls_api.post(ONE, calls_api.form())
    assert answer.status_code == 202
    assert (answer.json()["call_sid"], answer.json()["status"]) == (None, "queued")


async def test_viewers_call_nobody(calls_api: CallsApi) -> None:
    for path, body in ((ONE, calls_api.form()), (MANY, {"phoneCalls": [calls_api.form()]})):
        assert (await calls_api.post(path, body, role="viewer")).status_code == 403
        assert (await calls_api.api.ask("POST", path, json=body)).status_code == 401
    assert calls_api.twilio.asked == []


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
async def test_a_wrong_field_is_named(calls_api: CallsApi, change: dict[str, Any], field: str) -> None:
    answer = await calls_api.post(ONE, calls_api.form(**change))
    assert answer.status_code == 422, answer.text
    assert field in {each["field"] for each in answer.json()["errors"]}
    assert calls_api.twilio.asked == []


async def test_a_foreign_assistant_is_not_there(calls_api: CallsApi) -> None:
    answer = await calls_api.post(ONE, calls_api.form(assistant={"assistantId": 999}))
    assert answer.status_code == 404


async def test_a_refusal_is_a_problem_with_the_carriers_reason(calls_api: CallsApi) -> None:
    calls_api.twilio.status, calls_api.twilio.body = 400, {"code": 21219, "message": "trial", "status": 400}
    answer = await calls_api.post(ONE, calls_api.form())
    assert (answer.status_code, answer.json()["code"]) == (422, "call_refused")
    assert "verify the number" in answer.json()["detail"]
    assert answer.json()["conversation_id"] > 0


async def test_a_carrier_that_says_nothing_is_a_502_and_the_call_is_kept(calls_api: CallsApi) -> None:
    calls_api.twilio.status, calls_api.twilio.body = 503, {"message": "away", "status": 503}
    answer = await calls_api.post(ONE, calls_api.form(), idempotency="key-1")
    told = answer.json()
    assert (answer.status_code, told["code"], told["call"]) == (502, "carrier_away", "dialling")
    assert "do not dial again" in told["detail"]
    again = await calls_api.post(ONE, calls_api.form(), idempotency="key-1")
    assert (again.status_code, again.json()["conversation_id"]) == (202, told["conversation_id"])
    assert len(calls_api.twilio.asked) == 1


async def test_a_key_answers_the_same_request_only(calls_api: CallsApi) -> None:
    first = await calls_api.post(ONE, calls_api.form(), idempotency="key-1")
    again = await calls_api.post(ONE, calls_api.form(), idempotency="key-1")
    assert (again.status_code, again.json()) == (201, first.json())
    other = await calls_api.post(ONE, calls_api.form(toNumber="+14155550133"), idempotency="key-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_of_many_each_stands_in_its_place(calls_api: CallsApi) -> None:
    body = {
        "phoneCalls": [
            calls_api.form(),
            calls_api.form(toNumber="+18765551234"),
            calls_api.form(idempotencyKey="own"),
        ]
    }
    answer = await calls_api.post(MANY, body, idempotency="batch")
    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (2, 1)
    assert [each["accepted"] for each in told["items"]] == [True, False, True]
    assert (told["items"][1]["code"], told["items"][0]["status"]) == ("number_not_allowed", "queued")
    assert (await calls_api.post(MANY, body, idempotency="batch")).json()["items"] == told["items"]
    too_many = {"phoneCalls": [calls_api.form()] * 1001}
    assert (await calls_api.post(MANY, too_many)).status_code == 422


async def test_a_dry_run_says_row_by_row_what_would_be_refused_and_calls_nobody(calls_api: CallsApi) -> None:
    limited = {"calls_per_second": 0, "concurrent_calls": 0, "calls_per_day": 2}
    key = await calls_api.api.a_key("admin")
    assert (await calls_api.api.ask("PUT", LIMITS, json=limited, key=key)).status_code == 200
    rows = [
        calls_api.form(),
        calls_api.form(toNumber="+19002345678"),
        calls_api.form(toNumber="Ada"),
        calls_api.form(assistant={"assistantId": 999}),
        calls_api.form(),
        calls_api.form(),
    ]
    answer = await calls_api.post(MANY, {"phone_calls": rows, "dry_run": True})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (2, 4)
    codes = [each["code"] for each in told["items"]]
    assert codes == [None, "number_not_allowed", "number_not_allowed", "not_found", None, "daily_limit"]
    assert "premium-rate" in told["items"][1]["detail"]
    assert told["items"][0]["conversation_id"] is None
    assert not calls_api.twilio.asked
    placed = await calls_api.post(MANY, {"phoneCalls": rows})
    assert placed.status_code == 202
    assert [each["code"] for each in placed.json()["items"]] == codes, "what was foretold"


async def test_a_wrong_row_refuses_itself_and_no_other(calls_api: CallsApi) -> None:
    wrong: list[tuple[Any, str]] = [
        (calls_api.form(options={"machine": "leave_message"}), "options.message"),
        (calls_api.form(toNumber=4155550132), "toNumber"),
        (calls_api.form(colour="blue"), "colour"),
        (calls_api.form(assistant={"assistantId": "1"}), "assistant.assistantId"),
        (calls_api.form(idempotencyKey="two words"), "idempotencyKey"),
        ({"toNumber": CALLEE}, "assistant"),
        ("call Ada", "body"),
    ]
    rows = [calls_api.form(), *(row for row, _ in wrong), calls_api.form(toNumber="+14155550133")]
    answer = await calls_api.post(MANY, {"phoneCalls": rows}, idempotency="batch")
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
    assert (await calls_api.post(MANY, {"phoneCalls": rows}, idempotency="batch")).json() == told


async def test_rows_that_the_database_did_not_take_say_so_each_in_its_place(
    calls_api: CallsApi,
) -> None:
    key, rows = await calls_api.api.a_key("editor"), [calls_api.form()] * BATCH + [{}, calls_api.form()]
    await calls_api.api.ask("GET", LIMITS, key=key)  # its use is noted
    calls_api.api.ready.store.loses_writes(after=1)
    answer = await calls_api.api.ask("POST", MANY, json={"phoneCalls": rows}, key=key)
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
async def test_what_stands_around_the_rows_must_be_right(calls_api: CallsApi, body: dict[str, Any]) -> None:
    answer = await calls_api.post(MANY, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_document_still_describes_a_row(calls_api: CallsApi) -> None:
    schemas = (await calls_api.api.ask("GET", "/openapi.json")).json()["components"]["schemas"]
    row = {"$ref": "#/components/schemas/BulkCallForm"}
    assert schemas["BulkForm"]["properties"]["phone_calls"]["items"] == row
    assert {"assistant", "to_number", "idempotency_key"} <= set(schemas["BulkCallForm"]["properties"])


async def test_limits_are_shown_to_all_and_set_by_admins(calls_api: CallsApi) -> None:
    key = await calls_api.api.a_key("viewer")
    shown = (await calls_api.api.ask("GET", LIMITS, key=key)).json()
    assert shown == {**pace.NEW_PROJECT, "credentials": []}
    wanted = {
        "calls_per_second": 0,
        "concurrent_calls": 5,
        "calls_per_day": 1,
        "credentials": [
            {
                "credential_id": calls_api.api.ready.credential_id,
                "calls_per_second": 10,
                "concurrent_calls": 2,
            }
        ],
    }
    expected: list[tuple[Role, int]] = [("editor", 403), ("admin", 200)]
    for role, status in expected:
        answer = await calls_api.api.ask("PUT", LIMITS, json=wanted, key=await calls_api.api.a_key(role))
        assert answer.status_code == status
    assert answer.json() == wanted
    assert (await calls_api.post(ONE, calls_api.form())).status_code == 201
    used_up = await calls_api.post(ONE, calls_api.form())
    assert (used_up.status_code, used_up.json()["code"]) == (429, "daily_limit")
    assert int(used_up.headers["retry-after"]) > 0


async def test_a_foreign_credential_cannot_be_limited(calls_api: CallsApi) -> None:
    foreign = await calls_api.api.foreigners()
    limit = {"credential_id": foreign.credential_id, "calls_per_second": 1, "concurrent_calls": 0}
    body = {"calls_per_second": 0, "concurrent_calls": 0, "calls_per_day": 0, "credentials": [limit]}
    answer = await calls_api.api.ask("PUT", LIMITS, json=body, key=await calls_api.api.a_key("admin"))
    assert answer.status_code == 404

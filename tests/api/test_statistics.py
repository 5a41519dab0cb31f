"""Statistics, the day at a glance, latency and rates over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rapida.store import conversations
from rapida.switchboard import filing
from tests.api.conftest import ServedApi
from tests.api.test_conversations import a_call
from tests.switchboard.ready_node import NOON

SPAN = {"since": "2026-11-22T00:00:00Z", "until": "2026-11-23T00:00:00Z"}
RATES: dict[str, Any] = {
    "currency": "EUR",
    "rates": [{"since": "2026-01-01", "provider": "twilio", "unit": "inbound_minutes", "price": "0.0085"}],
}


async def asked(api: ServedApi, path: str, key: str, **more: Any) -> Any:
    answer = await api.ask("GET", path, key=key, params=SPAN | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_call_is_counted_once_by_hour_and_day_and_costs_what_the_project_pays(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("admin")
    assert await asked(api, "/v1/statistics", key) == {"items": []}
    await filing.file_some(api.ready.node)
    assert (await api.ask("PUT", "/v1/rates", key=key, json=RATES)).status_code == 200
    [day] = (await asked(api, "/v1/statistics", key, zone="Asia/Kolkata"))["items"]
    assert (day["at"], day["calls"], day["answered"], day["answer_rate"]) == (
        *("2026-11-21T18:30:00Z", 1, 1),
        1.0,
    )
    assert (day["duration_ms"], day["replies"], day["failures"]) == (9000, 1, 1)
    assert day["latency"]["total"] == {"p50_ms": 0, "p95_ms": 0}
    assert (day["barge_ins"], day["ended"]) == ({"true": 0, "false": 0}, {"caller_hangup": 1})
    assert day["usage"] == {"input_tokens": 3}
    assert day["cost"] == {"amount": "0.0085", "currency": "EUR", "missing_rates": []}
    [hour] = (await asked(api, "/v1/statistics", key, bucket="hour", by="version"))["items"]
    assert (hour["at"], hour["assistant_id"], hour["version"]) == (
        "2026-11-22T12:00:00Z",
        api.ready.assistant_id,
        1,
    )
    [total] = (await asked(api, "/v1/statistics", key, bucket="total", by="assistant"))["items"]
    assert (total["at"], total["version"], total["calls"]) == (None, None, 1)
    assert (await asked(api, "/v1/statistics", key, assistant_id=99))["items"] == []
    [listed] = (await api.ask("GET", "/v1/conversations", key=key)).json()["items"]
    assert (listed["id"], listed["cost"]) == (number, day["cost"])
    one = (await api.ask("GET", f"/v1/conversations/{number}", key=key)).json()
    assert one["cost"] == day["cost"]
    assert {(each["provider"], each["unit"], each["quantity"], each["amount"]) for each in one["uses"]} >= {
        ("twilio", "inbound_minutes", "1", "0.0085")
    }
    await api.ask("DELETE", f"/v1/conversations/{number}", key=key)
    await filing.file_some(api.ready.node)
    assert (await asked(api, "/v1/statistics", key, zone="Asia/Kolkata"))["items"] == [day]


async def test_the_day_at_a_glance_tells_what_became_of_calls(api: ServedApi) -> None:
    await a_call(api)
    key, ready = await api.a_key("viewer"), api.ready
    later = conversations.NewConversation(ready.project_id, ready.assistant_id, 1, "inbound", "+1", "+2")
    async with ready.node.store.write() as tx:
        lost = await conversations.create(tx, later, NOON + timedelta(minutes=16))
        await conversations.end(tx, lost, "no_stream", NOON)
    await filing.file_some(ready.node)
    told = (await asked(api, "/v1/conversations/summary", key))["items"]
    assert [(each["at"], each["calls"], each["answered"], each["failed"]) for each in told] == [
        ("2026-11-22T12:00:00Z", 1, 1, 0),
        ("2026-11-22T12:15:00Z", 1, 0, 1),
    ]
    [hour] = (await asked(api, "/v1/conversations/summary", key, bucket="1h"))["items"]
    assert (hour["calls"], hour["duration_ms"]) == (2, 9000)


async def test_an_assistants_latency_is_told_by_stage(api: ServedApi) -> None:
    await a_call(api)
    key, path = await api.a_key("viewer"), f"/v1/assistants/{api.ready.assistant_id}/latency"
    assert (await api.ask("GET", path, key=key)).json() == {"replies": 0, "latency": {}}
    await filing.file_some(api.ready.node)
    told = (await api.ask("GET", f"{path}?version=1", key=key)).json()
    assert (told["replies"], told["latency"]["token"]) == (1, {"p50_ms": 0, "p95_ms": 0})
    assert (await api.ask("GET", f"{path}?version=2", key=key)).json()["replies"] == 0
    versions = f"/v1/assistants/{api.ready.assistant_id}/versions"
    api.ready.clock.now += timedelta(minutes=1)
    (only,) = (await api.ask("GET", versions, key=key)).json()["items"]
    assert (only["version"], only["calls_30d"], only["usual_ms"]) == (1, 1, 0)
    api.ready.clock.now += timedelta(days=31)
    (only,) = (await api.ask("GET", versions, key=key)).json()["items"]
    assert (only["calls_30d"], only["usual_ms"]) == (0, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars/Olympus"},
        {"zone": "../etc"},
        {"until": "2026-11-22T00:00:00Z"},
        {"until": "2027-12-22T00:00:00Z"},
        {"bucket": "hour", "until": "2026-12-24T00:00:00Z"},
        {"since": "2026-11-22T00:00:00"},
    ],
)
async def test_a_span_that_cannot_be_told_is_refused(api: ServedApi, wrong: dict[str, str]) -> None:
    answer = await api.ask("GET", "/v1/statistics", key=await api.a_key("viewer"), params=SPAN | wrong)
    assert answer.status_code == 422, answer.text


async def test_rates_are_set_whole_and_only_over_those_that_were_read(api: ServedApi) -> None:
    key = await api.a_key("admin")
    read = await api.ask("GET", "/v1/rates", key=key)
    assert read.json() == {"currency": "USD", "rates": []}
    headers = {"if-match": read.headers["etag"]}
    set_once = await api.ask("PUT", "/v1/rates", key=key, json=RATES, headers=headers)
    assert set_once.json()["rates"] == [RATES["rates"][0] | {"per": 1, "model": ""}]
    again = await api.ask("PUT", "/v1/rates", key=key, json=RATES, headers=headers)
    assert (again.status_code, again.json()["code"]) == (412, "stale")
    assert again.headers["etag"] == set_once.headers["etag"]
    written = (await api.ask("GET", "/v1/rates", key=key)).json()
    assert (await api.ask("PUT", "/v1/rates", key=key, json=written)).json() == written
    deeds = (await api.ask("GET", "/v1/audit", key=key)).json()["items"]
    assert (deeds[0]["action"], deeds[0]["detail"]["after"]["currency"]) == ("rates.set", "EUR")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"unit": "spoken_characters"}, "rates[0].provider"),
        ({"price": "-1"}, "rates"),
        ({"unit": "hours"}, "rates"),
        ({"since": "soon"}, "rates"),
    ],
)
async def test_a_rate_that_can_hold_for_nothing_is_refused(
    api: ServedApi, changed: dict[str, Any], field: str
) -> None:
    body = {"rates": [RATES["rates"][0] | changed]}
    answer = await api.ask("PUT", "/v1/rates", key=await api.a_key("admin"), json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)


async def test_two_rates_for_the_same_day_are_refused(api: ServedApi) -> None:
    body = {"rates": RATES["rates"] * 2}
    answer = await api.ask("PUT", "/v1/rates", key=await api.a_key("admin"), json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "rates[1]")

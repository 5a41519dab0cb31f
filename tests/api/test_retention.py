"""How long conversations are kept, over HTTP."""

from __future__ import annotations

import pytest

from tests.api.conftest import ServedApi


async def test_retention_is_set_by_an_admin_and_only_over_what_was_read(api: ServedApi) -> None:
    key = await api.a_key("admin")
    read = await api.ask("GET", "/v1/retention", key=key)
    assert read.json() == {"days": None}
    headers = {"if-match": read.headers["etag"]}
    changed = await api.ask("PUT", "/v1/retention", key=key, json={"days": 90}, headers=headers)
    assert (changed.status_code, changed.json()) == (200, {"days": 90})
    again = await api.ask("PUT", "/v1/retention", key=key, json={"days": 1}, headers=headers)
    assert (again.status_code, again.headers["etag"]) == (412, changed.headers["etag"])
    assert (await api.ask("GET", "/v1/retention", key=key)).json() == {"days": 90}
    assert (await api.ask("PUT", "/v1/retention", key=key, json={"days": None})).json() == {"days": None}
    deeds = (await api.ask("GET", "/v1/audit", key=key)).json()["items"]
    assert [each["detail"] for each in deeds if each["action"] == "retention.set"] == [
        {"before": {"days": 90}, "after": {"days": None}},
        {"before": {"days": None}, "after": {"days": 90}},
    ]


@pytest.mark.parametrize("days", [0, -1, "90", 1.5, 10**6])
async def test_a_number_of_days_that_is_none_is_refused(api: ServedApi, days: object) -> None:
    answer = await api.ask("PUT", "/v1/retention", key=await api.a_key("admin"), json={"days": days})
    assert answer.status_code == 422

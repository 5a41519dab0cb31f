"""Conversations as CSV and JSON lines: whole, in order, page by page, and safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest

from rapida.api import exports
from rapida.store import conversations
from rapida.switchboard import filing
from tests.api.conftest import ServedApi
from tests.api.test_conversations import a_call
from tests.switchboard.ready_node import NOON


async def many(api: ServedApi, count: int) -> list[int]:
    """Conversations that nobody had, the newest first."""
    ready = api.ready
    async with ready.node.store.write() as tx:
        draft = conversations.NewConversation(
            ready.project_id, ready.assistant_id, 1, "inbound", "=cmd|'/c calc'!A1", "+15550002"
        )
        made = [
            await conversations.create(tx, draft, NOON - timedelta(hours=1) + timedelta(seconds=number // 2))
            for number in range(count)
        ]
    return made[::-1]


async def test_everything_that_is_asked_for_is_exported_in_the_order_of_the_list(
    api: ServedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    ids, key = await many(api, 7), await api.a_key("viewer")
    answer = await api.ask("GET", "/v1/conversations.csv", key=key)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [int(row["id"]) for row in rows] == ids
    lines = (await api.ask("GET", "/v1/conversations.jsonl", key=key)).text.splitlines()
    listed = (await api.ask("GET", "/v1/conversations", key=key)).json()["items"]
    assert [json.loads(line) for line in lines] == listed
    for query, count in (("number=%2B15550002&direction=inbound", 7), ("text=never", 0), ("status=live", 0)):
        lines = (await api.ask("GET", f"/v1/conversations.jsonl?{query}", key=key)).text.splitlines()
        assert len(lines) == count, query
    assert (await api.ask("GET", "/v1/conversations.csv?status=odd", key=key)).status_code == 422


async def test_no_cell_is_a_formula_and_numbers_stay_numbers(api: ServedApi) -> None:
    await many(api, 1)
    number, key = await a_call(api), await api.a_key("admin")
    await filing.file_some(api.ready.node)
    answer = await api.ask("GET", "/v1/conversations.csv", key=key)
    [called, strange] = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert strange["caller"] == "'=cmd|'/c calc'!A1"
    assert (called["id"], called["caller"], called["duration_ms"]) == (str(number), "+15550001", "9000")
    assert (called["usual_reply_ms"], called["failed"], called["cost"]) == ("0", "1", "0")
    deed = (await api.ask("GET", "/v1/audit", key=key)).json()["items"][0]
    assert (deed["action"], deed["detail"]) == ("conversations.export", {"format": "csv", "filters": []})


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("@SUM(1)", "'@SUM(1)"),
        ("-1+1", "'-1+1"),
        ("+1415", "+1415"),
        ("-2.5", "-2.5"),
        ("\t=1", "'\t=1"),
        (7, 7),
    ],
)
def test_a_cell_is_made_safe_only_where_it_could_be_a_formula(cell: object, safe: object) -> None:
    assert exports.safe(cell) == safe

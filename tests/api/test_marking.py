"""Tags and notes: what people write about a conversation, where it is found by, and that it goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.switchboard import filing
from tests.api.conftest import ServedApi
from tests.api.test_conversations import a_call


async def test_conversations_are_marked_and_found_by_their_tags(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("admin")
    path = f"/v1/conversations/{number}"
    await filing.file_some(api.ready.node)

    async def marked(**body: Any) -> Any:
        answer = await api.ask("PATCH", path, key=key, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def listed(query: str) -> list[Any]:
        return (await api.ask("GET", f"/v1/conversations?{query}", key=key)).json()["items"]

    told = await marked(tags=[" refund ", "angry", "angry"], note="Call back on Monday")
    assert (told["tags"], told["note"]) == (["angry", "refund"], "Call back on Monday")
    assert (await marked(tags=["refund"]))["note"] == "Call back on Monday"
    assert [each["tags"] for each in await listed("tag=refund")] == [["refund"]]
    assert len(await listed("tag=refund&text=hello&number=%2B15550001")) == 1
    for query in ("tag=angry", "tag=refun", "tag=refund&text=bye", "tag=refund&status=live"):
        assert await listed(query) == [], query
    assert (await marked(note=None))["note"] is None
    csv = (await api.ask("GET", "/v1/conversations.csv?tag=refund", key=key)).text
    assert "refund" in csv
    deeds = (await api.ask("GET", "/v1/audit", key=key)).json()["items"]
    marks = [each["detail"] for each in deeds if each["action"] == "conversation.mark"]
    both = {"tags": ["angry", "refund"], "note": "Call back on Monday"}
    assert marks[1] == {"before": both, "after": both | {"tags": ["refund"]}}
    assert marks[0] == {"before": marks[1]["after"], "after": {"tags": ["refund"], "note": None}}


async def test_what_was_written_about_a_conversation_is_deleted_with_it_from_the_audit_too(
    api: ServedApi,
) -> None:
    number, key = await a_call(api), await api.a_key("admin")
    path = f"/v1/conversations/{number}"
    for body in ({"tags": ["kiwifruit"], "note": "asked for marzipan"}, {"tags": ["plum"], "note": "for me"}):
        assert (await api.ask("PATCH", path, key=key, json=body)).status_code == 200
    assert (await api.ask("DELETE", path, key=key)).status_code == 204
    told = (await api.ask("GET", path, key=key)).json()
    assert (told["tags"], told["note"]) == ([], None)
    again = await api.ask("PATCH", path, key=key, json={"tags": ["kiwifruit"]})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    deeds = (await api.ask("GET", "/v1/audit", key=key)).text
    kept = b"".join(file.read_bytes() for file in api.data_dir.rglob("*") if file.is_file())
    for canary in ("kiwifruit", "marzipan"):
        assert canary not in deeds
        assert canary.encode() not in kept


@pytest.mark.parametrize(
    "wrong", [{"tags": [""]}, {"tags": ["x" * 51]}, {"tags": ["a"] * 21}, {"note": 7}, {"words": []}]
)
async def test_what_is_no_mark_is_refused(api: ServedApi, wrong: dict[str, Any]) -> None:
    answer = await api.ask("PATCH", "/v1/conversations/1", key=await api.a_key("editor"), json=wrong)
    assert answer.status_code == 422

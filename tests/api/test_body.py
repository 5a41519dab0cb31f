"""Bodies that no form could read, or nobody could keep: each is told what is wrong with it, and where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import ServedApi
from tests.switchboard.calling_node import CALLEE

DATABASES = ("sqlite",)  # nothing here is the database's affair

JSON = {"content-type": "application/json"}
HALF = '"\\ud800"'
DEEP = '{"a":' * 101 + "1" + "}" * 101


async def wrong(api: ServedApi, path: str, content: bytes | str, headers: dict[str, str] = JSON) -> Any:
    answer = await api.ask("POST", path, content=content, headers=headers, key=await api.a_key())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert len(answer.json()["errors"]) == 1
    return answer.json()["errors"][0]


@pytest.mark.parametrize("path", ["/v1/assistants", "/v1/api-keys", "/v1/talk/create-bulk-phone-call"])
@pytest.mark.parametrize(
    ("content", "headers", "said"),
    [
        ("", JSON, "it is missing: send a JSON object"),
        ("[]", JSON, "send a JSON object"),
        ("null", JSON, "send a JSON object"),
        ('{"name": ,}', JSON, "it is no JSON: Expecting value at line 1, column 10"),
        (b'{"name": "\xff"}', JSON, "UTF-8"),
        ('{"name": ' + "9" * 5000 + "}", JSON, "too long"),
        ("[" * 100_000, JSON, "too deeply"),
        ('{"name": "x"}', {"content-type": "text/plain"}, "content-type application/json"),
    ],
)
async def test_a_body_that_is_no_json_object_is_named_and_so_is_what_is_wrong(
    api: ServedApi, path: str, content: bytes | str, headers: dict[str, str], said: str
) -> None:
    told = await wrong(api, path, content, headers)
    assert told["field"] == "body"
    assert said in told["problem"]


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        ("/v1/assistants", f'{{"name": {HALF}}}', "name"),
        ("/v1/assistants", f'{{"idle": {{"prompts": ["x", {HALF}]}}}}', "idle.prompts[1]"),
        ("/v1/assistants", f"{{{HALF}: 1}}", "body"),
        ("/v1/api-keys", f'{{"name": {HALF}}}', "name"),
        ("/v1/api-keys", f'{{"name": "x", {HALF}: 1}}', "body"),
        ("/v1/credentials", f'{{"value": {{"account_token": {HALF}}}}}', "value.account_token"),
        ("/v1/talk/create-phone-call", f'{{"metadata": {{"a": [{HALF}]}}}}', "metadata.a[0]"),
        ("/v1/talk/create-phone-call", f'{{"metadata": {{"a": {2**64}}}}}', "metadata.a"),
        ("/v1/talk/create-phone-call", f'{{"metadata": {DEEP}}}', "metadata"),
        ("/v1/talk/create-bulk-phone-call", f'{{"phoneCalls": [], "note": {HALF}}}', "note"),
        ("/v1/talk/create-bulk-phone-call", f'{{"phoneCalls": {{"a": {HALF}}}}}', "phoneCalls.a"),
    ],
)
async def test_what_cannot_be_kept_is_named(api: ServedApi, path: str, content: str, field: str) -> None:
    assert (await wrong(api, path, content))["field"] == field


@pytest.mark.parametrize("name", ["phoneCalls", "phone_calls"])
async def test_a_row_that_cannot_be_kept_refuses_itself_and_no_other(api: ServedApi, name: str) -> None:
    def row(**more: str) -> str:
        fields = {"assistant": f'{{"assistantId": {api.ready.assistant_id}}}', "toNumber": f'"{CALLEE}"'}
        return "{" + ", ".join(f'"{field}": {text}' for field, text in (fields | more).items()) + "}"

    wrong = {
        row(toNumber=HALF): "toNumber",
        row(metadata=f'{{"a": [{HALF}]}}'): "metadata.a[0]",
        row(metadata=f"{{{HALF}: 1}}"): "metadata",
        row(metadata=f'{{"a": {2**64}}}'): "metadata.a",
        row(metadata=DEEP): "metadata",
        row(idempotencyKey=HALF): "idempotencyKey",
        f"{{{HALF}: 1}}": "body",
        HALF: "body",
        str(2**64): "body",
        "[" * 101 + "]" * 101: "body",
    }
    content = f'{{"{name}": [{", ".join([row(), *wrong, row()])}]}}'
    path, key = "/v1/talk/create-bulk-phone-call", await api.a_key()
    answer = await api.ask("POST", path, content=content, headers=JSON, key=key)
    assert answer.status_code == 202, answer.text
    items = answer.json()["items"]
    assert [each["accepted"] for each in items] == [True, *([False] * len(wrong)), True]
    assert [each["field"] for each in items[1:-1]] == list(wrong.values())
    assert {each["code"] for each in items[1:-1]} == {"invalid"}


async def test_a_surrogate_pair_is_one_whole_character(api: ServedApi) -> None:
    content = '{"name": "\\ud83d\\ude00"}'
    answer = await api.ask("POST", "/v1/api-keys", content=content, headers=JSON, key=await api.a_key())
    assert (answer.status_code, answer.json()["name"]) == (201, "\N{GRINNING FACE}")


async def test_the_largest_numbers_that_fit_are_kept(api: ServedApi) -> None:
    call = {"assistant": {"assistantId": api.ready.assistant_id}, "toNumber": CALLEE}
    call["metadata"] = {"most": 2**64 - 1, "least": -(2**63), "half": 0.5, "yes": True, "none": None}
    answer = await api.ask("POST", "/v1/talk/create-phone-call", json=call, key=await api.a_key())
    assert answer.status_code == 201, answer.text


async def test_who_may_not_ask_is_told_so_before_the_body_is_looked_at(api: ServedApi) -> None:
    for key, status in ((None, 401), (await api.a_key("viewer"), 403)):
        answer = await api.ask("POST", "/v1/assistants", content="{", headers=JSON, key=key)
        assert answer.status_code == status

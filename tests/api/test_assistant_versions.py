"""What can be asked of an assistant over HTTP before it answers: templates, a check, a diff, a file."""

from __future__ import annotations

from typing import Any

import yaml

from tests.api.conftest import ServedApi
from tests.api.test_assistants import DRAFT, create

DATABASES = ("sqlite",)  # what is stored is tested beside the store


async def test_a_first_assistant_is_one_request(api: ServedApi) -> None:
    key = await api.a_key("editor")
    listed = (await api.ask("GET", "/v1/assistant-templates", key=key)).json()["items"]
    names = {each["name"]: each["lacking"] for each in listed}
    assert set(names) == {"appointment", "flow", "front_desk", "reminder", "survey"}
    assert [name for name, lacking in names.items() if lacking] == ["front_desk"]
    made = await api.ask("POST", "/v1/assistants", json={"template": "flow", "name": "Mine"}, key=key)
    assert made.status_code == 201, made.text
    assert made.json()["live"] is True
    assert made.json()["outcome"] == "Version 1 answers calls from now on."


async def test_saving_says_whether_it_went_live_and_may_publish_at_once(api: ServedApi) -> None:
    key = await api.a_key("editor")
    path = f"/v1/assistants/{(await create(api, key)).json()['id']}"
    draft = (await api.ask("PUT", path, json=DRAFT | {"greeting": "Two."}, key=key)).json()
    assert (draft["version"], draft["live"], draft["published_version"]) == (2, False, 1)
    assert draft["outcome"].startswith("Version 2 is a draft: calls go on with version 1 until")
    live = (await api.ask("PUT", f"{path}?publish=true", json=DRAFT | {"greeting": "Three."}, key=key)).json()
    assert (live["version"], live["live"], live["published_version"]) == (3, True, 3)
    # To roll back is to publish an older one.
    assert (await api.ask("POST", f"{path}/versions/1/publish", key=key)).json()["published_version"] == 1


async def test_a_check_says_what_saving_would_say_and_saves_nothing(api: ServedApi) -> None:
    key = await api.a_key("editor")
    new = (await api.ask("POST", "/v1/assistants/check", json=DRAFT | {"name": "Other"}, key=key)).json()
    assert (new["against"], new["changes"], new["body"]["turn"]["silence_ms"]) == (None, [], 900)
    made = (await create(api, key)).json()
    path = f"/v1/assistants/{made['id']}"
    checked = await api.ask("POST", f"{path}/check", json=made["body"] | {"greeting": "Hi."}, key=key)
    assert [(each["field"], each["before"], each["after"]) for each in checked.json()["changes"]] == [
        ("greeting", "Good evening.", "Hi.")
    ]
    wrong = await api.ask("POST", f"{path}/check", json=DRAFT | {"zone": "Mars"}, key=key)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "zone")
    taken = await api.ask("POST", "/v1/assistants/check", json=DRAFT, key=key)
    assert taken.status_code == 409
    assert len((await api.ask("GET", f"{path}/versions", key=key)).json()["items"]) == 1
    sibling = await api.siblings()
    assert (await api.ask("POST", f"{path}/check", json=DRAFT, key=sibling.key)).status_code == 404


async def test_a_version_is_compared_with_the_published_one_or_another(api: ServedApi) -> None:
    key = await api.a_key("editor")
    path = f"/v1/assistants/{(await create(api, key)).json()['id']}"
    for prompt in ("Be kind.\nBe brief.", "Be kind.\nBe quick."):
        await api.ask("PUT", path, json=DRAFT | {"prompt": prompt}, key=key)
    found = (await api.ask("GET", f"{path}/versions/3/diff", key=key)).json()
    assert (found["version"], found["against"]) == (3, 1)
    found = (await api.ask("GET", f"{path}/versions/3/diff?against=2", key=key)).json()
    (change,) = found["changes"]
    assert change["field"] == "prompt"
    assert [(line["kind"], line["text"]) for line in change["lines"]][1:] == [
        ("same", "Be kind."),
        ("removed", "Be brief."),
        ("added", "Be quick."),
    ]
    assert (await api.ask("GET", f"{path}/versions/9/diff", key=key)).status_code == 404
    sibling = await api.siblings()
    assert (await api.ask("GET", f"{path}/versions/1/diff", key=sibling.key)).status_code == 404


async def test_what_a_file_holds_can_be_sent_back_and_changes_nothing(api: ServedApi) -> None:
    key = await api.a_key("editor")
    secret = {"provider": "openai", "name": "Mind", "value": {"api_key": "canary"}}
    mind = (await api.ask("POST", "/v1/credentials", json=secret, key=key)).json()["id"]
    model: dict[str, Any] = {"name": "openai", "options": {"model": "m"}, "credential": "Mind"}
    made = await create(api, key, llm=model, prompt="Be kind.\nBe brief.\n", language="de-DE")
    assert made.json()["body"]["llm"]["credential_id"] == mind
    path = f"/v1/assistants/{made.json()['id']}"
    file = await api.ask("GET", f"{path}/versions/1/yaml", key=key)
    assert file.headers["content-type"].startswith("application/yaml")
    assert "canary" not in file.text
    assert "prompt: |\n  Be kind.\n  Be brief.\n" in file.text
    sent = yaml.safe_load(file.text)
    assert sent["llm"] == {"name": "openai", "credential": "Mind", "options": {"model": "m"}}
    checked = await api.ask("POST", f"{path}/check", json=sent, key=key)
    assert (checked.json()["changes"], checked.json()["body"]) == ([], made.json()["body"])
    misspelt = sent | {"llm": model | {"credential": "Mined"}}
    wrong = (await api.ask("POST", f"{path}/check", json=misspelt, key=key)).json()["errors"]
    problem = "there is no credential called 'Mined' for 'openai'; did you mean 'Mind'?"
    assert wrong == [{"field": "llm.credential", "problem": problem}]
    twice = await create(api, key, name="B", llm=model | {"credential_id": mind})
    assert twice.json()["errors"][0]["field"] == "llm.credential"
    sibling = await api.siblings()
    assert (await api.ask("GET", f"{path}/versions/1/yaml", key=sibling.key)).status_code == 404


async def test_a_pinned_line_is_told_of_where_something_else_is_published(api: ServedApi) -> None:
    key = await api.a_key("editor")
    path = f"/v1/assistants/{api.ready.assistant_id}"
    phone = f"{path}/deployments/phone"
    telephony = {"provider": "twilio", "credential_id": api.ready.credential_id}
    wrong = await api.ask("PUT", phone, json={"telephony": telephony, "pinned_version": 9}, key=key)
    assert wrong.json()["errors"] == [
        {"field": "pinned_version", "problem": "there is no such version; there is 1"}
    ]
    put = await api.ask("PUT", phone, json={"telephony": telephony, "pinned_version": 1}, key=key)
    assert put.json()["options"]["pinned_version"] == 1
    body = DRAFT | {"name": "Front desk"}
    saved = (await api.ask("PUT", f"{path}?publish=true", json=body, key=key)).json()
    assert (saved["version"], saved["published_version"], saved["live"]) == (2, 2, False)
    assert saved["outcome"].startswith("Version 2 is published; calls are answered by version 1")
    published = (await api.ask("POST", f"{path}/versions/2/publish", key=key)).json()
    assert [each.partition(",")[0] for each in published["hints"]] == [
        "On the phone calls are answered by version 1"
    ]
    await api.ask("PUT", phone, json={"telephony": telephony}, key=key)
    assert (await api.ask("POST", f"{path}/versions/2/publish", key=key)).json()["hints"] == []

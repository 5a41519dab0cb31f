"""Pages of facts over HTTP: written whole, read, tried, removed."""

from __future__ import annotations

import pytest

from rapida.knowledge.passages import MOST_PASSAGES
from tests.api.conftest import ServedApi

DATABASES = ("sqlite",)  # what is stored is tested beside the store

PAGE = """- title: Parking
  text: Behind the house.
  asked: [Where can I park]
- title: Hours
  text: We are open on weekdays.
"""
PARKING = {"title": "Parking", "text": "Behind the house.", "asked": ["Where can I park"]}
AT = "/v1/knowledge/facts"


async def test_a_page_is_written_listed_read_tried_and_removed(api: ServedApi) -> None:
    key = await api.a_key("editor")
    for version in (1, 2):
        written = await api.ask("PUT", AT, json={"text": PAGE}, key=key)
        assert written.status_code == 200
        assert (written.json()["version"], written.json()["passages"][0]) == (version, PARKING)
    assert (await api.ask("GET", AT, key=key)).json() == written.json()
    assert written.json()["text"] == PAGE
    listed = (await api.ask("GET", "/v1/knowledge", key=key)).json()
    assert [(each["name"], each["version"]) for each in listed["items"]] == [("facts", 2)]
    assert (await api.ask("DELETE", AT, key=key)).status_code == 204
    gone = await api.ask("GET", AT, key=key)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    deeds = (await api.ask("GET", "/v1/audit", key=await api.a_key("admin"))).json()["items"]
    assert [each["action"] for each in deeds] == ["knowledge.remove", "knowledge.put", "knowledge.put"]


async def test_a_question_shows_what_a_caller_would_be_told_and_what_came_near(api: ServedApi) -> None:
    key, reader = await api.a_key("editor"), await api.a_key("viewer")
    await api.ask("PUT", AT, json={"text": PAGE}, key=key)
    told = await api.ask("POST", f"{AT}/ask", json={"question": "Where can I park?"}, key=reader)
    first, second = told.json()["found"]
    assert (first["title"], first["text"], first["said"]) == ("Parking", "Behind the house.", True)
    assert (second["title"], second["said"]) == ("Hours", False)
    unknown = await api.ask("POST", f"{AT}/ask", json={"question": "Who won?"}, key=reader)
    assert [each["said"] for each in unknown.json()["found"]] == [False, False]


async def test_a_page_of_the_same_name_in_another_project_stays_as_it_is(api: ServedApi) -> None:
    foreign, key = await api.foreigners(), await api.a_key("editor")
    path = f"/v1/knowledge/{foreign.name}"
    assert (await api.ask("PUT", path, json={"text": PAGE}, key=key)).json()["version"] == 1
    theirs = (await api.ask("GET", path, key=foreign.key)).json()
    assert (theirs["text"], theirs["version"]) == ("Theirs", 1)
    assert (await api.ask("DELETE", path, key=key)).status_code == 204
    assert (await api.ask("GET", path, key=foreign.key)).status_code == 200


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (AT, "# Nothing", "page 'facts' has no passages"),
        (AT, "- title: Parking", "entry 1"),
        (AT, "- {title: A, text: x}\n" * (MOST_PASSAGES + 1), "500 are the most: split it"),
        ("/v1/knowledge/A B", PAGE, "name"),
        (AT, "x" * 900_001, "text"),
    ],
)
async def test_a_page_that_cannot_be_read_is_refused_and_the_one_before_stays(
    api: ServedApi, path: str, text: str, told: str
) -> None:
    key = await api.a_key("editor")
    await api.ask("PUT", AT, json={"text": PAGE}, key=key)
    refused = await api.ask("PUT", path, json={"text": text}, key=key)
    assert refused.status_code == 422
    assert told in refused.text
    assert (await api.ask("GET", AT, key=key)).json()["version"] == 1

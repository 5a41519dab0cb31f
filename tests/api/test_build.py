"""The application: its OpenAPI document says what it serves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rapida.api import problems
from rapida.api.auth import LEAST
from rapida.api.document import codes
from tests.api.conftest import ServedApi

DASHBOARD = {"GET /{path:path}", "GET /assets/{name:path}", "GET /widget/{name}"}
"""What is served only with the dashboard's files."""
DATABASES = ("sqlite",)  # nothing here is the database's affair

CARRIER = "/v1/talk/{carrier}"


async def test_the_document_is_openapi_3_1_and_lists_the_carriers_surface_with_both_methods(
    api: ServedApi,
) -> None:
    document = (await api.ask("GET", "/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for path in ("/call/{assistant_id}", "/ctx/{context_id}/event", "/event/{assistant_id}"):
        assert set(document["paths"][CARRIER + path]) == {"get", "post"}


async def test_every_operation_has_its_own_id_a_summary_and_a_tag(api: ServedApi) -> None:
    document = (await api.ask("GET", "/openapi.json")).json()
    operations = [told for item in document["paths"].values() for told in item.values()]
    ids = [told["operationId"] for told in operations]
    assert len(ids) == len(set(ids)) >= 9
    assert all(told["summary"] and told["tags"] and told["description"] for told in operations)


async def test_the_document_describes_every_route_that_is_guarded_or_the_carriers(api: ServedApi) -> None:
    document = (await api.ask("GET", "/openapi.json")).json()
    told = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    pages = {"GET /docs", "GET /docs/{file}", "GET /openapi.json"}
    sockets = {key for key in LEAST if key.startswith("WS ")}  # OpenAPI has no word for them
    assert told == set(LEAST) - pages - DASHBOARD - sockets - {"OPTIONS /v1/talk/web"}


async def test_problems_are_described_once_and_referred_to(api: ServedApi) -> None:
    document = (await api.ask("GET", "/openapi.json")).json()
    assert document["components"]["schemas"]["Problem"]["required"] == [
        "type",
        "title",
        "status",
        "code",
        "detail",
    ]
    answers = document["paths"][f"{CARRIER}/call/{{assistant_id}}"]["post"]["responses"]
    assert list(answers["200"]["content"]) == ["text/xml", "application/json"]
    schema = answers["403"]["content"]["application/problem+json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Problem"}


async def test_each_operation_says_how_to_be_let_in_and_by_whom(api: ServedApi) -> None:
    document = (await api.ask("GET", "/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "api_key", "session", "carrier"}
    assert document["servers"][0]["url"] == "/"
    paths = document["paths"]
    assert paths["/v1/setup"]["get"]["security"] == []
    assert paths[f"{CARRIER}/call/{{assistant_id}}"]["post"]["security"] == [{"carrier": []}]
    read, write = paths["/v1/assistants"]["get"], paths["/v1/assistants"]["post"]
    assert read["security"] == [{"bearer": []}, {"api_key": []}, {"session": []}]
    assert (read["x-least-role"], write["x-least-role"]) == ("viewer", "editor")
    assert paths["/v1/members"]["get"]["security"] == [{"session": []}]
    headers = [
        {each["name"] for each in told["parameters"] if each["in"] == "header"} for told in (read, write)
    ]
    assert headers == [{"x-rapida-project"}, {"x-rapida-project", "x-csrf-token"}]


async def test_every_code_that_a_problem_may_have_is_listed() -> None:
    source = Path(problems.__file__).parent
    written = {
        code
        for file in source.glob("*.py")
        for code in re.findall(r'(?:problem|response|Kind)\(\s*\d{3},\s*"(\w+)"', file.read_text("utf-8"))
    }
    assert written
    assert written <= set(codes())
    assert len(codes()) == len(set(codes()))


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
async def test_the_frameworks_own_pages_which_load_from_elsewhere_are_not_served(
    api: ServedApi, path: str
) -> None:
    assert (await api.ask("GET", path)).status_code == 404


async def test_a_trailing_slash_is_not_redirected_to_a_host_the_sender_chose(api: ServedApi) -> None:
    assert (await api.ask("POST", "/v1/talk/twilio/call/1/")).status_code == 404


async def test_an_assistant_is_typed_alike_as_it_is_read_and_written(api: ServedApi) -> None:
    schemas = (await api.ask("GET", "/openapi.json")).json()["components"]["schemas"]
    body, draft = schemas["AssistantBody"], schemas["AssistantDraft"]
    assert schemas["AssistantDetail"]["properties"]["body"]["$ref"].endswith("/AssistantBody")
    assert set(draft["properties"]) - set(body["properties"]) == {"note"}
    assert body["required"] == ["name", "stt", "llm", "tts"]
    # A number says what it may be, and each field what it does.
    silence = schemas["TurnTaking"]["properties"]["silence_ms"]
    assert (silence["minimum"], silence["maximum"]) == (0, 60_000)
    assert silence["description"].startswith("The caller's turn is over")


async def test_a_provider_is_one_of_its_family_with_its_own_options(api: ServedApi) -> None:
    schemas = (await api.ask("GET", "/openapi.json")).json()["components"]["schemas"]
    mapping = schemas["LlmProvider"]["discriminator"]["mapping"]
    assert set(mapping) == {"flow", "openai", "scripted"}
    openai = schemas["LlmOpenai"]
    assert (openai["properties"]["name"]["const"], openai["required"]) == ("openai", ["name", "options"])
    options = schemas["LlmOpenaiOptions"]["properties"]
    assert options["model"]["description"] == "The model's name as the server knows it."
    assert "credential" not in schemas["TtsTone"]["properties"]


async def test_every_reference_leads_to_a_schema_and_every_kind_is_listed(api: ServedApi) -> None:
    answer = await api.ask("GET", "/openapi.json")
    schemas = answer.json()["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert named - set(schemas) == set()
    assert "x-schema" not in answer.text
    for schema, field, word in (
        ("TurnView", "kind", "backchannel"),
        ("TurnView", "speaker", "agent"),
        ("HappeningView", "name", "stt_failed"),
        ("ConversationDetail", "direction", "inbound"),
    ):
        assert word in schemas[schema]["properties"][field]["enum"]
    for field, word in (("end_reason", "server_lost"), ("call_status", "no-answer")):
        (listed, _) = schemas["ConversationDetail"]["properties"][field]["anyOf"]
        assert word in listed["enum"]


async def test_a_question_without_fields_has_no_answers_for_wrong_ones(api: ServedApi) -> None:
    paths = (await api.ask("GET", "/openapi.json")).json()["paths"]
    assert set(paths["/v1/setup"]["get"]["responses"]) == {"200", "421", "500", "503"}
    assert "404" in paths["/v1/assistants/{assistant_id}"]["get"]["responses"]

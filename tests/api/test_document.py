"""The OpenAPI document: every operation with its refusals and with examples that its own schemas allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest_asyncio

from rapida.api.auth import LEAST
from rapida.api.examples import drawn
from rapida.api.offline import offline_document
from tests.api.conftest import ServedApi

DATABASES = ("sqlite",)  # nothing here is the database's affair


@pytest_asyncio.fixture
async def document(api: ServedApi) -> dict[str, Any]:
    return api.app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, told in item.items():
            yield f"{method.upper()} {path}", told


def json_contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, told in operations(document):
        answers = [each for status, each in told["responses"].items() if status.startswith("2")]
        for each in [told.get("requestBody", {}), *answers]:
            if "application/json" in each.get("content", {}):
                yield key, each["content"]["application/json"]


def shown(content: dict[str, Any]) -> list[Any]:
    named = [each["value"] for each in content.get("examples", {}).values()]
    return named or [content["example"]]


async def test_every_json_body_and_answer_has_an_example_that_its_schema_allows(
    document: dict[str, Any],
) -> None:
    wrong = [
        f"{key}: {list(each.instance_path)}: {each.message}"
        for key, content in json_contents(document)
        if content.get("schema") and "carrier" not in LEAST[key]
        for example in shown(content)
        for each in jsonschema_rs.validator_for(
            {**content["schema"], "components": document["components"]}
        ).iter_errors(example)
    ]
    assert wrong == []


async def test_every_operation_lists_how_it_is_refused(document: dict[str, Any]) -> None:
    for key, told in operations(document):
        listed = set(told["responses"])
        if LEAST[key] not in ("open", "carrier"):
            assert listed >= {"401", "403", "404", "421", "422", "500", "503"}, key
        if "requestBody" in told:
            assert listed >= {"413", "422"}, key
        if "cursor" in {each["name"] for each in told.get("parameters", ())}:
            assert "Page" in told["responses"]["200"]["content"]["application/json"]["schema"]["$ref"], key


async def test_every_refusal_of_the_document_is_problem_json(document: dict[str, Any]) -> None:
    for key, told in operations(document):
        for status, answer in told["responses"].items():
            if "$ref" in answer:
                answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]  # noqa: PLW2901
            if status.startswith(("4", "5")):
                assert set(answer["content"]) == {"application/problem+json"}, (key, status)
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_names_of_the_document_are_in_snake_case(document: dict[str, Any]) -> None:
    named = {
        name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})
    } | {
        each["name"]
        for _, told in operations(document)
        for each in told.get("parameters", ())
        if each["in"] != "header"
    }
    assert {name for name in named if name != name.lower()} == set()


def test_an_example_is_what_the_schema_gives_or_the_plainest_value() -> None:
    schemas = {"Colour": {"type": "string", "enum": ["red", "blue"]}}
    told = {
        "type": "object",
        "properties": {
            "colour": {"$ref": "#/components/schemas/Colour"},
            "email": {"type": "string"},
            "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "count": {"type": "integer", "maximum": 3},
            "name": {"type": "integer"},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Colour"}},
            "code": {"anyOf": [{"type": "string", "pattern": "^Q+$"}, {"type": "null"}], "examples": ["QQ"]},
            "odd": {"anyOf": [{"type": "string", "pattern": "^Q+$"}, {"type": "null"}]},
        },
    }
    assert drawn(told, schemas) == {
        "colour": "red",
        "email": "ada@example.com",
        "at": "2026-03-02T12:00:00Z",
        "count": 3,
        "name": 17,
        "rows": ["red"],
        "code": "QQ",
        "odd": None,
    }


def test_the_document_without_a_server_has_every_operation() -> None:
    told = {key for key, _ in operations(offline_document())}
    assert told == {key for key in LEAST if " /v1/" in key and not key.startswith(("WS ", "OPTIONS "))} | {
        *("GET /health/live", "GET /health/ready", "GET /metrics")
    }

"""An example of each JSON body and answer in the OpenAPI document, drawn from its schema.

A field's example is what its schema gives (`examples`, `default`, one of its values), else what the table
below says of its name, else the plainest value of its type. So a new field has one, and none can go stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

MOST_DEEP = 16
"""Schemas within each other; a flow's states name each other."""
_NUMBER = "+14155550132"
_NOON = "2026-03-02T12:00:00Z"

NAMED: dict[str, Any] = {
    "account_name": "Acme",
    "action": "assistant.publish",
    "actor": "user:3",
    "assistant_name": "Front desk",
    "callee": "+14155550100",
    "caller": _NUMBER,
    "code": "not_found",
    "conversation_id": 1001,
    "country": "US",
    "csrf_token": "9d1c…",
    "currency": "USD",
    "cursor": "1001",
    "detail": {},
    "email": "ada@example.com",
    "expires_at": "2027-03-02T12:00:00Z",
    "field": "to_number",
    "from_number": "+14155550100",
    "fromNumber": "+14155550100",
    "idempotency_key": "order-7",
    "idempotencyKey": "order-7",
    "key": "rpk_…",
    "monthly_price": "1.15",
    "name": "Front desk",
    "new_password": "correct horse battery staple",
    "next_cursor": None,
    "note": "Greets by name",
    "number": _NUMBER,
    "organization": "Acme",
    "password": "correct horse battery",
    "old_password": "correct horse battery",
    "phone_number": "+14155550100",
    "prefix": "rpk_9f2c",
    "problem": "it is no number that can be dialled",
    "provider": "openai",
    "subject": "assistant:17",
    "status_callback_url": "https://voice.example.com/v1/talk/…/event/17",
    "text": "Hello, how can I help?",
    "to_number": _NUMBER,
    "toNumber": _NUMBER,
    "webhook_url": "https://voice.example.com/v1/talk/…/call/17",
}
"""Field → a value that people recognise, where the schema allows it."""
_FORMATS: dict[str, Any] = {
    "date-time": _NOON,
    "date": "2026-03-02",
    "uuid": "6f1f2a0e-8a57-4f0a-9a6e-0d6f6f2f9b11",
    "uri": "https://example.com/",
}


def add(made: dict[str, Any]) -> None:
    """Give every JSON body and answer of a document an example, unless it has one."""
    schemas: Mapping[str, Any] = made.get("components", {}).get("schemas", {})
    for content in _contents(made):
        told = content.get("application/json")
        if told is not None and "example" not in told and "examples" not in told and told.get("schema"):
            told["example"] = drawn(told["schema"], schemas)


def drawn(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that a schema allows. `schemas` are the document's own, `name` is the field's."""
    if "$ref" in schema:
        return drawn(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth + 1)
    if found := schema.get("examples", [schema["example"]] if "example" in schema else []):
        return found[0]
    for known in ("const", "default"):
        if known in schema and schema[known] not in (None, ""):
            return schema[known]
    if "enum" in schema:
        return schema["enum"][0]
    if "discriminator" not in schema and _fits(NAMED.get(name), schema):
        return NAMED[name]
    return _by_kind(schema, schemas, name, depth)


def _by_kind(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    if choices := next((schema[each] for each in ("anyOf", "oneOf", "allOf") if each in schema), None):
        return _chosen(choices, schemas, name, depth)
    if "properties" in schema or schema.get("type") == "object":
        return _object(schema, schemas, depth)
    if schema.get("type") == "array":
        return _array(schema, schemas, name, depth)
    return _plain(schema)


def _chosen(choices: Sequence[Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    """Of several schemas the first. None where that may be and only the table could fit the pattern."""
    kinds = [each for each in choices if each.get("type") != "null"]
    may_be_null = len(kinds) < len(choices)
    if not kinds or depth >= MOST_DEEP or (may_be_null and "pattern" in kinds[0]):
        return None
    return drawn(kinds[0], schemas, name, depth + 1)


def _plain(schema: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "integer" | "number":
            return max(schema.get("minimum", 1), min(17, schema.get("maximum", 17)))
        case "boolean":
            return True
        case "string":
            return _FORMATS.get(schema.get("format", ""), "x" * max(0, schema.get("minLength", 0)))
        case _:
            return {}


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    fields: Mapping[str, Any] = schema.get("properties", {})
    needed = set(schema.get("required", ()))
    shown = fields if depth < 3 else {name: each for name, each in fields.items() if name in needed}
    return {name: drawn(each, schemas, name, depth + 1) for name, each in shown.items()}


def _array(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> list[Any]:
    if depth >= MOST_DEEP or "items" not in schema or set(schema["items"]) <= {"type"}:
        return []
    if found := schema.get("prefixItems"):
        return [drawn(each, schemas, name, depth + 1) for each in found]
    return [drawn(schema["items"], schemas, name.removesuffix("s"), depth + 1)]


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value of the table may stand for a schema, by its type alone; a test checks the rest."""
    kinds = {each.get("type") for each in schema.get("anyOf", [schema])}
    if "null" in kinds and value is None:
        return False
    wanted = {"string": str, "integer": int, "number": int, "object": dict}
    return value is not None and any(isinstance(value, wanted[kind]) for kind in kinds & set(wanted))


def _contents(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in made["paths"].values():
        for operation in cast("dict[str, dict[str, Any]]", item).values():
            if "requestBody" in operation:
                yield operation["requestBody"]["content"]
            for status, answer in operation["responses"].items():
                if status.startswith("2") and "content" in answer:
                    yield answer["content"]

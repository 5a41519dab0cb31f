"""JSON Schemas of an assistant, of every provider's options and of a phone deployment.

They are drawn from the declarations that the checks read: fields and defaults, the sentence under each, what
a number may be, and for each family one of its providers with its own options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from ..assistant import Assistant, Provider
from ..explained import explained
from ..fields import Limits
from ..workspace import catalogue
from ..workspace.assistant_templates import templates
from ..workspace.deployment_changes import LIMITS as DEPLOYMENT_LIMITS
from ..workspace.deployment_changes import PhoneDeployment
from ..workspace.limits import LIMITS

GIVEN = ("id", "version")
"""Fields that the server gives."""
FAMILIES = ("stt", "llm", "tts", "vad", "turn_end", "tools")
_NAMED = "x-schema"
_TEMPLATE = "#/components/schemas/{name}"
_SECRETS = ("credential_id", "credential")
_NOTE = {"type": "string", "default": "", "maxLength": 200, "description": "Kept with the version."}

DRAFT_EXAMPLES: dict[str, Any] = {
    "prompt": {
        "summary": "A prompt of your own",
        "value": {
            "name": "Bakery",
            "prompt": "You answer the telephone of {{shop}}. Speak in one or two short sentences.",
            "variables": {"shop": "Crumb and Co"},
            "greeting": "{{shop}}, good morning.",
            "stt": {"name": "moonshine"},
            "llm": {"name": "openai", "options": {"model": "gpt-4o-mini"}, "credential": "Mind"},
            "tts": {"name": "hibari"},
            "note": "The first words",
        },
    }
}
NEW_EXAMPLES: dict[str, Any] = {
    "template": {
        "summary": "From a template",
        "value": {"template": "front_desk", "name": "Bakery", "prompt": "You answer for Crumb, a bakery."},
    },
    **DRAFT_EXAMPLES,
}


def named(name: str) -> dict[str, Any]:
    """What stands in a model for a schema of this module, until the document is drawn."""
    return {"type": "object", _NAMED: name}


def refer(schema: Any) -> None:
    """Let what is `named` refer to its schema, anywhere in a document."""
    if isinstance(schema, dict):
        mapping = cast("dict[str, Any]", schema)
        if (name := mapping.pop(_NAMED, None)) is not None:
            mapping.clear()
            mapping["$ref"] = _TEMPLATE.format(name=name)
        for each in mapping.values():
            refer(each)
    elif isinstance(schema, list):
        for each in cast("list[Any]", schema):
            refer(each)


def schemas() -> dict[str, Any]:
    """Every schema by its name. Imports every provider: ask in a thread."""
    parts = _components(Assistant, LIMITS)
    whole = parts.pop("Assistant")
    parts.pop("Provider")
    whole["required"] = [name for name in whole["required"] if name not in GIVEN]
    whole["properties"] = {k: v for k, v in whole["properties"].items() if k not in GIVEN}
    for family in FAMILIES:
        parts |= _of_family(family)
        _use(whole["properties"], family)
    body = {**whole, "title": "AssistantBody", "description": "A version of an assistant, whole."}
    sent = {**whole["properties"], "note": _NOTE}
    draft = {**whole, "title": "AssistantDraft", "properties": sent}
    begun = {
        "title": "AssistantFromTemplate",
        "type": "object",
        "description": "An assistant that begins with a template; what is left out is the template's.",
        "required": ["template"],
        "properties": {"template": {"type": "string", "enum": list(templates())}, **sent},
    }
    new = {"title": "NewAssistant", "oneOf": [_ref("AssistantDraft"), _ref("AssistantFromTemplate")]}
    return {
        **parts,
        "AssistantBody": body,
        "AssistantDraft": draft,
        "AssistantFromTemplate": begun,
        "NewAssistant": new,
        **_components(PhoneDeployment, DEPLOYMENT_LIMITS),
    }


def _use(properties: dict[str, Any], family: str) -> None:
    """Let an assistant's field be one of its family's providers."""
    one = _ref(_title(family))
    field = properties[family]
    told = {key: field[key] for key in ("description", "default") if key in field}
    if family == "tools":
        properties[family] = {**told, "type": "array", "items": one, "maxItems": 64}
    elif family == "turn_end":
        properties[family] = {**told, "anyOf": [one, {"type": "null"}]}
    else:
        properties[family] = {**told, "allOf": [one]}


def _of_family(family: str) -> dict[str, Any]:
    """One schema for each provider of a family, and one for any of them."""
    found: dict[str, Any] = {}
    names: list[str] = []
    for name in catalogue.FAMILIES[family]:
        declared = catalogue.declaration(family, name)
        title = _title(family, name)
        names.append(title)
        found |= _provider(title, declared)
    mapping = {
        name: _TEMPLATE.format(name=title)
        for name, title in zip(catalogue.FAMILIES[family], names, strict=True)
    }
    found[_title(family)] = {
        "title": _title(family),
        "oneOf": [_ref(each) for each in names],
        "discriminator": {"propertyName": "name", "mapping": mapping},
    }
    return found


def _provider(title: str, declared: catalogue.Declaration) -> dict[str, Any]:
    """A provider by its name, with its own options."""
    told = explained(Provider)
    properties: dict[str, Any] = {
        "name": {"type": "string", "const": declared.name, "description": told["name"]}
    }
    required = ["name"]
    found: dict[str, Any] = {}
    if declared.options is None:
        properties["options"] = {"type": "object", "additionalProperties": True, "default": {}}
    else:
        options = _components(declared.options, {})
        found = {f"{title}Options" if k == declared.options.__name__ else k: v for k, v in options.items()}
        own: dict[str, Any] = found[f"{title}Options"]
        own["title"] = f"{title}Options"
        properties["options"] = {"allOf": [_ref(own["title"])], "description": told["options"]}
        if own.get("required"):
            required.append("options")
    if declared.credential is not None:
        either = {"type": "string", "description": "The same by its name, when it is sent."}
        number = {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
        properties |= dict(
            zip(_SECRETS, ({**number, "description": told["credential_id"]}, either), strict=True)
        )
    else:
        properties["credential_id"] = {"type": "null", "default": None, "description": "It takes none."}
    found[title] = {"title": title, "type": "object", "required": required, "properties": properties}
    return found


def _components(struct: type[Struct], limits: Limits) -> dict[str, Any]:
    """A Struct's schema and those of its parts, with what is said of each field and what it may be."""
    _, components = msgspec.json.schema_components([struct], ref_template=_TEMPLATE)
    found: dict[str, Any] = dict(components)
    for each in _structs(struct):
        schema = found.get(each.__name__)
        if schema is None:
            continue
        for name, field in schema.get("properties", {}).items():
            if (sentence := _sentence(each, name)) and "$ref" not in field:
                field["description"] = sentence
            if (limit := limits.get((each, name))) is not None:
                _bound(field, limit.least, limit.most)
    return found


def _sentence(struct: type[Struct], name: str) -> str:
    """What the struct, or the one that it stands on, says of a field."""
    declared = (each for each in struct.__mro__ if issubclass(each, Struct) and each is not Struct)
    return next((told for each in declared if (told := explained(each).get(name))), "")


def _structs(struct: type[Struct]) -> Iterator[type[Struct]]:
    """A Struct and those of its fields."""
    info = msgspec.inspect.type_info(struct)
    seen: dict[type[Struct], None] = {}
    _collect(info, seen)
    yield from seen


def _collect(info: Any, seen: dict[type[Struct], None]) -> None:
    if isinstance(info, msgspec.inspect.StructType):
        if info.cls not in seen:
            seen[info.cls] = None
            for each in info.fields:
                _collect(each.type, seen)
    elif isinstance(info, msgspec.inspect.UnionType):
        for each in info.types:
            _collect(each, seen)
    elif (item := getattr(info, "item_type", None)) is not None:
        _collect(item, seen)


_ENDS: Mapping[str, tuple[str, str]] = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


def _bound(field: dict[str, Any], least: float, most: float) -> None:
    for schema in (field, *field.get("anyOf", ())):
        if (ends := _ENDS.get(str(schema.get("type")))) is not None:
            schema.update(zip(ends, (least, most), strict=True))


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _TEMPLATE.format(name=name)}


def _title(family: str, name: str = "") -> str:
    """`TtsElevenlabs`, or `TtsProvider` for any of a family."""
    return "".join(word.capitalize() for word in f"{family}_{name or 'provider'}".split("_"))

"""Whether a tool's arguments fit its declared parameters, said so that a model can mend them.

Knows the part of JSON Schema that tool declarations use at their top level: `properties` with `type` and
`enum`, and `required`. Deeper structure is left to whoever receives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def problem_of_schema(parameters: Mapping[str, Any]) -> str:
    """What is wrong with a declaration of parameters; empty = nothing."""
    if parameters.get("type") != "object":
        return 'parameters must be a JSON Schema with "type": "object"'
    properties = properties_of(parameters)
    for name, schema in properties.items():
        if not isinstance(schema, dict):
            return f"parameters.properties.{name} must be an object"
        kind = cast("dict[str, Any]", schema).get("type", "string")
        if kind not in TYPES:
            return f"parameters.properties.{name}.type must be one of {', '.join(TYPES)}"
    for name in parameters.get("required", ()):
        if name not in properties:
            return f"parameters.required names {name!r}, which parameters.properties has not"
    return ""


def properties_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The declared parameters by name."""
    declared = parameters.get("properties", {})
    return cast("dict[str, Any]", declared) if isinstance(declared, dict) else {}


def check_arguments(parameters: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Raises `ValueError` with everything that does not fit, as sentences for the model."""
    properties = properties_of(parameters)
    problems = [f"{name} is missing" for name in parameters.get("required", ()) if name not in arguments]
    for name, value in arguments.items():
        if name not in properties:
            problems.append(f"there is no parameter {name}; there is {', '.join(properties) or 'none'}")
        elif problem := _problem_of(value, properties[name]):
            problems.append(f"{name} {problem}")
    if problems:
        raise ValueError("; ".join(problems))


def _problem_of(value: Any, schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if kind is not None:
        # In JSON true is no number, in Python it is.
        fits = isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
        if not fits:
            return f"must be of type {kind}"
    allowed = schema.get("enum")
    return f"must be one of {', '.join(map(str, allowed))}" if allowed and value not in allowed else ""

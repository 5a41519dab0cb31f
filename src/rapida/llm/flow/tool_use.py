"""A flow's tool calls: arguments as the tool wants them, and parts of a result as slots. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from .script import ToolUse


def saved(tool: ToolUse, result: str) -> Mapping[str, str] | None:
    """Slot → value; None if the result has not the parts that the flow wants of it."""
    if isinstance(tool.save, str):
        return {tool.save: result} if tool.save else {}
    values = {slot: part(result, path) for slot, path in tool.save.items()}
    found = {slot: value for slot, value in values.items() if value is not None}
    return found if len(found) == len(values) else None


def typed(text: str, schema: Any) -> Any:
    """A template's text as the type that the tool's JSON Schema wants, if it can be read as one."""
    wanted = cast("dict[str, Any]", schema).get("type") if isinstance(schema, dict) else None
    if wanted in ("integer", "number", "boolean", "array", "object"):
        try:
            return msgspec.json.decode(text)  # stricter than Python's own: neither NaN nor half a character
        except (ValueError, RecursionError):
            return text  # the tool says what is wrong with it
    return text


def part(result: str, path: str) -> str | None:
    """The value at a dotted path ("slot.day", "0.name") of a JSON result, as text; None if there is none.

    Half a character (a lone surrogate), which JSON can name and no text can hold, becomes a question mark.
    """
    try:
        value: Any = json.loads(result)
    except (ValueError, RecursionError):
        return None
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = cast("dict[str, Any]", value)[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(step)]
        else:
            return None
    if value is None:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else json.dumps(value)

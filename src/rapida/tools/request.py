"""What a declared tool's request consists of: arguments and variables in address, headers and body.

Pure. `{{name}}` in the address is an argument, `{{call.name}}` anywhere is a variable of the call. A value is
written so that it stays a value: it ends no path segment, adds no field and no header, and no slot may stand
in the host.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote

import httpx

from ..text import template
from .base import ToolCaller

CALL = "call."
"""How the name of a slot begins that is filled by a variable of the call."""
WITHOUT_BODY = frozenset({"GET", "DELETE"})
_IN_A_HEADER = "".join(map(chr, range(32, 127)))


class NoSuchVariable(LookupError):
    """A slot names a variable that the call does not have. Its text is the name."""


def of(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
    arguments: Mapping[str, Any],
    caller: ToolCaller,
) -> dict[str, Any]:
    """The request, as httpx takes it.

    Raises `NoSuchVariable`, and `ValueError` for an argument that is missing or cannot stand in an address.
    """
    path, mark, query = url.partition("?")
    taken = set(arguments_of(url))
    filled = _filled(path, arguments, caller, in_path=True)
    filled += mark + _filled(query, arguments, caller, in_path=False)
    rest = {name: value for name, value in arguments.items() if name not in taken}
    asked: dict[str, Any] = {
        "method": method,
        "url": httpx.URL(filled),
        "headers": {name: _in_header(value, caller) for name, value in headers.items()},
    }
    if method in WITHOUT_BODY:
        if fields := _in_query(rest):
            asked["url"] = asked["url"].copy_merge_params(fields)
    else:
        asked["json"] = {**cast("dict[str, Any]", _in_body(body, caller)), **rest}
    return asked


def arguments_of(part: object) -> Iterator[str]:
    """The slots of an address, of headers or of a body that are not variables of the call."""
    match part:
        case str():
            yield from (name for name in template.names(part) if not name.startswith(CALL))
        case dict():
            for value in cast("dict[str, object]", part).values():
                yield from arguments_of(value)
        case list():
            for value in cast("list[object]", part):
                yield from arguments_of(value)
        case _:
            pass


def _filled(part: str, arguments: Mapping[str, Any], caller: ToolCaller, *, in_path: bool) -> str:
    values: dict[str, str] = {}
    for name in template.names(part):
        value = _value(name, arguments, caller)
        if in_path and value in ("", ".", ".."):
            raise ValueError(f"{name} must not be {value!r}")
        values[name] = quote(value, safe="")
    return template.fill(part, values)


def _value(name: str, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
    if name.startswith(CALL):
        return _variable(name, caller)
    if arguments.get(name) is None:
        raise ValueError(f"{name} is missing")
    return text_of(arguments[name])


def _variable(slot: str, caller: ToolCaller) -> str:
    name = slot.removeprefix(CALL)
    if name not in caller.variables:
        raise NoSuchVariable(repr(name))
    return caller.variables[name]


def _with_variables(text: str, caller: ToolCaller) -> str:
    return template.fill(text, {slot: _variable(slot, caller) for slot in template.names(text)})


def _in_header(text: str, caller: ToolCaller) -> str:
    """Printable ASCII stays as it is, everything else is percent-encoded: a value stays one line of it."""
    return quote(_with_variables(text, caller), safe=_IN_A_HEADER)


def _in_body(part: object, caller: ToolCaller) -> object:
    match part:
        case str():
            return _with_variables(part, caller)
        case dict():
            fields = cast("dict[str, object]", part)
            return {name: _in_body(value, caller) for name, value in fields.items()}
        case list():
            return [_in_body(value, caller) for value in cast("list[object]", part)]
        case _:
            return part


def _in_query(arguments: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """A list repeats its field; null and a list of nothing leave it out."""
    fields: dict[str, str | list[str]] = {}
    for name, value in arguments.items():
        if isinstance(value, list):
            if texts := [text_of(each) for each in cast("list[object]", value) if each is not None]:
                fields[name] = texts
        elif value is not None:
            fields[name] = text_of(value)
    return fields


def text_of(value: object) -> str:
    """An argument as it is written into an address: as JSON writes it, a text without its quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # 5.0 is the integer 5 in JSON Schema
    if isinstance(value, list):
        return ",".join(text_of(each) for each in cast("list[object]", value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

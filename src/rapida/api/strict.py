"""Reading plain data into msgspec Structs without forgiving anything: unknown fields, types, ranges.

The Structs themselves are lenient, because stored rows and journals outlive the version that wrote them; what
a person sends is not. The first thing that is wrong is named with its path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args, get_type_hints

import msgspec
from msgspec import Struct

from ..errors import InvalidField

T = TypeVar("T", bound=Struct)
_WHERE = re.compile(r" - at `\$\.?(.*)`$")


@dataclass(frozen=True)
class Limit:
    """What a number may be, both ends included; for text and lists, how long."""

    least: float
    most: float


Limits = Mapping[tuple[type[Struct], str], Limit]


def read(into: type[T], data: Mapping[str, Any], limits: Limits, path: str = "") -> T:
    """`data` as an `into`. Raises `InvalidField`; `path` is where `data` stands in the request."""
    _check_names(into, data, path)
    try:
        made = msgspec.convert(data, into)
    except msgspec.ValidationError as wrong:
        raise _invalid(str(wrong), path) from None
    _check_limits(made, limits, path)
    return made


def _check_names(struct: type[Struct], data: Mapping[str, Any], path: str) -> None:
    hints = get_type_hints(struct)
    for name, value in data.items():
        at = f"{path}.{name}" if path else name
        if name not in struct.__struct_fields__:
            known = ", ".join(struct.__struct_fields__)
            raise InvalidField(at, f"there is no such field; there is {known or 'none'}")
        inner = _struct_in(hints[name])
        if inner is None:
            continue
        if isinstance(value, dict):
            _check_names(inner, cast("dict[str, Any]", value), at)
        elif isinstance(value, list):
            for number, each in enumerate(cast("list[Any]", value)):
                if isinstance(each, dict):
                    _check_names(inner, cast("dict[str, Any]", each), f"{at}[{number}]")


def _struct_in(hint: Any) -> type[Struct] | None:
    """The Struct of `Struct`, `Struct | None` or `tuple[Struct, ...]`."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint
    return next((found for each in get_args(hint) if (found := _struct_in(each)) is not None), None)


def _check_limits(made: Struct, limits: Limits, path: str) -> None:
    for name in made.__struct_fields__:
        value: Any = getattr(made, name)
        at = f"{path}.{name}" if path else name
        limit = limits.get((type(made), name))
        if limit is not None and value is not None:
            _check_limit(value, limit, at)
        if isinstance(value, Struct):
            _check_limits(value, limits, at)
        elif isinstance(value, tuple):
            for number, each in enumerate(cast("tuple[Any, ...]", value)):
                if isinstance(each, Struct):
                    _check_limits(each, limits, f"{at}[{number}]")


def _check_limit(value: Any, limit: Limit, at: str) -> None:
    if isinstance(value, int | float):
        if not limit.least <= value <= limit.most:
            raise InvalidField(at, f"it must be between {limit.least:g} and {limit.most:g}")
    elif not limit.least <= len(value) <= limit.most:
        raise InvalidField(at, f"its length must be between {limit.least:g} and {limit.most:g}")


def _invalid(message: str, path: str) -> InvalidField:
    found = _WHERE.search(message)
    inner = "" if found is None else found[1]
    problem = message if found is None else message[: found.start()]
    missing = re.search(r"missing required field `(\w+)`", problem)
    if missing is not None:
        inner = f"{inner}.{missing[1]}" if inner else missing[1]
        problem = "it is required"
    return InvalidField(".".join(part for part in (path, inner) if part) or "body", problem)

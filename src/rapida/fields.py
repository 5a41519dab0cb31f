"""Which fields of plain data do not fit a Struct: all of them at once, each with its path.

msgspec stops at the first value that is wrong; whoever fills in a form wants to hear of every one. Ranges and
lengths are checked along the way. What is read in the end is still read by msgspec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from .errors import InvalidField
from .nearest import like, meant

_WHERE = re.compile(r" - at `\$\.?(.*)`$")


MOST_QUOTED = 60
"""Characters of a wrong value that a sentence repeats."""


@dataclass(frozen=True)
class Limit:
    """What a number may be, both ends included; for text and lists, how long."""

    least: float
    most: float


Limits = Mapping[tuple[type[Struct], str], Limit]


def problems(
    into: type[Struct],
    data: Mapping[str, Any],
    path: str = "",
    limits: Limits | None = None,
    *,
    strict: bool = True,
) -> Iterator[InvalidField]:
    """Everything that is wrong with `data` as an `into`; `path` is where it stands in the request.

    Not `strict`: "3" is a number too.
    """
    known = into.__struct_fields__
    for name in data:
        if name not in known:
            yield InvalidField(_at(path, name), f"there is no such field{meant(name, known)}")
    hints = get_type_hints(into, include_extras=True)
    for field in msgspec.structs.fields(into):
        at = _at(path, field.name)
        if field.name in data:
            limit = (limits or {}).get((into, field.name))
            yield from _value(hints[field.name], data[field.name], at, limits, limit, strict=strict)
        elif field.required:
            yield InvalidField(at, "it is required")


def _value(
    hint: Any, value: Any, at: str, limits: Limits | None, limit: Limit | None, *, strict: bool
) -> Iterator[InvalidField]:
    """What is wrong with one value; what can be looked into is looked at part by part."""
    inner, parts = _struct_of(hint), _parts(hint, value)
    if inner is not None and isinstance(value, dict):
        yield from problems(inner, cast("dict[str, Any]", value), at, limits, strict=strict)
    elif parts is not None:
        for place, each_hint, each in parts:
            yield from _value(each_hint, each, f"{at}{place}", limits, None, strict=strict)
        yield from _out_of(limit, value, at)
    else:
        try:
            made: Any = msgspec.convert(value, hint, strict=strict)
        except msgspec.ValidationError as wrong:
            yield _misfit(hint, value, str(wrong), limit or _declared(hint), at)
        else:
            yield from _out_of(limit, made, at)


def _struct_of(hint: Any) -> type[Struct] | None:
    """The Struct of `Struct` or `Struct | None`."""
    for each in (hint, *get_args(hint)):
        if isinstance(each, type) and issubclass(each, Struct) and get_origin(hint) not in (tuple, dict):
            return each
    return None


def _parts(hint: Any, value: Any) -> list[tuple[str, Any, Any]] | None:
    """(place, type, value) of what a list or a mapping holds; None for what has no parts of its own."""
    arguments = get_args(hint)
    if get_origin(hint) is tuple and isinstance(value, list):
        return [(f"[{n}]", arguments[0], each) for n, each in enumerate(cast("list[Any]", value))]
    if get_origin(hint) is dict and isinstance(value, dict):
        return [(f".{name}", arguments[1], each) for name, each in cast("dict[str, Any]", value).items()]
    return None


def _out_of(limit: Limit | None, value: Any, at: str) -> Iterator[InvalidField]:
    if limit is None or value is None:
        return
    if isinstance(value, int | float):
        if not limit.least <= value <= limit.most:
            nearest = min(max(value, limit.least), limit.most)
            yield InvalidField(at, f"it must be {_within(limit)}, and the nearest is {nearest:g}")
    elif not limit.least <= len(value) <= limit.most:
        yield InvalidField(at, f"its length must be {_within(limit)}, and it is {len(value)}")


def _within(limit: Limit) -> str:
    return f"between {limit.least:g} and {limit.most:g}"


def _misfit(hint: Any, value: Any, message: str, limit: Limit | None, at: str) -> InvalidField:
    """A value of the wrong kind: what is expected, what it may be, and the right value that is nearest."""
    allowed = [each for each in _literals(hint) if isinstance(each, str)]
    if allowed and isinstance(value, str):
        named = f"{value[:MOST_QUOTED]!r} is none of {', '.join(allowed)}"
        return InvalidField(at, named + like(value, allowed))
    found = _invalid(message, at)
    if limit is None or isinstance(value, bool | dict | list) or found.field != at:
        return found
    try:
        number = min(max(float(value), limit.least), limit.most)
    except (TypeError, ValueError):
        return InvalidField(at, f"{found.problem}, {_within(limit)}")
    whole = "`int`" in found.problem
    return InvalidField(
        at, f"{found.problem}, {_within(limit)}: write {round(number) if whole else number:g}"
    )


def _declared(hint: Any) -> Limit | None:
    """What a number's own declaration allows, where it has both ends."""
    for each in getattr(hint, "__metadata__", ()):
        if isinstance(each, msgspec.Meta) and each.ge is not None and each.le is not None:
            return Limit(each.ge, each.le)
    return None


def _literals(hint: Any) -> Iterator[Any]:
    """The values of a `Literal`, also within a union."""
    if get_origin(hint) is Literal:
        yield from get_args(hint)
        return
    for each in get_args(hint):
        yield from _literals(each)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _invalid(message: str, at: str) -> InvalidField:
    """msgspec's sentence, with the place it names behind `at`."""
    found = _WHERE.search(message)
    if found is None:
        return InvalidField(at, message)
    inner = found[1] if found[1].startswith("[") or not found[1] else f".{found[1]}"
    return InvalidField(f"{at}{inner}", message[: found.start()])

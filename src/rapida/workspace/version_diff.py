"""What is different between two versions of an assistant: field by field, and of long texts line by line.

Pure. Both sides are whole assistants, so that a field that nobody wrote is compared with its default.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from ..assistant import Assistant

AROUND = 3
"""Lines that are the same, shown before and after each that is not: what `diff -u` shows."""
HEAD_LINES = 2
"""Lines of a patch that name the two files."""
GIVEN = ("id", "version")
_ABSENT: Any = object()


class Line(Struct, frozen=True):
    """A line of a text that changed; `skipped` stands for lines that are the same on both sides."""

    kind: Literal["same", "removed", "added", "skipped"]
    text: str


class FieldChange(Struct, frozen=True):
    """One field that is different. `lines` are there for a text of several lines, and empty otherwise."""

    field: str
    kind: Literal["changed", "added", "removed"]
    before: Any
    after: Any
    lines: tuple[Line, ...] = ()


def changes(before: Assistant, after: Assistant) -> list[FieldChange]:
    """Every field that is different, in the order in which an assistant has them."""
    old: dict[str, Any] = msgspec.to_builtins(before)
    new: dict[str, Any] = msgspec.to_builtins(after)
    for given in GIVEN:
        del old[given], new[given]
    return [*_between("", old, new)]


def _between(at: str, old: Any, new: Any) -> Iterator[FieldChange]:
    if isinstance(old, dict) and isinstance(new, dict):
        one, other = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for name in dict.fromkeys((*one, *other)):
            path = f"{at}.{name}" if at else name
            yield from _between(path, one.get(name, _ABSENT), other.get(name, _ABSENT))
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        many, others = cast("Sequence[Any]", old), cast("Sequence[Any]", new)
        for number in range(max(len(many), len(others))):
            yield from _between(f"{at}[{number}]", _at(many, number), _at(others, number))
    elif old is _ABSENT:
        yield FieldChange(at, "added", None, new, _lines("", new))
    else:
        yield from _changed(at, old, new)


def _changed(at: str, old: Any, new: Any) -> Iterator[FieldChange]:
    if new is _ABSENT:
        yield FieldChange(at, "removed", old, None, _lines(old, ""))
    elif old != new or type(old) is not type(new):
        yield FieldChange(at, "changed", old, new, _lines(old, new))


def _at(items: Sequence[Any], number: int) -> Any:
    return items[number] if number < len(items) else _ABSENT


def _lines(old: Any, new: Any) -> tuple[Line, ...]:
    """Line by line where a side has several."""
    if not (isinstance(old, str) and isinstance(new, str) and "\n" in old + new):
        return ()
    told = difflib.unified_diff(old.splitlines(), new.splitlines(), n=AROUND, lineterm="")
    return tuple(_line(each) for each in itertools.islice(told, HEAD_LINES, None))


def _line(told: str) -> Line:
    kinds: dict[str, Literal["same", "removed", "added"]] = {" ": "same", "-": "removed", "+": "added"}
    return Line("skipped", "") if told.startswith("@@") else Line(kinds[told[0]], told[1:])

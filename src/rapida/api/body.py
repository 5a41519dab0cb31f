"""The JSON of a request, looked at before a form reads it, so that what is wrong has a name.

It decides whether a body is JSON that can be kept and sent on: UTF-8, one object, whole text, numbers that
fit. What stands in the object is the forms' business. Where a form reads rows that are refused one by one, it
asks about each of them itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, cast

from starlette.requests import Request

from ..errors import InvalidField, refuse

_INTEGERS = range(-(2**63), 2**64)
_EXACT = 2**53
"""Up to here a float stands for one integer."""
_DEEPEST = 100
"""Objects and lists within each other; what is kept must also be read again, by every reader."""

ROWS: dict[str, Collection[str]] = {
    "POST /v1/talk/create-bulk-phone-call": ("phoneCalls", "phone_calls"),
}
"""Lists of a route's body, by every name they go by, whose rows its form checks: one refuses no other."""


async def check(request: Request, rows: Collection[str] = ()) -> None:
    """Raises `InvalidField`: "body" for what is no JSON object, else the field that cannot be kept.

    `rows` are the lists that are left to the form, which calls `check_row`.
    """
    if not await request.body():
        raise InvalidField("body", "it is missing: send a JSON object")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        raise InvalidField("body", "send a JSON object, with the content-type application/json")
    try:
        data: Any = json.loads(await request.body(), parse_float=_number)
    except json.JSONDecodeError as wrong:
        at = f"line {wrong.lineno}, column {wrong.colno}"
        raise InvalidField("body", f"it is no JSON: {wrong.msg} at {at}") from None
    except UnicodeDecodeError:
        raise InvalidField("body", "it is no JSON: write it in UTF-8") from None
    except (ValueError, RecursionError):
        raise InvalidField("body", "its numbers are too long, or it is nested too deeply") from None
    if not isinstance(data, dict):
        raise InvalidField("body", "send a JSON object")
    request._json = data  # pyright: ignore[reportPrivateUsage] - what `request.json()` tells the form
    whole = cast("dict[str, Any]", data)
    left = {name for name in rows if isinstance(whole.get(name), list)}
    refuse(_problems({name: value for name, value in whole.items() if name not in left}, ""))


def check_row(row: object) -> None:
    """Raises `InvalidField` for what of a row cannot be kept, with each field's path within it."""
    refuse(_problems(row, ""))


def _number(text: str) -> float | int:
    """JSON has one kind of number: 17.0 is the integer 17, as JSON Schema says too (Draft 2020-12, 6.1.1)."""
    read = float(text)
    return int(read) if read.is_integer() and abs(read) <= _EXACT else read


def _problems(value: Any, path: str, depth: int = 0) -> Iterator[InvalidField]:
    if isinstance(value, str):
        yield from _in_text(value, path)
    elif isinstance(value, int):
        if value not in _INTEGERS:
            yield InvalidField(path or "body", "it has more than 64 bits: write it as a text")
    elif isinstance(value, dict | list):
        if depth >= _DEEPEST:
            at = path.partition(".")[0].partition("[")[0]
            yield InvalidField(at or "body", "it is nested too deeply")
        elif isinstance(value, list):
            for number, each in enumerate(cast("list[Any]", value)):
                yield from _problems(each, f"{path}[{number}]", depth + 1)
        else:
            for name, each in cast("dict[str, Any]", value).items():
                yield from _in_text(name, path)
                yield from _problems(each, f"{path}.{name}" if path else name, depth + 1)


def _in_text(text: str, path: str) -> Iterator[InvalidField]:
    try:
        text.encode()
    except UnicodeEncodeError:
        yield InvalidField(path or "body", "it holds half a character (a lone surrogate): write the whole")

"""Reading plain data into msgspec Structs without forgiving anything: unknown fields, types, ranges.

The Structs themselves are lenient, because stored rows and journals outlive the version that wrote them; what
a person sends is not. Everything that is wrong is named at once, each with its path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from .. import fields
from ..errors import InvalidField, refuse
from ..fields import Limits

T = TypeVar("T", bound=Struct)


def read(into: type[T], data: Mapping[str, Any], limits: Limits, path: str = "") -> T:
    """`data` as an `into`. Raises `InvalidField` for all that is wrong; `path` is where `data` stands."""
    refuse(fields.problems(into, data, path, limits))
    return msgspec.convert(data, into)


def fit(into: type[T], data: Mapping[str, Any], limits: Limits) -> tuple[T | None, list[InvalidField]]:
    """`data` without the fields that are wrong, and these; None where a field that is needed is among them.

    So what is right can be looked at further, and everything that is wrong be said at once.
    """
    wrong = [*fields.problems(into, data, limits=limits)]
    named = {re.split(r"[.\[]", each.field, maxsplit=1)[0] for each in wrong}
    try:
        return msgspec.convert({k: v for k, v in data.items() if k not in named}, into), wrong
    except msgspec.ValidationError:
        return None, wrong

"""What happened in a call: every kind is in the union, and says what it is wherever it is kept."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
import pytest
from msgspec import Struct, structs

from rapida.call import happenings
from rapida.call.happenings import KINDS, Happening, kind_of

VALUES: dict[Any, Any] = {str: "what a person reads: {so}", int: 1500, tuple[str, ...]: ("role", "name")}


def example(kind: type[Happening]) -> Happening:
    """One of a kind, with a value in every field."""
    return kind(**{field.name: value_of(field.type) for field in structs.fields(kind)})


def value_of(type_: Any) -> Any:
    described = msgspec.inspect.type_info(type_)
    if isinstance(described, msgspec.inspect.LiteralType):
        return described.values[-1]
    if isinstance(described, msgspec.inspect.UnionType):
        (kind,) = (each for each in described.types if not isinstance(each, msgspec.inspect.NoneType))
        return True if isinstance(kind, msgspec.inspect.BoolType) else VALUES[int]
    return {"deep": [1, {"x": None}]} if isinstance(described, msgspec.inspect.DictType) else VALUES[type_]


def test_every_struct_of_the_file_is_in_the_union() -> None:
    written = [
        struct
        for name, struct in vars(happenings).items()
        if inspect.isclass(struct) and issubclass(struct, Struct) and struct is not Struct and name[0] != "_"
    ]
    assert written == list(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_a_kind_is_kept_as_json_that_says_its_kind_and_is_read_back_as_it_was(kind: type[Happening]) -> None:
    whole = example(kind)
    kept = msgspec.json.encode(whole)
    assert msgspec.json.decode(kept)["kind"] == kind_of(kind)
    assert msgspec.json.decode(kept, type=Happening) == whole


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_a_kind_is_its_name_in_snake_case(kind: type[Happening]) -> None:
    assert kind_of(kind).replace("_", "") == kind.__name__.lower()
    assert kind_of(kind).count("_") == sum(letter.isupper() for letter in kind.__name__) - 1

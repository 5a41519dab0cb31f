"""Strict reading: what is wrong in plain data is named with its path, and what is right is kept."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from rapida.errors import InvalidField
from rapida.fields import Limit
from rapida.workspace.strict import fit, read


class Inner(Struct, frozen=True):
    number: int = 0
    text: str = ""


class Outer(Struct, frozen=True):
    name: str
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    free: dict[str, Any] = {}


LIMITS = {(Inner, "number"): Limit(0, 9), (Outer, "name"): Limit(1, 3), (Outer, "many"): Limit(0, 1)}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "name"),
        ({"name": "long"}, "name"),
        ({"name": "a", "inner": {"number": 10}}, "inner.number"),
        ({"name": "a", "inner": {"nummer": 1}}, "inner.nummer"),
        ({"name": "a", "inner": 5}, "inner"),
        ({"name": "a", "many": [{"number": -1}]}, "many[0].number"),
        ({"name": "a", "many": [{"what": 1}]}, "many[0].what"),
        ({"name": "a", "many": [{}, {}]}, "many"),
        ({"name": "a", "inner": {"number": 1.5}}, "inner.number"),
    ],
)
def test_the_first_wrong_field_is_named_with_its_path(data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as wrong:
        read(Outer, data, LIMITS)
    assert wrong.value.field == field
    with pytest.raises(InvalidField) as inside:
        read(Outer, data, LIMITS, "here")
    assert inside.value.field == f"here.{field}"


def test_what_is_right_in_a_wrong_form_can_be_looked_at_further() -> None:
    made, wrong = fit(
        Outer, {"name": "a", "inner": {"number": 10}, "many": [{"number": "x"}], "z": 1}, LIMITS
    )
    assert made == Outer("a")
    assert [each.field for each in wrong] == ["z", "inner.number", "many[0].number"]
    assert fit(Outer, {"inner": {}}, LIMITS)[0] is None


def test_what_is_right_is_read_and_free_documents_may_hold_anything() -> None:
    made = read(Outer, {"name": "a", "inner": None, "many": [{"number": 9}], "free": {"x": {"y": 1}}}, LIMITS)
    assert made == Outer("a", None, (Inner(9),), {"x": {"y": 1}})

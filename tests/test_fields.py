"""Every field that does not fit is named, whatever its place, and what fits is not."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from rapida.fields import Limit, problems


class Part(Struct, frozen=True):
    size: Annotated[int, Meta(ge=1)] = 1
    name: str = ""


class Whole(Struct, frozen=True):
    name: str
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    words: dict[str, str] = {}
    free: dict[str, Any] = {}
    loud: bool = False


def wrong(data: dict[str, Any], **how: Any) -> list[str]:
    return [each.field for each in problems(Whole, data, **how)]


def test_all_faults_are_found_in_one_look() -> None:
    data = {
        "part": {"size": 0, "nam": ""},
        "parts": [{}, {"size": "x"}, 5],
        "words": {"a": 1, "b": "two"},
        "loud": "very",
        "colour": "red",
    }
    assert wrong(data) == [
        "colour",
        "name",
        "part.nam",
        "part.size",
        "parts[1].size",
        "parts[2]",
        "words.a",
        "loud",
    ]


@pytest.mark.parametrize(
    "data",
    [
        {"name": "a"},
        {"name": "a", "part": None, "parts": [], "words": {}},
        {"name": "a", "part": {"size": 3}, "parts": [{"name": "x"}], "free": {"x": [1, {"y": None}]}},
    ],
)
def test_what_fits_has_no_faults(data: dict[str, Any]) -> None:
    assert wrong(data) == []


def test_a_path_stands_before_every_field() -> None:
    assert wrong({"part": 5}, path="tools[0].options") == ["tools[0].options.name", "tools[0].options.part"]


def test_a_lenient_look_takes_a_number_that_is_written_as_text() -> None:
    data = {"name": "a", "part": {"size": "3"}}
    assert wrong(data) == ["part.size"]
    assert wrong(data, strict=False) == []


def test_ranges_and_lengths_are_part_of_the_look() -> None:
    limits = {(Whole, "name"): Limit(1, 2), (Whole, "parts"): Limit(0, 1), (Part, "size"): Limit(1, 9)}
    assert wrong({"name": "abc", "parts": [{"size": 10}, {}]}, limits=limits) == [
        "name",
        "parts[0].size",
        "parts",
    ]


class Dial(Struct, frozen=True):
    pace: Literal["slow", "fast"] | None = None
    wait_ms: int = 0
    speed: Annotated[float, Meta(ge=0.5, le=2)] = 1.0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"pase": "slow"}, "pase: there is no such field; did you mean 'pace'?"),
        ({"colour": 1}, "colour: there is no such field; there is pace, wait_ms, speed"),
        ({"pace": "fasst"}, "pace: 'fasst' is none of slow, fast; did you mean 'fast'?"),
        ({"pace": "zzz"}, "pace: 'zzz' is none of slow, fast"),
        ({"pace": 3}, "pace: Expected `str | null`, got `int`"),
        ({"wait_ms": 700}, "wait_ms: it must be between 0 and 500, and the nearest is 500"),
        ({"wait_ms": "300"}, "wait_ms: Expected `int`, got `str`, between 0 and 500: write 300"),
        ({"wait_ms": "soon"}, "wait_ms: Expected `int`, got `str`, between 0 and 500"),
        ({"wait_ms": True}, "wait_ms: Expected `int`, got `bool`"),
        ({"speed": 3}, "speed: Expected `float` <= 2.0, between 0.5 and 2: write 2"),
    ],
)
def test_a_fault_says_what_is_allowed_and_which_right_value_is_nearest(
    data: dict[str, Any], sentence: str
) -> None:
    (fault,) = problems(Dial, data, limits={(Dial, "wait_ms"): Limit(0, 500)})
    assert str(fault) == sentence

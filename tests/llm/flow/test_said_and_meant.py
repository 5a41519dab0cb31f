"""The list of answers that callers give: none is taken for something else than what was meant."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.llm.flow import slots
from rapida.llm.flow.script import Ask

from .flow_call import WEDNESDAY
from .said_and_meant import DATES, DIGITS, PHONES, YES_NO, Meant

ROWS: list[tuple[str, str, str, Meant]] = [
    *(("date", "US", said, meant) for said, meant in DATES.items()),
    *(("yes_no", "US", said, meant) for said, meant in YES_NO.items()),
    *(("digits", "US", said, meant) for said, meant in DIGITS.items()),
    *(("phone", region, said, meant) for (region, said), meant in PHONES.items()),
]


def read(kind: Any, region: str, said: str) -> str | None:
    ask = Ask("it", kind, "What?", region=region)
    if kind == "digits":
        ask = Ask("it", kind, "What?", region=region, min_digits=1, max_digits=12)
    return slots.read(ask, said, typed=False, today=WEDNESDAY)


@pytest.mark.parametrize(("kind", "region", "said", "meant"), ROWS, ids=[f"{r[0]}-{r[2]}" for r in ROWS])
def test_what_was_meant_is_understood_or_asked_again(kind: str, region: str, said: str, meant: Meant) -> None:
    assert read(kind, region, said) in meant


def test_little_that_names_a_value_is_asked_again() -> None:
    again = {said for kind, region, said, meant in ROWS if meant[0] and read(kind, region, said) is None}
    assert again == {"Christmas", "Friday in two weeks", "one million"}

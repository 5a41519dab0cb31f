"""A table in sorted bytes answers as the dictionary that it was made from."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.tts.packed_table import PackedTable

VALUES = st.text() | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)


@given(st.dictionaries(st.text(max_size=4), VALUES), st.text(max_size=4))
def test_every_word_is_found_and_no_other(rows: dict[str, object], other: str) -> None:
    table = PackedTable(json.dumps(rows).encode())
    assert len(table) == len(rows)
    assert {word: table.get(word) for word in rows} == rows
    assert (other in table) == (other in rows)
    assert table.get(other, "none") == rows.get(other, "none")


def test_a_word_that_is_not_there_has_no_value() -> None:
    with pytest.raises(KeyError, match="absent"):
        PackedTable(b'{"there": "x"}')["absent"]

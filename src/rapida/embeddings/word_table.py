"""BERT's table of words, read row by row from a model's file instead of unpacked in memory.

The file holds a row of 8-bit numbers and a scale for each of 30,522 words, and its network unpacks all of
them: 47 MB, of which a question needs a dozen rows. So the network is given those rows, and the table, with
what unpacks it, is left out. The numbers are the same to the last bit.

An ONNX file is a message of Protocol Buffers; the fields are those of `onnx.proto3` (onnx/onnx, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

WORDS = "input_ids"
"""The network's input that says which words there are."""
_GRAPH = 7
"""Of a model, the field that holds its network, as `onnx.proto3` numbers it; so are those below."""
_NODE, _CONSTANT, _INPUT, _SHAPE = 1, 5, 11, 13
"""Of a graph."""
_TAKES, _GIVES, _OPERATION = 1, 2, 4
"""Of a node."""
_SIZES, _TYPE, _NAME, _NUMBERS = 1, 2, 8, 9
"""Of a constant."""
_FLOAT, _INT8 = 1, 3
"""Of what its numbers are."""


class _Field(Struct, frozen=True):
    """A field of a message: its number, its whole range in the file, and that of what it holds."""

    number: int
    begin: int
    inner: int
    end: int
    value: int = 0
    """Of a field that is a whole number."""


class WordTable:
    """The rows of a table in a file."""

    def __init__(self, file: Path, at: int, scales: NDArray[np.float32], width: int) -> None:
        self._rows = np.memmap(file, np.int8, "r", at, (len(scales), width))
        self._scales = scales

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """The row of each word."""
        return self._rows[numbers].astype(np.float32) * self._scales[numbers]


def split(file: Path) -> tuple[bytes, str, WordTable]:
    """The network without its table, the name of the input that it takes rows at, and the table.

    For the pinned file. Raises `ValueError` for one that looks up no words in a table of 8-bit numbers.
    """
    data = file.read_bytes()
    graph = _one(data, _Field(0, 0, 0, len(data)), _GRAPH)
    fields = list(_fields(data, graph.inner, graph.end))
    nodes = [_Node(data, each) for each in fields if each.number == _NODE]
    constants = {_text(data, each, _NAME): each for each in fields if each.number == _CONSTANT}
    look_up, times, cast = _unpacking(nodes)
    table, scales = constants[cast.takes[0]], constants[times.takes[1]]
    sizes = [each.value for each in _fields(data, table.inner, table.end) if each.number == _SIZES]
    if _one(data, table, _TYPE).value != _INT8:
        raise ValueError("the table of words is of other numbers than those of 8 bits")
    name = look_up.gives[0]
    gone = {look_up.field, times.field, cast.field, table, scales}
    gone |= {each for each in fields if each.number == _SHAPE and _text(data, each, 1) == name}
    kept = b"".join(data[each.begin : each.end] for each in fields if each not in gone)
    network = _message(_GRAPH, kept + _input(name, sizes[-1]))
    numbers = _one(data, scales, _NUMBERS)
    of_rows = np.frombuffer(data[numbers.inner : numbers.end], "<f4").reshape(-1, 1)
    words = WordTable(file, _one(data, table, _NUMBERS).inner, of_rows, sizes[-1])
    return data[: graph.begin] + network + data[graph.end :], name, words


def _unpacking(nodes: Sequence[_Node]) -> tuple[_Node, _Node, _Node]:
    """What looks words up, and the two steps that unpack the table for it."""
    made = {name: node for node in nodes for name in node.gives}
    for look_up in nodes:
        if look_up.operation == "Gather" and look_up.takes[1] == WORDS:
            times = made.get(look_up.takes[0])
            cast = made.get(times.takes[0]) if times else None
            if times and cast and (times.operation, cast.operation) == ("Mul", "Cast"):
                return look_up, times, cast
    raise ValueError("no words are looked up in a table that is unpacked first")


class _Node:
    """One operation of a network."""

    def __init__(self, data: bytes, field: _Field) -> None:
        fields = list(_fields(data, field.inner, field.end))
        texts = [(each.number, data[each.inner : each.end]) for each in fields]
        self.field = field
        self.takes = [text.decode() for number, text in texts if number == _TAKES]
        self.gives = [text.decode() for number, text in texts if number == _GIVES]
        self.operation = next((text.decode() for number, text in texts if number == _OPERATION), "")


def _fields(data: bytes, at: int, end: int) -> Iterator[_Field]:
    while at < end:
        begin = at
        key, at = _number(data, at)
        kind, value, inner = key & 7, 0, at
        if kind == 0:
            value, at = _number(data, at)
        elif kind == 2:
            length, inner = _number(data, at)
            at = inner + length
        else:
            at += 8 if kind == 1 else 4
        yield _Field(key >> 3, begin, inner, at, value)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    found = shift = 0
    while True:
        found |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return found, at


def _one(data: bytes, of: _Field, number: int) -> _Field:
    for each in _fields(data, of.inner, of.end):
        if each.number == number:
            return each
    raise ValueError(f"a message has no field {number}")


def _text(data: bytes, of: _Field, number: int) -> str:
    found = _one(data, of, number)
    return data[found.inner : found.end].decode()


def _input(name: str, width: int) -> bytes:
    """The declaration of an input of floats: any number of texts and words, and so many numbers for each."""
    sizes = (_message(2, b"texts"), _message(2, b"words"), _key(1, 0) + _written(width))
    shape = b"".join(_message(1, each) for each in sizes)
    tensor = _key(1, 0) + _written(_FLOAT) + _message(2, shape)
    return _message(_INPUT, _message(1, name.encode()) + _message(2, _message(1, tensor)))


def _message(number: int, inner: bytes) -> bytes:
    return _key(number, 2) + _written(len(inner)) + inner


def _key(number: int, kind: int) -> bytes:
    return _written(number << 3 | kind)


def _written(number: int) -> bytes:
    return bytes(_sevens(number))


def _sevens(number: int) -> Iterable[int]:
    while number > 127:
        yield number & 127 | 128
        number >>= 7
    yield number

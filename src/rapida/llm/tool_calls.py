"""Tool calls, put together from the pieces in which a server streams them.

OpenAI numbers its calls, names each once and gives its id with the first piece. Others number every call 0 or
none, repeat id and name with each piece, send a call whole, twice, or its arguments as an object. So a call
begins with a name, unless number, id or arguments that are not yet whole say that it goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from ..providers.line_streams import join_halves, parse
from .base import ToolCall


@dataclass
class _Call:
    index: int | None
    id: str
    delta: int
    """The delta that began it."""
    name: str = ""
    arguments: str = ""

    @property
    def begun(self) -> bool:
        """Something of its arguments is there."""
        return bool(self.arguments.strip())

    @property
    def whole(self) -> bool:
        """Its arguments are all there."""
        if not self.begun:
            return False
        try:
            parse(self.arguments)
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class _Piece:
    index: int | None
    id: str
    name: str
    arguments: str


class ToolCalls:
    """The calls of one answer so far."""

    def __init__(self, prefix: str) -> None:
        """`prefix` begins the ids that are made up for calls that come without one."""
        self._prefix = prefix
        self._calls: list[_Call] = []
        self._deltas = 0

    def add(self, delta: object) -> None:
        """Take in what a delta has under `tool_calls`: one call or several, in whatever form."""
        self._deltas += 1
        for each in cast("list[object]", delta) if isinstance(delta, list) else [delta]:
            if isinstance(each, dict):
                self._add(_piece(cast("dict[str, Any]", each)))

    def all(self) -> list[ToolCall]:
        """Every call, in the order in which they began."""
        return [
            ToolCall(call.id, join_halves(call.name), join_halves(call.arguments) if call.begun else "{}")
            for call in self._calls
        ]

    def _add(self, piece: _Piece) -> None:
        call = self._goes_on(piece)
        if call is None:
            self._calls.append(call := _Call(piece.index, self._free_id(piece.id), self._deltas))
        if piece.name and piece.name != call.name:
            call.name += piece.name
        if not (call.whole and piece.arguments.strip()):  # else the whole of it is only repeated
            call.arguments += piece.arguments

    def _goes_on(self, piece: _Piece) -> _Call | None:
        """The call that a piece belongs to; None = it begins one."""
        if not self._calls:
            return None
        last = self._calls[-1]
        known = next((call for call in reversed(self._calls) if piece.id and call.id == piece.id), None)
        same = next(
            (call for call in self._calls if piece.index is not None and call.index == piece.index), None
        )
        if not piece.name:
            # Without a name nothing begins, unless it is a number never seen with an id never seen.
            return known or same or (None if piece.id and piece.index is not None else last)
        if known is not None:
            return None if _other(known, piece) else known
        if piece.id or (piece.index is not None and same is None):
            return None
        before = same or last
        return before if self._repeats(before, piece) else None

    def _repeats(self, before: _Call, piece: _Piece) -> bool:
        """Whether a piece with a name, and no id, goes on with the call before it."""
        if before.delta == self._deltas and piece.index is None:
            return False  # several calls in one delta
        if before.whole:
            return before.name == piece.name and before.arguments.strip() == piece.arguments.strip()
        # The name is repeated, or is itself in pieces; arguments come behind it.
        return before.name == piece.name or not before.arguments

    def _free_id(self, wanted: str) -> str:
        taken = {call.id for call in self._calls}
        return wanted if wanted and wanted not in taken else f"{self._prefix}-{len(self._calls)}"


def _other(known: _Call, piece: _Piece) -> bool:
    """Whether a piece is another call although it has the id of a known one."""
    if piece.index is not None and piece.index != known.index:
        return True
    return piece.name != known.name and known.whole


def _piece(fields: dict[str, Any]) -> _Piece:
    """From `{"index", "id", "function": {"name", "arguments"}}`, or from one without the function around."""
    inside = fields.get("function")
    function = cast("dict[str, Any]", inside) if isinstance(inside, dict) else fields
    index, call_id, name = fields.get("index"), fields.get("id"), function.get("name")
    return _Piece(
        index=index if isinstance(index, int) else None,
        id=str(call_id) if call_id else "",
        name=name if isinstance(name, str) else "",
        arguments=_arguments(function.get("arguments")),
    )


def _arguments(written: object) -> str:
    if written is None:
        return ""
    return written if isinstance(written, str) else json.dumps(written)

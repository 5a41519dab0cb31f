"""Streams that are cut into lines as their protocols cut them: server-sent events, or a JSON value per line.

What ends a line is the protocol's to say. The text inside may hold any character, also those at which Unicode
or Python would end one (U+2028, U+0085, a form feed), so that nothing here is decoded before it is cut.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html (9.2.5 and 9.2.6) and
https://github.com/ndjson/ndjson-spec; where a server does not, what it must have meant is taken.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

LONGEST_BYTES: Final = 8 * 1024 * 1024
"""No line is longer: a sentence's sound in one piece is a few hundred kilobytes."""
DONE: Final = "[DONE]"
"""How OpenAI's stream says, in place of JSON, that there is no more."""

_EVENT_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
"""A carriage return that comes last may be half of an end."""
_JSON_LINE_END = re.compile(rb"\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Lines:
    """Feed bytes as they come, take whole lines without their ends."""

    def __init__(self, end: re.Pattern[bytes] = _JSON_LINE_END) -> None:
        self._end = end
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that `piece` completes. Raises `ValueError` when one grows too long."""
        *lines, self._rest = self._end.split(self._rest + piece)
        if len(self._rest) > LONGEST_BYTES:
            raise ValueError("a line is too long")
        return lines

    def finish(self) -> bytes:
        """What stands behind the last line's end; there is no more."""
        rest, self._rest = self._rest, b""
        return rest.removesuffix(b"\r")


class JsonEvents:
    """Feed server-sent events, take what their data say: JSON values, or `DONE`.

    A value is taken as soon as it is whole: some servers forget the blank line behind it. JSON without a
    field's name is data too. What an event or a field of the name `error` holds comes as `{"error": …}`.
    """

    def __init__(self) -> None:
        self._lines = Lines(_EVENT_LINE_END)
        self._first = True
        self._open: list[str] = []
        """The lines of a value that is not whole."""
        self._bare = False
        """It came without a field's name: so do its other lines."""
        self._failed = False
        """It tells of an error."""

    def feed(self, piece: bytes) -> list[Any]:
        """The values that `piece` completes. Raises `ValueError` for what is no JSON."""
        return [value for line in self._lines.feed(piece) for value in self._take(line)]

    def finish(self) -> list[Any]:
        """The values that were not ended; there is no more. Raises `ValueError` for half a one."""
        last = self._take(self._lines.finish())
        return [*last, *self._take(b"")]

    def _take(self, line: bytes) -> list[Any]:
        if self._first and line:
            line, self._first = line.removeprefix(_BYTE_ORDER_MARK), False
        if not line:
            return self._end()
        data = self._data(line.decode(errors="replace"))
        if data is None:
            return []
        if data.strip() == DONE:
            return [DONE]
        self._open.append(data)
        try:
            value = parse("\n".join(self._open))
        except ValueError:
            return []
        self._open = []
        told = isinstance(value, dict) and "error" in value
        return [{"error": value} if self._failed and not told else value]

    def _end(self) -> list[Any]:
        unfinished, self._open, self._failed = self._open, [], False
        if "".join(unfinished).strip():
            raise ValueError("an event holds no JSON")
        return []

    def _data(self, line: str) -> str | None:
        """What a line adds to its event's data; None = it has another meaning, or none."""
        if not self._open:
            self._bare = line.startswith(("{", "["))
        if self._bare:
            return line
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        self._failed = self._failed or field == "error" or (field == "event" and value.strip() == "error")
        return value if field in ("data", "error") else None


def join_halves(text: str) -> str:
    """Characters that JSON writes as two halves (a surrogate pair) are joined; a lone half is dropped."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def parse(text: str | bytes) -> Any:
    """JSON as servers write it: half a surrogate pair or a bare tabulator is let pass.

    Raises `ValueError` for anything else that is no JSON.
    """
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("JSON that is nested too deep") from None

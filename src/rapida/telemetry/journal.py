"""The journal of a call: its head, then every event and command of its core, one JSON line each.

This module decides the file's format and that nothing of it is written on the event loop: the loop only
appends to a queue, one thread shared by all calls encodes and writes. Which events exist is decided in
`rapida.call`; what a journal is replayed against, by `rapida replay`.

A file is UTF-8 JSON lines. The first is `Head`; each further one `[t_us, kind, value]`, with `t_us` the
integer microseconds since the call's zero and `kind` "e" for an event, "c" for a command. A call whose
journal could not keep up, or met what JSON cannot hold, ends with `[t_us, "x", null]`: the file replays only
up to there.
Secrets cannot stand in a journal, because the core never sees one: sensitive digits reach it as tokens.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import structlog
from msgspec import Struct, structs

from ..assistant import Assistant
from ..call import commands, events
from ..call.abilities import Abilities
from ..errors import JournalError

FORMAT = 3
"""Raised by one whenever a file of the old format could be read wrongly, or lacks what a call now orders."""

OLDEST = 1
"""The oldest format that can be read."""

_SINCE: dict[type[commands.Command], int] = {commands.RecordBargeIn: 2, commands.RecordFalseBargeIn: 3}
"""From which format on a journal has all orders of a kind, where not from the first on. One of format 2 has a
false barge-in only where the agent had stopped for it, and not where its sound was only held."""

WRITE_EVERY_S = 0.1
"""How often the thread looks at the queue: what a killed process can lose of its journals."""

_BEFORE_THERE_WERE_ANY = {"hesitation_ms": 0, "unbroken_ms": 86_400_000}
"""What turn-taking options did in journals older than they are: an answer waited for nothing, and nothing
was done about speech that goes on."""

BACKLOG_LIMIT = 200_000
"""Lines that may wait for the disk, all calls together (about 100 MB); beyond it a journal is cut short."""

_BATCH = 256
"""Lines encoded before the thread lets others run: about half a millisecond."""


class Head(Struct, frozen=True):
    """What a replay needs besides the events. `started_at` is the wall clock (UTC, RFC 3339) of `t_us` 0."""

    conversation_id: int
    code_version: str
    assistant: Assistant
    zone: str
    started_at: str
    deployment: dict[str, Any] = {}
    """What the phone deployment said instead of the assistant's version, as the store keeps it: `assistant`
    has it already, another version replayed in its place needs it."""
    variables: dict[str, str] = {}
    """What the call itself brought for `{{names}}`: `assistant` has them in its sentences already."""
    abilities: Abilities = Abilities()
    format: int = FORMAT


Entry = tuple[int, events.Event | commands.Command]
"""`t_us`, and what happened or was ordered then."""

_Line = tuple[int, str, Any]


def _union(module: ModuleType, root: type[Struct]) -> Any:
    """The tagged union of a module's Structs under `root`, for a decoder."""
    union: Any = None
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, root) and kind is not root:
            union = kind if union is None else union | kind
    return union


_HEAD = msgspec.json.Decoder(Head)
_LINE = msgspec.json.Decoder(tuple[int, str, msgspec.Raw])
_VALUES: dict[str, msgspec.json.Decoder[Any]] = {
    "e": msgspec.json.Decoder(_union(events, events.Event)),
    "c": msgspec.json.Decoder(_union(commands, commands.Command)),
}


class Journal:
    """The writing side of one call's journal; made by `JournalWriter.open`. Its methods never block."""

    def __init__(self, path: Path, writer: JournalWriter) -> None:
        self.path = path
        self.cut = False
        """Whether a line was lost (a full queue, or what JSON cannot hold): none is journaled after it."""
        self.cut_off = False
        """A line could not be encoded: the writer's thread drops what was queued behind it."""
        self._writer = writer
        self._file: int | None = None

    def append_event(self, t_us: int, event: events.Event) -> None:
        """Note an event; it must not change afterwards (they are frozen)."""
        self._writer.put(self, (t_us, "e", event))

    def append_command(self, t_us: int, command: commands.Command) -> None:
        """Note a command."""
        self._writer.put(self, (t_us, "c", command))

    def close(self) -> None:
        """Nothing follows; the file is flushed to the disk and closed soon after."""
        self._writer.put_always(self, None)

    # Only the writer's thread calls what follows.

    def write(self, data: bytes) -> None:
        """Write whole lines, creating the file (readable by its owner only) with the first."""
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, flags, 0o600)
        while data:
            data = data[os.write(self._file, data) :]

    def finish(self) -> None:
        """Bring the file to the disk and close it."""
        if self._file is not None:
            os.fsync(self._file)
        self.abandon()

    def abandon(self) -> None:
        """Close the file without a word; closing twice is harmless."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)


class JournalWriter:
    """One thread that writes the journals of all calls. `start` it once, `close` it at the end."""

    def __init__(self, *, backlog_limit: int = BACKLOG_LIMIT, write_every_s: float = WRITE_EVERY_S) -> None:
        # A deque's append and popleft are atomic, so the loop and the thread need no lock between them.
        self._queue: deque[tuple[Journal, _Line | Head | None]] = deque()
        self._limit = backlog_limit
        self._every_s = write_every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._encode = msgspec.json.Encoder().encode
        self._open: set[Journal] = set()
        self._broken: set[Journal] = set()
        self._log = structlog.get_logger(__name__)

    @property
    def backlog(self) -> int:
        """Lines that wait to be written."""
        return len(self._queue)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def open(self, path: Path, head: Head) -> Journal:
        """A new journal at `path`, which is overwritten; the file itself is made by the thread."""
        journal = Journal(path, self)
        self.put_always(journal, head)
        return journal

    def put(self, journal: Journal, line: _Line) -> None:
        """Queue a line, or cut the journal short when the disk has fallen too far behind."""
        if len(self._queue) < self._limit:
            if not journal.cut:
                self._queue.append((journal, line))
        elif not journal.cut:
            journal.cut = True
            self._queue.append((journal, (line[0], "x", None)))

    def put_always(self, journal: Journal, item: Head | None) -> None:
        """Queue a journal's head or (`None`) its end, which no bound may drop."""
        self._queue.append((journal, item))

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is queued and end the thread; returns after `timeout_s` even if the disk hangs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self._drain()
        self._drain()
        for journal in tuple(self._open):
            self._finish(journal)

    def _drain(self) -> None:
        while self._queue:
            self._write_batch(min(len(self._queue), _BATCH))
            time.sleep(0)  # lets the loop have the interpreter between two batches

    def _write_batch(self, size: int) -> None:
        lines: dict[Journal, list[_Line | Head]] = {}
        ended: list[Journal] = []
        for _ in range(size):
            journal, item = self._queue.popleft()
            if item is None:
                ended.append(journal)
            else:
                lines.setdefault(journal, []).append(item)
        for journal, items in lines.items():
            self._open.add(journal)
            self._guard(journal, functools.partial(self._write, journal, items))
        for journal in ended:
            self._finish(journal)

    def _write(self, journal: Journal, items: list[_Line | Head]) -> None:
        lines: list[bytes] = []
        for item in items:
            if journal.cut_off:
                break  # nothing stands behind its `x`
            lines.append(self._encoded(journal, item) + b"\n")
        journal.write(b"".join(lines))

    def _encoded(self, journal: Journal, item: _Line | Head) -> bytes:
        """A line of the file; one that JSON cannot hold, as half a character is, cuts its journal short."""
        try:
            return self._encode(item)
        except Exception as odd:
            if isinstance(item, Head):
                raise  # a file without its head is no journal
            journal.cut = journal.cut_off = True
            self._log.error("journal_cut", path=str(journal.path), reason=str(odd))
            return self._encode((item[0], "x", None))

    def _finish(self, journal: Journal) -> None:
        self._guard(journal, journal.finish)
        self._open.discard(journal)
        self._broken.discard(journal)

    def _guard(self, journal: Journal, work: Callable[[], None]) -> None:
        """What goes wrong costs this journal, neither the call nor another: told once, then left alone."""
        if journal in self._broken:
            return
        try:
            work()
        except Exception as failed:  # noqa: BLE001
            # Mostly a full disk. But whatever ended this thread would end the journals of all calls.
            self._broken.add(journal)
            journal.abandon()
            self._log.error("journal_lost", path=str(journal.path), reason=str(failed))


@dataclass(frozen=True)
class Reading:
    """A journal as read back. `torn`: the last line was half written; `cut`: the writer could not keep up."""

    head: Head
    entries: tuple[Entry, ...]
    torn: bool = False
    cut: bool = False

    def has(self, order: commands.Command) -> bool:
        """Whether journals of this one's format have all such orders."""
        return self.head.format >= _SINCE.get(type(order), OLDEST)

    @property
    def events(self) -> Iterator[tuple[int, events.Event]]:
        """Only what the core was told."""
        for t_us, value in self.entries:
            if isinstance(value, events.Event):
                yield t_us, value

    @property
    def commands(self) -> Iterator[tuple[int, commands.Command]]:
        """Only what the core ordered."""
        for t_us, value in self.entries:
            if isinstance(value, commands.Command):
                yield t_us, value


def read(path: Path) -> Reading:
    """Read a journal. Raises `JournalError` when the file is none, or of a version this one cannot read."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as failed:
        raise JournalError(path, failed.strerror or "cannot be read") from failed
    torn = lines[-1] != b""  # a whole line ends in a line feed, so the last piece is empty
    head = _read_head(path, lines[0] if len(lines) > 1 else b"")
    entries: list[Entry] = []
    for number, line in enumerate(lines[1:-1], start=2):
        try:
            t_us, kind, raw = _LINE.decode(line)
            if kind == "x":
                return Reading(head, tuple(entries), torn, cut=True)
            entries.append((t_us, _VALUES[kind].decode(raw)))
        except (msgspec.MsgspecError, KeyError) as wrong:
            raise JournalError(path, f"line {number} is not of this version: {wrong}") from wrong
    return Reading(head, tuple(entries), torn)


def _as_it_was(head: Head, line: bytes) -> Head:
    """The head with what its call did before options that it does not know existed."""
    written = msgspec.json.decode(line)["assistant"].get("turn", {})
    older = {name: value for name, value in _BEFORE_THERE_WERE_ANY.items() if name not in written}
    if not older:
        return head
    assistant = structs.replace(head.assistant, turn=structs.replace(head.assistant.turn, **older))
    return structs.replace(head, assistant=assistant)


def _read_head(path: Path, line: bytes) -> Head:
    try:
        head = _as_it_was(_HEAD.decode(line), line)
    except msgspec.MsgspecError as wrong:
        raise JournalError(path, f"its first line is no journal head: {wrong}") from wrong
    if not OLDEST <= head.format <= FORMAT:
        raise JournalError(path, f"its format is {head.format}, this version reads {OLDEST} to {FORMAT}")
    return head

"""Outcomes that wait for the database: as files, and in memory while the disk has no room for a file.

What is held in memory is written to a file as soon as there is room, and at the end of the process at the
latest. Memory is bounded: beyond it an outcome is held without what was said, which is told as a loss. All of
it may be called in any thread.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from ..store.conversations import StoredOutcome
from ..store.event_names import from_named
from ..store.events import DatedHappening

BROKEN = ".broken"
HELD_BYTES = 64 * 1024 * 1024
"""Some thousand calls of ten minutes; a call's end alone takes 300 bytes, and is always held."""
_log = structlog.get_logger(__name__)


class _NamedEvent(Struct):
    at: datetime
    name: str
    detail: dict[str, Any] = {}


class _NamedEvents(Struct):
    """The events of an outcome as an earlier version kept them."""

    events: tuple[_NamedEvent, ...]


class Unwritten:
    """The outcomes of a folder, and those that it has no room for, by the number of their conversation."""

    def __init__(self, folder: Path, held_bytes: int = HELD_BYTES) -> None:
        self._folder = folder
        self._limit = held_bytes
        self._held: dict[str, bytes] = {}
        self._size = 0
        self._lock = threading.Lock()

    def keep(self, record: StoredOutcome) -> str:
        """Keep an outcome; where it is now: `file` or `memory`."""
        try:
            self._write(str(record.conversation_id), msgspec.json.encode(record), ".json")
        except OSError as failed:
            self._hold(record, failed)
            return "memory"
        return "file"

    def set_aside(self, record: StoredOutcome) -> None:
        """Keep one that the database does not take, for people to look at."""
        try:
            self._write(str(record.conversation_id), msgspec.json.encode(record), BROKEN)
        except OSError as failed:
            _log.error("outcome_lost", conversation_id=record.conversation_id, reason=failed.strerror)

    def names(self) -> list[str]:
        """What waits; what was held in memory lies in a file now, if there is room again."""
        self.spill()
        with self._lock:
            held = set(self._held)
        return sorted(held | {path.stem for path in self._folder.glob("*.json")})

    def load(self, name: str) -> StoredOutcome | None:
        """One of `names`. None when it is not there any more, or is not readable and out of the way now."""
        path = self._folder / f"{name}.json"
        with self._lock:
            held = self._held.get(name)
        try:
            return _decoded(path.read_bytes() if held is None else held)
        except OSError as gone:
            _log.error("outcome_unread", file=path.name, reason=gone.strerror)
            return None
        except msgspec.MsgspecError as wrong:
            path.replace(path.with_suffix(BROKEN))
            _log.error("outcome_broken", file=path.name, reason=str(wrong))
            return None

    def drop(self, name: str) -> None:
        """It is written."""
        with self._lock:
            self._size -= len(self._held.pop(name, b""))
        # A file that stays is written again after a restart, which is harmless.
        with suppress(OSError):
            (self._folder / f"{name}.json").unlink(missing_ok=True)

    def spill(self) -> None:
        """Write to files what is held in memory, as far as there is room."""
        with self._lock:
            for name, data in list(self._held.items()):
                try:
                    self._write(name, data, ".json")
                except OSError:
                    return
                del self._held[name]
                self._size -= len(data)

    def close(self) -> None:
        """The process ends: what no file has room for is lost, and told."""
        self.spill()
        for name in self._held:
            _log.error("outcome_lost", conversation_id=int(name), reason="the disk has no room for it")

    def _hold(self, record: StoredOutcome, failed: OSError) -> None:
        data = msgspec.json.encode(record)
        with self._lock:
            if self._size + len(data) > self._limit:
                data = msgspec.json.encode(bare(record))
                reason = f"{failed.strerror}, and {self._limit} bytes are held in memory"
                _log.error("transcript_lost", conversation_id=record.conversation_id, reason=reason)
            self._held[str(record.conversation_id)] = data
            self._size += len(data)

    def _write(self, name: str, data: bytes, suffix: str) -> None:
        part = self._folder / f"{name}.part"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(part.with_suffix(suffix))
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def _decoded(data: bytes) -> StoredOutcome:
    """An outcome, also one whose events an earlier version kept by name and detail. Raises `MsgspecError`."""
    try:
        return msgspec.json.decode(data, type=StoredOutcome)
    except msgspec.ValidationError:
        named = msgspec.json.decode(data, type=_NamedEvents).events
        events = [DatedHappening(each.at, from_named(each.name, each.detail)) for each in named]
        return msgspec.convert({**msgspec.json.decode(data), "events": events}, StoredOutcome)


def bare(record: StoredOutcome) -> StoredOutcome:
    """What is left of a record without what was said: how and when the call ended, and its files."""
    return StoredOutcome(
        conversation_id=record.conversation_id,
        end_reason=record.end_reason,
        started_at=record.started_at,
        ended_at=record.ended_at,
        recording=record.recording,
        journal_path=record.journal_path,
    )

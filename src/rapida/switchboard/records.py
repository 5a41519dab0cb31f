"""Writing down what a call leaves behind, once, whole, and whatever happens to the database.

A call never waits for the database; its outcome does. An outcome that cannot be written lies as a file in
`unwritten/` of the data directory until it can, also across a restart (`unwritten.py`). One that the database
does not take for another reason than being away or full, which is a bug of ours, stays there as a `.broken`
file for people to look at, and only the call's end is written.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import structlog

from ..engine.outcome import CallOutcome
from ..engine.recorder import Recorder, shape_of
from ..errors import NotFound, StoreError
from ..node.clock import Clock
from ..store import Store, conversations, recordings
from ..store.conversations import GivenAnswer, StoredOutcome
from ..store.events import DatedHappening
from ..store.recordings import Recording
from ..store.turns import TranscriptLine, TurnTiming
from .claims import REPORTED_WITHIN
from .unwritten import Unwritten, bare

RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""How long an outcome waits after each failed attempt, and after every later one: a database that restarts is
back within seconds, and one that is full must not be asked by every call at once."""
_log = structlog.get_logger(__name__)


class Records:
    """The outcomes of this process's calls on their way to the database."""

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        clock: Clock,
        waiting: Callable[[int], None] = lambda count: None,
        ended: Callable[[int], None] = lambda conversation_id: None,
    ) -> None:
        """`waiting` is told, after each attempt, how many outcomes still wait for the database; `ended`
        of each conversation whose call is over and written, or kept.
        """
        self._store = store
        self._data_dir = data_dir
        self._unwritten = Unwritten(data_dir / "unwritten")
        self._clock = clock
        self._waiting = waiting
        self._ended = ended
        self._wake = asyncio.Event()

    async def write(self, conversation_id: int, outcome: CallOutcome) -> None:
        """Write an outcome, or keep it for later; cancelled, keep it before anything else.

        Raises what not even the bare end of the call could be written for: a bug.
        """
        try:
            record = await asyncio.to_thread(self._record, conversation_id, outcome)
            try:
                await self._finish(record)
            except StoreError as away:
                where = await asyncio.to_thread(self._unwritten.keep, record)
                _log.warning("outcome_waits", conversation_id=conversation_id, kept=where, reason=str(away))
                self._wake.set()
            self._ended(conversation_id)
        except asyncio.CancelledError:
            # Whoever ends this process hurries. Should it have been written after all, a retry is harmless.
            self._unwritten.keep(self._record(conversation_id, outcome))
            raise

    async def list_late(self, conversation_id: int, recorder: Recorder) -> None:
        """List a recording that its call's record could not wait for, once its file is whole."""
        try:
            duration_ms = await recorder.finished()
            listed = await asyncio.to_thread(self._listed, recorder.path, duration_ms)
            async with self._store.write() as tx:
                wanted = await recordings.add(tx, conversation_id, listed, self._clock())
            if not wanted:  # the conversation was erased meanwhile
                await asyncio.to_thread(recorder.path.unlink, missing_ok=True)
        except (StoreError, OSError) as lost:
            _log.error("recording_lost", conversation_id=conversation_id, reason=str(lost))

    async def run(self) -> None:
        """Write what was kept, now and whenever something is; runs until cancelled."""
        self._wake.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                attempt = 0
                while not await self._write_kept():
                    await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                    attempt += 1
        finally:
            self._unwritten.close()

    async def _write_kept(self) -> bool:
        """Try every kept outcome; False while the database refuses."""
        kept = await asyncio.to_thread(self._unwritten.names)
        for done, name in enumerate(kept):
            record = await asyncio.to_thread(self._unwritten.load, name)
            if record is not None:
                try:
                    await self._finish(record)
                except StoreError:
                    self._waiting(len(kept) - done)
                    return False
                except Exception:  # noqa: BLE001
                    # Set aside as it is, it must not keep those behind it from being written.
                    _log.exception("outcome_not_written", conversation_id=record.conversation_id)
                await asyncio.to_thread(self._unwritten.drop, name)
        self._waiting(0)
        return True

    async def _finish(self, record: StoredOutcome) -> None:
        """Write an outcome; of one that the database does not take, the bare end. Raises `StoreError`."""
        try:
            await self._write(record)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001
            _log.exception("outcome_broken", conversation_id=record.conversation_id)
            await asyncio.to_thread(self._unwritten.set_aside, record)
            await self._write(bare(record))

    async def _write(self, record: StoredOutcome) -> None:
        try:
            async with self._store.write() as tx:
                now = self._clock()
                await conversations.finish(tx, record, now, ask_at=now + REPORTED_WITHIN)
        except NotFound:
            _log.error("outcome_without_conversation", conversation_id=record.conversation_id)

    def _record(self, conversation_id: int, outcome: CallOutcome) -> StoredOutcome:
        started = outcome.started_at
        record = StoredOutcome(
            conversation_id=conversation_id,
            end_reason=outcome.reason,
            started_at=started,
            ended_at=outcome.ended_at,
            turns=tuple(
                TranscriptLine(entry_id, turn, entry, at_us // 1000)
                for entry_id, (turn, entry, at_us) in outcome.lines.items()
            ),
            stages=tuple(TurnTiming(turn, stages) for turn, stages in outcome.stages.items()),
            events=tuple(
                DatedHappening(started + timedelta(microseconds=at_us), happening)
                for at_us, happening in outcome.happenings
            ),
            recording=self._recording(outcome),
            journal_path=None if outcome.journal is None else self._relative(outcome.journal),
            usage={
                "input_tokens": outcome.input_tokens,
                "output_tokens": outcome.output_tokens,
                "spoken_characters": outcome.spoken_characters,
                "heard_ms": outcome.heard_ms,
            },
            answers=tuple(GivenAnswer(slot, value) for slot, value in outcome.answers),
        )
        return _whole(record)

    def _recording(self, outcome: CallOutcome) -> Recording | None:
        path = outcome.recording
        if path is None:
            return None
        try:
            return self._listed(path, outcome.recording_ms)
        except OSError as gone:
            _log.error("recording_lost", file=path.name, reason=gone.strerror)
            return None

    def _listed(self, path: Path, duration_ms: int) -> Recording:
        return Recording(self._relative(path), duration_ms, path.stat().st_size, shape_of(path))

    def _relative(self, path: Path) -> str:
        return str(path.relative_to(self._data_dir))


def _whole(record: StoredOutcome) -> StoredOutcome:
    """A record that can be written: half a character in it (a lone surrogate) becomes a question mark."""
    try:
        msgspec.json.encode(record)
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(record), ensure_ascii=False)
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=StoredOutcome)
    return record

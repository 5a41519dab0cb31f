"""The recording of a call: a stereo WAV file, the caller on the left, the agent on the right.

Its zero is the carrier's media timestamp 0. The agent's sound lies where the ear heard it: the pacer's
instants are mapped onto the caller's timeline, and the last two seconds wait in memory, so that a `clear` can
take back what was not heard. Files are written by one thread for all calls; a disk that fails or falls behind
costs recordings, never calls, and what goes wrong with one file costs no other. Where a file lies and who may
read it is decided elsewhere.

Linear 16-bit samples, although mu-law would take half the room: every player, browser and library reads them.
"""

from __future__ import annotations

import asyncio
import fcntl
import queue
import threading
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..audio import wav
from ..audio.g711 import SAMPLES_PER_MS, SILENCE, decode_block
from ..errors import StoreError

DELAY_MS = 2000
"""How long sound waits before it is written: the carrier's lead is far shorter."""
WRITE_MS = 1000
"""How much is written at a time."""
LONGEST_GAP_MS = 5000
"""A longer gap, after what the listener has filled, is left out of the file."""
BACKLOG_BYTES = 64 * 1024 * 1024
"""More than this waiting for the disk: recordings are given up, so that memory is not."""
SHAPE_PARTS = 64
"""As many as a line of a list has room for."""
CLOSE_WITHIN_S = 5.0
"""How long the end of the process waits for the disk."""

_STEREO = wav.Format(channels=2)
_EMPTY = wav.header(_STEREO, 0)
"""How a file begins until it is closed."""
_DELAY = DELAY_MS * SAMPLES_PER_MS
_WRITE = WRITE_MS * SAMPLES_PER_MS
_SNAP_SAMPLES = 20 * SAMPLES_PER_MS
"""Within one frame two stretches of the agent's sound are one: so much does the loop's own lateness move
them."""
_DRIFT_US_PER_S = 100
"""How fast the carrier's clock may fall behind ours (100 ppm) without being taken for a late arrival."""


class RecordingWriter:
    """The thread that writes every call's file, and its queue. One per process."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[_File, bytes, bytes] | None] = queue.SimpleQueue()
        self._queued_bytes = 0
        self._written_bytes = 0
        """Each counted by one thread only."""
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """Write what waits and stop the thread, unless the disk hangs.

        Recordings not closed by then are left to `repair`.
        """
        self._jobs.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, CLOSE_WITHIN_S)

    def recorder(self, path: Path) -> Recorder:
        """A recording at `path`; its folder must exist. The file is made by the thread."""
        return Recorder(self, _File(path))

    def write(self, file: _File, left: bytes, right: bytes) -> None:
        """Queue mu-law sound of both sides, equally long; for recorders only."""
        if self._queued_bytes - self._written_bytes > BACKLOG_BYTES:
            file.failure = f"{file.path.name}: the disk is too slow for the recordings of these calls"
            return
        self._queued_bytes += len(left)
        self._jobs.put((file, left, right))

    def close(self, file: _File) -> None:
        """No more sound will come; for recorders only."""
        self._jobs.put((file, b"", b""))

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            file, left, right = job
            if left:
                file.append(left, right)
                self._written_bytes += len(left)
            else:
                file.close()


class _File:
    """One file, touched by the writing thread only (but for `failure` and `done`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure = ""
        self.done: Future[int] = Future()
        self._file: BinaryIO | None = None
        self._writer: wav.WavWriter | None = None

    def append(self, left: bytes, right: bytes) -> None:
        if self.failure:
            return
        try:
            sound: NDArray[np.int16] = np.empty((len(left), 2), "<i2")
            sound[:, 0] = decode_block(left)
            sound[:, 1] = decode_block(right)
            self._open().write(sound.tobytes())
        except Exception as failed:  # noqa: BLE001
            self._fail(failed)

    def _open(self) -> wav.WavWriter:
        if self._writer is None:
            self._file = self.path.open("wb", buffering=0)
            with suppress(OSError):  # a file system without locks; see `mend`
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._writer = wav.WavWriter(self._file, _STEREO)
        return self._writer

    def close(self) -> None:
        """Finish the header and tell who waits: the duration, or why there is no recording."""
        duration_ms = 0
        try:
            try:
                if not self.failure:
                    duration_ms = self._open().close()
            finally:
                if self._file is not None:
                    self._file.close()
        except Exception as failed:  # noqa: BLE001
            self._fail(failed)
        if not self.done.set_running_or_notify_cancel():
            return  # nobody waits any longer
        if self.failure:
            self.done.set_exception(StoreError(self.failure, retryable=False))
        else:
            self.done.set_result(duration_ms)

    def _fail(self, failed: Exception) -> None:
        """Give this recording up. Mostly the disk is full; but what ended the thread would end them all."""
        reason = failed.strerror if isinstance(failed, OSError) else repr(failed)
        self.failure = f"{self.path.name}: the recording cannot be written: {reason}"


class Recorder:
    """Both sides of one call on their way to its file. Belongs to the event loop; never blocks."""

    __slots__ = (
        "_agent_muted",
        "_caller_muted",
        "_closed",
        "_early",
        "_file",
        "_left",
        "_right",
        "_timeline",
        "_writer",
    )

    def __init__(self, writer: RecordingWriter, file: _File) -> None:
        self._writer = writer
        self._file = file
        self._left = _Track()
        self._right = _Track()
        self._timeline = _Timeline()
        self._early: list[tuple[int, bytes]] = []
        """Agent sound before the first caller sound: its place is not known yet."""
        self._caller_muted = self._agent_muted = False
        self._closed = False

    @property
    def path(self) -> Path:
        return self._file.path

    def caller(self, position_ms: int, ulaw: bytes, arrived_us: int) -> None:
        """Caller sound that begins at `position_ms` of the carrier's timeline and came at `arrived_us`."""
        if self._closed:
            return
        at = self._timeline.arrived(position_ms * SAMPLES_PER_MS, len(ulaw), arrived_us)
        self._left.put(at, SILENCE * len(ulaw) if self._caller_muted else ulaw)
        if self._early:
            self._place_early()
        if self._left.end - self._left.start >= _DELAY + _WRITE:
            self._write(self._left.end - _DELAY)

    def agent(self, at_us: int, ulaw: bytes) -> None:
        """Agent sound that the ear begins to hear at `at_us` of the call's clock."""
        if self._closed:
            return
        if self._agent_muted:
            ulaw = SILENCE * len(ulaw)
        at = self._timeline.sample(at_us)
        if at is None:
            self._early.append((at_us, ulaw))
        else:
            self._place(at, ulaw)

    def take_back(self, at_us: int) -> None:
        """The phone was emptied: the ear hears no agent sound from `at_us` on."""
        self._early = [
            (begin, ulaw[: max(0, at_us - begin) * SAMPLES_PER_MS // 1000]) for begin, ulaw in self._early
        ]
        at = self._timeline.sample(at_us)
        if at is not None:
            self._right.cut(at)

    def mute(self, *, caller: bool, agent: bool) -> None:
        """From now on record silence in place of these sides."""
        self._caller_muted = caller
        self._agent_muted = agent

    def close(self) -> None:
        """The call is over: write all there is. `finished` tells when that is done."""
        if self._closed:
            return
        self._closed = True
        if self._early:
            self._timeline.begin(self._early[0][0])
            self._place_early()
        # What the phone would still have played was not heard: the call ends where the caller's sound does.
        self._write(self._left.end or self._right.end)
        self._writer.close(self._file)

    async def finished(self) -> int:
        """Wait until the file is whole; its duration in ms. Raises `StoreError` when there is none.

        For as long as the disk takes; who does not wait to the end changes nothing for the file.
        """
        return await asyncio.shield(asyncio.wrap_future(self._file.done))

    def _place_early(self) -> None:
        early, self._early = self._early, []
        for at_us, ulaw in early:
            self._place(self._timeline.sample(at_us) or 0, ulaw)

    def _place(self, at: int, ulaw: bytes) -> None:
        """Agent sound at sample `at`, or right behind the sound before it.

        The ear hears one piece after the other, so that none ever covers another: not when the clocks drift,
        and not when the first caller sound came so late that the agent seems to have spoken before sample 0.
        """
        end = self._right.end
        self._right.put(at if at - end >= _SNAP_SAMPLES else end, ulaw)

    def _write(self, until: int) -> None:
        left, right = self._left.take(until), self._right.take(until)
        if left:
            self._writer.write(self._file, left, right)


class _Track:
    """One side's sound that is not written yet: contiguous from `start`, silence where nothing was put."""

    __slots__ = ("_sound", "start")

    def __init__(self) -> None:
        self.start = 0
        self._sound = bytearray()

    @property
    def end(self) -> int:
        return self.start + len(self._sound)

    def put(self, at: int, ulaw: bytes) -> None:
        """Sound at sample `at`; what is written already is dropped, what is there is replaced."""
        if at < self.start:
            ulaw = ulaw[self.start - at :]
            at = self.start
        offset = at - self.start
        if offset > len(self._sound):
            self._sound += SILENCE * (offset - len(self._sound))
        self._sound[offset : offset + len(ulaw)] = ulaw

    def cut(self, at: int) -> None:
        del self._sound[max(0, at - self.start) :]

    def take(self, until: int) -> bytes:
        """The sound up to sample `until`, which counts as written from now on."""
        length = max(0, until - self.start)
        taken = bytes(self._sound[:length]).ljust(length, SILENCE)
        del self._sound[:length]
        self.start += length
        return taken


class _Timeline:
    """The caller's timeline in samples, and where on it an instant of the call's clock lies."""

    __slots__ = ("_checked_us", "_end", "_left_out", "_zero_us")

    def __init__(self) -> None:
        self._zero_us: int | None = None
        """The instant of sample 0, as told by the frames that came soonest."""
        self._checked_us = 0
        self._end = 0
        self._left_out = 0

    def begin(self, zero_us: int) -> None:
        self._zero_us = zero_us

    def arrived(self, start: int, length: int, now_us: int) -> int:
        """Where to put caller sound that came just now; learns how the two clocks lie to each other."""
        start -= self._left_out
        gap = start - self._end
        if gap > LONGEST_GAP_MS * SAMPLES_PER_MS:
            self._left_out += gap
            start -= gap
            if self._zero_us is not None:
                self._zero_us += gap * 1000 // SAMPLES_PER_MS
        self._end = max(self._end, start + length)
        zero_us = now_us - (start + length) * 1000 // SAMPLES_PER_MS
        if self._zero_us is None:
            self._zero_us = zero_us
        else:
            allowed_us = (now_us - self._checked_us) * _DRIFT_US_PER_S // 1_000_000
            self._zero_us = min(zero_us, self._zero_us + allowed_us)
        self._checked_us = now_us
        return start

    def sample(self, at_us: int) -> int | None:
        """The sample at an instant; None before anything is known."""
        if self._zero_us is None:
            return None
        return max(0, (at_us - self._zero_us) * SAMPLES_PER_MS // 1000)


def mend(folder: Path) -> int:
    """Mend every recording of a folder that was never closed and that nobody writes any more; how many.

    Who writes one holds a lock on it, in whatever process, and loses it with its life. Where the file system
    has no locks nobody can tell, and none is mended here. For the start, in a thread.
    """
    mended = 0
    for path in filter(_was_left_open, folder.glob("*.wav")):
        with suppress(OSError, wav.NotWav), path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            wav.repair(file)
            mended += 1
    return mended


def _was_left_open(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_EMPTY)) == _EMPTY and path.stat().st_size > len(_EMPTY)
    except OSError:
        return False  # it cannot be read, so that it cannot be mended either


def repair(path: Path) -> int:
    """Mend a recording whose server is known to be dead, from its length. Returns its duration in ms.

    Raises `rapida.audio.wav.NotWav` or `OSError`, `BlockingIOError` where it lives after all and writes.
    """
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass  # a file system without locks: that its server is dead must do
        return wav.repair(file)


def shape_of(path: Path) -> bytes:
    """How loud a recording was: of the caller, then of the agent, `SHAPE_PARTS` equal parts from 0 to 255.

    Raises `OSError`.
    """
    samples = path.stat().st_size - len(_EMPTY)
    if samples < _STEREO.frame_bytes:
        return b""
    # Mapped, not read: an hour is 115 MB.
    sound = np.memmap(path, "<i2", "r", len(_EMPTY), (samples // _STEREO.frame_bytes, _STEREO.channels))
    # A recording of fewer samples has fewer parts that hold any; the others repeat what stands before them.
    parts = np.array_split(sound, min(SHAPE_PARTS, len(sound)))
    # In 32 bits: the lowest sample of 16 has no positive twin.
    loud = [(np.maximum(part.max(0).astype(np.int32), -part.min(0).astype(np.int32)) >> 7) for part in parts]
    loud += [loud[-1]] * (SHAPE_PARTS - len(loud))
    return np.minimum(np.array(loud), 255).T.astype(np.uint8).tobytes()

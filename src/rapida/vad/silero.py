"""Silero's detector for every call of the process: a gate per call, one model, one worker thread.

On the event loop a detector cuts sound into windows and lets the gate drop what is plainly noise. The worker
gathers what is left for 10 ms, runs it in batches over calls, and sends edges back to the loop in order, once
per gathering. What an edge means for the turn is the call core's to decide.

The model's state is kept while the gate is closed, and the last 100 ms before it opens are fed first. So
gated onsets were measured never later than ungated ones, and in about a quarter of the cases 64 to 190 ms
earlier, at the true beginning of speech: seconds of noise make the ungated model slow.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

from ..audio.g711 import SAMPLES_PER_MS, level_db, rms
from ..call.events import VoiceFell, VoiceRose
from .background import Background
from .base import Emit
from .gate import Gate
from .silero_model import BATCH, WINDOW, SileroModel
from .windows import Windows

_GATHER_S = 0.010
"""So long windows of other calls are waited for, to be judged in one batch: half a frame."""
_BUCKET_WINDOWS = 6
"""192 ms: the gate's floor is the least of ten such buckets."""
_LINGER_WINDOWS = 10
"""The gate stays open 320 ms after the last sound that stood out."""
_PRE_ROLL_WINDOWS = 3
"""96 ms."""
_BACKLOG_WINDOWS = 16384
"""More windows than this waiting: the machine cannot keep up, and new ones are dropped."""

_Edge = tuple["SileroDetector", VoiceRose | VoiceFell]
_Window = tuple["SileroDetector", int, bytes, bool]
"""A call's window, its first sample, and whether it stands out of the background."""


class SileroOptions(Struct, frozen=True):
    """Where the model's probability turns into a voice and back."""

    enter: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """A voice rises at this probability."""
    leave: Annotated[float, Meta(gt=0, lt=1)] = 0.35
    """It falls below this one."""


class Silero:
    """The model, its thread, and the calls that listen through it. Start it before it is asked."""

    Options = SileroOptions

    def __init__(self, options: SileroOptions | None = None) -> None:
        self._options = options or SileroOptions()
        self._waiting: deque[_Window] = deque()
        """Windows to judge, in order; an empty window says that its call is over."""
        self._work = threading.Event()
        self._stopping = False
        self._crash: BaseException | None = None
        self._thread: threading.Thread | None = None
        self.windows_taken = 0
        """Windows that came through the gates."""
        self.windows_run = 0
        """Windows the model has judged."""
        self.windows_dropped = 0
        """Windows lost because the machine could not keep up."""

    async def start(self) -> None:
        """Load the model (≈ 100 ms, in a thread). Raises `ExtraMissing` when the wheel is not installed."""
        self._loop = asyncio.get_running_loop()
        self._model = await asyncio.to_thread(SileroModel)
        self._thread = threading.Thread(target=self._run, name="silero", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """Stop the thread; what waits is not judged any more."""
        self._stopping = True
        self._work.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def detector(self, emit: Emit) -> SileroDetector:
        return SileroDetector(self, emit)

    def submit(self, detector: SileroDetector, start: int, window: bytes, *, covered: bool) -> None:
        """Queue a window that begins at sample `start`; for detectors only. `covered`: by the background."""
        if self._crash is not None:
            raise RuntimeError("the voice detector's thread has died") from self._crash
        if len(self._waiting) >= _BACKLOG_WINDOWS:
            self.windows_dropped += 1
            return
        self.windows_taken += 1
        self._waiting.append((detector, start, window, covered))
        if not self._work.is_set():
            self._work.set()

    def forget(self, detector: SileroDetector) -> None:
        """The call is over: its state may serve another; for detectors only."""
        self._waiting.append((detector, 0, b"", False))
        self._work.set()

    # The worker thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                self._work.wait()
                time.sleep(_GATHER_S)
                self._work.clear()
                if self._stopping:
                    return
                self._gathered([self._waiting.popleft() for _ in range(len(self._waiting))])
        except BaseException as crash:
            # Whatever it is, every call's next window must fail loudly instead of hearing nothing for ever.
            self._crash = crash
            raise

    def _gathered(self, items: list[_Window]) -> None:
        """Judge one gathering. A call's second window needs the state its first one leaves: a later pass."""
        passes: list[list[_Window]] = []
        turn: dict[SileroDetector, int] = {}
        for item in items:
            nth = turn[item[0]] = turn.get(item[0], -1) + 1
            if nth == len(passes):
                passes.append([])
            passes[nth].append(item)
        edges: list[_Edge] = []
        for one in passes:
            for at in range(0, len(one), BATCH):
                self._judge(one[at : at + BATCH], edges)
        if edges and not self._stopping:
            self._loop.call_soon_threadsafe(_deliver, edges)

    def _judge(self, items: list[_Window], edges: list[_Edge]) -> None:
        """Run one batch of different calls; a call that has ended gives its row back."""
        batch: list[_Window] = []
        for item in items:
            detector, _, window, _ = item
            if window and not detector.closed:
                if detector.row < 0:
                    detector.row = self._model.take_row()
                batch.append(item)
            elif not window and detector.row >= 0:
                self._model.give_row(detector.row)
                detector.row = -1
        if not batch:
            return
        self.windows_run += len(batch)
        found = self._model.probabilities([item[0].row for item in batch], [item[2] for item in batch])
        for (detector, start, window, covered), probability in zip(batch, found, strict=True):
            heard = 0.0 if covered else probability
            if (edge := detector.judged(start, window, heard, self._options)) is not None:
                edges.append((detector, edge))


def _deliver(edges: list[_Edge]) -> None:
    for detector, edge in edges:
        if not detector.closed:
            detector.emit(edge)


class SileroDetector:
    """One call's ear. `feed` and `close` belong to the loop, `row` and `judged` to the worker thread."""

    __slots__ = (
        "_background",
        "_end_ms",
        "_gate",
        "_pre_roll",
        "_silero",
        "_voice_end_ms",
        "_voiced",
        "_windows",
        "closed",
        "emit",
        "row",
    )

    def __init__(self, silero: Silero, emit: Emit) -> None:
        self._silero = silero
        self._windows = Windows(WINDOW)
        self._gate = Gate(_BUCKET_WINDOWS, _LINGER_WINDOWS)
        self._background = Background(WINDOW // SAMPLES_PER_MS)
        self._end_ms = 0
        self._pre_roll: deque[tuple[int, bytes]] = deque(maxlen=_PRE_ROLL_WINDOWS)
        self._voiced = False
        """Written by the worker, read by the gate: late by a gathering at most, which the linger covers."""
        self._voice_end_ms = 0
        self.emit = emit
        self.closed = False
        self.row = -1

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        for start, window in self._windows.cut(position_ms, ulaw):
            loudness = rms(window)
            covered = self._background.covers(float(loudness * loudness))
            self._end_ms = (start + WINDOW) // SAMPLES_PER_MS
            if not self._gate.open(loudness, voiced=self._voiced):
                self._pre_roll.append((start, window))
                continue
            while self._pre_roll:
                self._silero.submit(self, *self._pre_roll.popleft(), covered=covered)
            self._silero.submit(self, start, window, covered=covered)

    def discount(self, start_ms: int, end_ms: int) -> None:
        self._background.discount(self._end_ms - start_ms)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._silero.forget(self)

    def judged(
        self, start: int, window: bytes, probability: float, options: SileroOptions
    ) -> VoiceRose | VoiceFell | None:
        """The edge, if any, that this window's probability makes."""
        if probability >= (options.leave if self._voiced else options.enter):
            self._voice_end_ms = (start + WINDOW) // SAMPLES_PER_MS
            if self._voiced:
                return None
            self._voiced = True
            return VoiceRose(start // SAMPLES_PER_MS, level_db(window))
        if not self._voiced:
            return None
        self._voiced = False
        return VoiceFell(self._voice_end_ms)

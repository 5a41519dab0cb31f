"""The end of a turn from its sound: smart-turn v3.2, in a process of its own.

It listens to the last eight seconds and takes some 100 ms of a core for it (`docs/why.md` says how it
compares with reading the words). Its ONNX file comes out of the `pipecat-ai` wheel, of which nothing is
imported. Decides only where it is run; what it makes of the sound is in `smart_turn_worker.py`. Needs the
extra `turn`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ExtraMissing
from ..providers.model_files import find
from ..workers.pool import WorkerPool


class SmartTurn:
    """smart-turn v3.2 as a `TurnEndModel`."""

    class Options(Struct, frozen=True):
        threshold: Annotated[float, Meta(gt=0, lt=1)] = 0.5
        """From this probability on the caller has finished."""
        workers: Annotated[int, Meta(ge=1, le=16)] = 1
        """Processes that listen; each holds some 155 MB, and one core while it works."""
        queue_limit: Annotated[int, Meta(ge=1, le=1000)] = 8
        """Pauses that may wait for a verdict; beyond it silence decides."""

    window_ms = 8000

    def __init__(self, options: Options) -> None:
        if find_spec("onnxruntime") is None:
            raise ExtraMissing("turn-end model", "smart_turn", "turn", "onnxruntime")
        self._threshold = options.threshold
        self._pool = WorkerPool(
            "rapida.turn_end.smart_turn_worker",
            str(find("smart-turn")),
            provider="smart_turn",
            count=options.workers,
            queue_limit=options.queue_limit,
            job_timeout_s=5.0,
        )

    async def start(self) -> None:
        """Start the processes. Raises `ConfigurationError` for a file that is not the model, and
        `ProviderUnavailable`."""
        await self._pool.start()

    async def aclose(self) -> None:
        await self._pool.aclose()

    async def complete(self, ulaw: bytes) -> bool:
        """Whether the caller has finished. Raises `ProviderUnavailable`: then silence decides."""
        return await self._pool.run(ulaw) >= self._threshold

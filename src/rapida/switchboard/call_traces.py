"""Calls as OpenTelemetry traces: one of each call, in it a tree of spans for each turn, sent when it is over.

They are drawn from the journal, as timelines are, in a thread: while a call goes on nothing is done for them.
They tell when something happened and who did it, and nothing that was said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from .. import __version__
from ..errors import ExtraMissing, JournalError
from ..node.files import Paths
from ..telemetry.journal import read
from ..timeline.draw import STAGES, CallFacts, draw
from ..timeline.shapes import ReplyTimes, Timeline, ToolRun

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, Tracer

MOST_WAITING = 1000
"""Ended calls whose traces are not drawn yet; with more the server is too busy to be watched so closely."""
LOOK_S = 1.0
"""The journal's writer is behind by less than this unless the disk is slow."""
MOST_LOOKS = 30
"""A journal that has no end by then has lost it."""
_log = structlog.get_logger(__name__)


class CallTraces:
    """The traces of this process's calls on their way to a collector."""

    def __init__(
        self,
        provider: TracerProvider,
        paths: Paths,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._provider = provider
        self._sleep = sleep
        self._drawing: int | None = None
        self._tracer: Tracer = provider.get_tracer("rapida", __version__)
        self._paths = paths
        self._ended: asyncio.Queue[int] = asyncio.Queue(MOST_WAITING)

    def ended(self, conversation_id: int) -> None:
        """A call is over. Never waits."""
        if self._ended.full():
            _log.warning("trace_dropped", conversation_id=conversation_id)
        else:
            self._ended.put_nowait(conversation_id)

    async def run(self) -> None:
        """Draw what ended, one after the other, until cancelled."""
        while True:
            self._drawing = await self._ended.get()
            await self.trace(self._drawing)
            self._drawing = None

    @property
    def idle(self) -> bool:
        """Whether every call that ended has been drawn."""
        return self._ended.empty() and self._drawing is None

    async def trace(self, conversation_id: int) -> None:
        """Send a call's trace, once its journal has been written to the end."""
        path = self._paths.journal(conversation_id)
        try:
            for _ in range(MOST_LOOKS):
                drawn = await asyncio.to_thread(lambda: draw(read(path), CallFacts()))
                if drawn.whole:
                    await asyncio.to_thread(emit, self._tracer, drawn)
                    return
                await self._sleep(LOOK_S)
            _log.warning("trace_without_end", conversation_id=conversation_id)
        except (OSError, JournalError) as wrong:
            _log.warning("trace_not_drawn", conversation_id=conversation_id, reason=str(wrong))

    async def aclose(self) -> None:
        """Draw and send what is left; the journals are written by then."""
        if self._drawing is not None:  # it was cancelled on the way
            await self.trace(self._drawing)
        while not self._ended.empty():
            await self.trace(self._ended.get_nowait())
        await asyncio.to_thread(self._provider.shutdown)


def sending_to(url: str, paths: Paths) -> CallTraces:
    """Traces that go to a collector by OTLP over HTTP. Raises `ExtraMissing`."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - of an extra
    except ImportError as missing:
        raise ExtraMissing("telemetry", "RAPIDA_TRACES_URL", "tracing", missing.name or "") from missing
    return CallTraces(provider_of(BatchSpanProcessor(OTLPSpanExporter(endpoint=url))), paths)


def provider_of(processor: SpanProcessor) -> TracerProvider:
    """What gives spans their ids and hands them to `processor`."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - of an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    made = TracerProvider(
        resource=Resource.create({"service.name": "rapida", "service.version": __version__}),
        shutdown_on_exit=False,
    )
    made.add_span_processor(processor)
    return made


def emit(tracer: Tracer, timeline: Timeline) -> None:
    """A call's spans: `call`, in it each `turn`, in that its stages and tools."""
    began_ns = round(datetime.fromisoformat(timeline.started_at).timestamp() * 1e9)
    call = tracer.start_span(
        "call",
        start_time=began_ns,
        attributes={
            "rapida.conversation_id": timeline.conversation_id,
            "rapida.assistant_id": timeline.assistant_id,
            "rapida.assistant_version": timeline.version,
            "rapida.end_reason": timeline.end_reason,
        },
    )
    for failure in timeline.failures:
        told = {"rapida.family": failure.family, "rapida.provider": failure.provider}
        call.add_event("provider failed", told, began_ns + failure.at_ms * 1_000_000)
    left = list(timeline.tools)
    for reply in timeline.replies:
        mine = [each for each in left if reply.boundaries_ms[0] <= each.start_ms <= reply.boundaries_ms[-1]]
        left = [each for each in left if each not in mine]
        _turn(tracer, call, reply, mine, began_ns)
    for tool in left:
        _span(tracer, call, f"tool {tool.name}", tool.start_ms, tool.end_ms, began_ns)
    call.end(began_ns + timeline.duration_ms * 1_000_000)


def _turn(tracer: Tracer, call: Span, reply: ReplyTimes, tools: Sequence[ToolRun], began_ns: int) -> None:
    from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - of an extra

    bounds = reply.boundaries_ms
    turn = tracer.start_span(
        "turn",
        set_span_in_context(call),
        start_time=began_ns + bounds[0] * 1_000_000,
        attributes={"rapida.turn_id": reply.turn_id, "rapida.saved_ms": reply.saved_ms},
    )
    for name, start_ms, end_ms in zip(STAGES, bounds, bounds[1:], strict=False):
        if end_ms > start_ms:
            _span(tracer, turn, name.removesuffix("_us"), start_ms, end_ms, began_ns)
    for tool in tools:
        _span(tracer, turn, f"tool {tool.name}", tool.start_ms, tool.end_ms, began_ns)
    turn.end(began_ns + bounds[-1] * 1_000_000)


def _span(tracer: Tracer, within: Span, name: str, start_ms: int, end_ms: int | None, began_ns: int) -> None:
    from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - of an extra

    span = tracer.start_span(name, set_span_in_context(within), start_time=began_ns + start_ms * 1_000_000)
    span.end(began_ns + (start_ms if end_ms is None else end_ms) * 1_000_000)

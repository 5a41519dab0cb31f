"""Who served the call: its providers and where they failed, and its tools."""

from __future__ import annotations

from dataclasses import dataclass

from ..assistant import Assistant
from ..call import commands as c
from ..call import events as e
from .axis import Axis
from .shapes import Failure, Service, ToolRun


@dataclass
class _Run:
    order: c.StartTool
    began_us: int
    ended_us: int | None = None
    finished: e.ToolFinished | None = None


class ServiceTrack:
    """Told everything in order; then asked for failures and tools."""

    def __init__(self, axis: Axis) -> None:
        self._axis = axis
        self._runs: dict[int, _Run] = {}
        self.failures: list[Failure] = []

    def event(self, at_us: int, event: e.Event) -> None:
        at_ms = self._axis.ms(at_us)
        match event:
            case e.TranscriptionBroke(reason, provider):
                self.failures.append(Failure("stt", provider, at_ms, reason, for_good=False))
            case e.TranscriptionFailed(reason, provider):
                self.failures.append(Failure("stt", provider, at_ms, reason, for_good=True))
            case e.ReplyFailed(reason=reason, provider=provider, retryable=retryable):
                self.failures.append(Failure("llm", provider, at_ms, reason, for_good=not retryable))
            case e.SynthesisFailed(reason=reason, provider=provider, retryable=retryable):
                self.failures.append(Failure("tts", provider, at_ms, reason, for_good=not retryable))
            case e.ToolFinished(tool_id) if tool_id in self._runs:
                self._runs[tool_id].ended_us, self._runs[tool_id].finished = at_us, event
            case _:
                pass

    def command(self, at_us: int, order: c.Command) -> None:
        if isinstance(order, c.StartTool):
            self._runs[order.tool_id] = _Run(order, at_us)

    def tools(self) -> list[ToolRun]:
        return [
            ToolRun(
                name=run.order.name,
                arguments=run.order.arguments,
                start_ms=self._axis.ms(run.began_us),
                deadline_ms=run.order.deadline_ms,
                end_ms=None if run.ended_us is None else self._axis.ms(run.ended_us),
                ok=None if run.finished is None else run.finished.ok,
                result="" if run.finished is None else run.finished.result,
            )
            for run in self._runs.values()
        ]

    @staticmethod
    def used(assistant: Assistant) -> tuple[Service, ...]:
        """The providers of an assistant."""
        return (
            Service("stt", assistant.stt.name),
            Service("llm", assistant.llm.name),
            Service("tts", assistant.tts.name),
        )

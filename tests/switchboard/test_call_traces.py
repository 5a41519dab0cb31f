"""A call's trace: a tree of spans for each turn, sent to a collector when it is over, without a word."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rapida.node.files import Paths
from rapida.switchboard.call_traces import CallTraces, emit, provider_of, sending_to
from rapida.telemetry.journal import read
from rapida.timeline.draw import CallFacts, draw
from rapida.timeline.shapes import Failure, ReplyTimes, Timeline, ToolRun
from tests.doubles.collector import collector

JOURNAL = Path(__file__).parents[1] / "journals" / "barge-in.jsonl"
TWO_REPLIES = (
    ReplyTimes(1, (1000, 1200, 1200, 1700, 1800, 1800, 1850, 1860, 1900), 30),
    ReplyTimes(2, (4000, 4200, 4300, 4700, 4800, 4900, 4950, 4960, 5000), 0),
)
TOOLS = (ToolRun("book", '{"name": "canary"}', 1720, 3000, 1790), ToolRun("late", "{}", 9000, 9900, None))


def a_timeline() -> Timeline:
    failed = Failure("llm", "openai", 1100, "canary of a reason", for_good=False)
    drawn = draw(read(JOURNAL), CallFacts())
    return replace(drawn, replies=TWO_REPLIES, tools=TOOLS, failures=(failed,))


def tree(spans: tuple[ReadableSpan, ...]) -> dict[str, list[str]]:
    """Each span's children, in the order of their beginnings; `turn` with its number."""
    names = dict[int, str]()
    for each in spans:
        assert each.context
        assert each.attributes is not None
        number = each.attributes.get("rapida.turn_id")
        names[each.context.span_id] = each.name if number is None else f"turn {number}"
    found: dict[str, list[str]] = {}
    for each in sorted(spans, key=lambda span: span.start_time or 0):
        if each.parent is not None and each.context:
            found.setdefault(names[each.parent.span_id], []).append(names[each.context.span_id])
    return found


def test_each_turn_is_a_tree_of_its_stages_and_tools() -> None:
    kept = InMemorySpanExporter()
    provider = provider_of(SimpleSpanProcessor(kept))
    timeline = a_timeline()
    emit(provider.get_tracer("test"), timeline)
    spans = kept.get_finished_spans()
    assert tree(spans) == {
        "call": ["turn 1", "turn 2", "tool late"],
        "turn 1": ["stop", "confirm", "token", "tool book", "sound", "frame", "mark"],
        "turn 2": ["stop", "final", "confirm", "token", "sentence", "sound", "frame", "mark"],
    }
    (call,) = [each for each in spans if each.name == "call"]
    assert call.start_time is not None
    assert call.attributes is not None
    assert call.attributes["rapida.conversation_id"] == timeline.conversation_id
    assert [each.name for each in call.events] == ["provider failed"]
    (first,) = [each for each in spans if each.attributes and each.attributes.get("rapida.turn_id") == 1]
    assert first.start_time == call.start_time + 1_000_000_000
    assert first.end_time == call.start_time + 1_900_000_000
    assert len({each.context.trace_id for each in spans if each.context}) == 1
    assert "canary" not in "".join(each.to_json() for each in spans)


async def test_a_collector_is_sent_a_call_that_is_over_and_nothing_that_was_said(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.make()
    shutil.copy(JOURNAL, paths.journal(7))
    with collector() as (url, sent):
        traces = sending_to(url, paths)
        running = asyncio.create_task(traces.run())
        traces.ended(6)  # without a journal
        traces.ended(7)
        async with asyncio.timeout(60):
            while not traces.idle:
                await asyncio.sleep(0.01)
        running.cancel()
        await traces.aclose()
    (body,) = sent
    assert b"rapida.conversation_id" in body
    for said in (b"very long", b"answer"):
        assert said not in body


async def test_a_journal_that_is_not_yet_written_to_its_end_is_waited_for(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.make()
    lines = JOURNAL.read_text("utf-8").splitlines(keepends=True)
    paths.journal(7).write_text("".join(lines[: len(lines) // 2]), "utf-8")
    kept, looks = InMemorySpanExporter(), list[float]()

    async def wait(seconds: float) -> None:
        looks.append(seconds)
        shutil.copy(JOURNAL, paths.journal(7))

    await CallTraces(provider_of(SimpleSpanProcessor(kept)), paths, wait).trace(7)
    assert (len(looks), kept.get_finished_spans()[-1].name) == (1, "call")

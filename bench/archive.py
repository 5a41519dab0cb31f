"""A million conversations: how soon a page of the list, a search for words and every other reading comes.

The rows are written straight into the database of a server that then answers over HTTP. Each conversation has
fifteen words of twenty thousand, drawn as those of a language are (Zipf): the commonest stands in most.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import httpx
import numpy as np

from . import measure
from .outbound import Carrier, client_of, percentile, server

NAME = "archive"
CONVERSATIONS = 1_000_000
EXPORTED = 100_000
WORDS, EACH = 20_000, 15
FIRST_ID = 1_000
EVERY = timedelta(seconds=20)
"""So far apart calls begin: a million in 230 days."""
ASKED = 150
"""Requests one after the other, for a p95."""
PER_SECOND, SECONDS = 100, 10
GOALS = {
    "list_p95_ms": 100,
    "number_p95_ms": 100,
    "text_p95_ms": 100,
    "read_refused": 0,
    "read_p99_ms": 50,
    "export_grew_mb": 10,
}
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DATABASES: tuple[Literal["sqlite", "postgresql"], ...] = ("sqlite", "postgresql")
Figures = dict[str, float]


@dataclass(frozen=True)
class Table:
    """Rows to be written at once."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def word(rank: int) -> str:
    """The word that so many others are commoner than."""
    return f"w{rank:05}"


def number(index: int) -> str:
    """Each caller calls five times or so."""
    return f"+1415{index * 7919 % 200_000:07}"


def begun(index: int, count: int) -> datetime:
    """When a conversation began."""
    return NOW - (count - index) * EVERY


def tables(count: int, project_id: int, assistant_id: int, at: Callable[[datetime], Any]) -> Iterator[Table]:
    """Everything of so many conversations; `at` writes an instant as the driver takes it."""
    yield Table("conversations", _CONVERSATION, _conversations(count, project_id, assistant_id, at))
    counts = json.dumps({"counts": {"calls": 1, "inbound": 1, "minutes:twilio:inbound": 2}, "latencies": {}})
    yield Table(
        "figures",
        ("conversation_id", "cut", "false_alarms", "failed", "tools", "counted"),
        ((FIRST_ID + index, index % 3, 0, 0, index % 2, counts) for index in range(count)),
    )
    ranks = np.random.default_rng(1).zipf(1.2, (count, EACH)) % WORDS
    keys = np.unique((ranks << 32) + np.arange(count)[:, None])
    yield Table(
        "spoken_words",
        ("project_id", "word", "conversation_id"),
        ((project_id, word(key >> 32), FIRST_ID + (key & 0xFFFFFFFF)) for key in map(int, keys)),
    )
    yield Table("statistics", _STATISTICS, _quarters(count, project_id, assistant_id, at))


_CONVERSATION = (
    *("id", "project_id", "assistant_id", "assistant_version", "direction", "status", "caller", "callee"),
    *("arguments", "metadata", "end_reason", "usage", "created_at", "started_at", "ended_at", "recorded_at"),
    *("unfiled", "usual_ms", "slowest_ms"),
)
_STATISTICS = ("project_id", "at", "assistant_id", "version", "counts", "latencies")


def _conversations(
    count: int, project_id: int, assistant_id: int, at: Callable[[datetime], Any]
) -> Iterator[tuple[Any, ...]]:
    usage = json.dumps(
        {"input_tokens": 900, "output_tokens": 120, "spoken_characters": 600, "heard_ms": 90_000}
    )
    for index in range(count):
        began = begun(index, count)
        times = (at(began), at(began), at(began + timedelta(seconds=90)), at(began + timedelta(seconds=91)))
        whose = (
            FIRST_ID + index,
            project_id,
            assistant_id,
            1,
            "inbound",
            "ended",
            number(index),
            "+14155550100",
        )
        reason = "caller_hangup" if index % 10 else "idle"
        yield (*whose, "{}", "{}", reason, usage, *times, False, 600 + index % 500, 900 + index % 3000)


def _quarters(
    count: int, project_id: int, assistant_id: int, at: Callable[[datetime], Any]
) -> Iterator[tuple[Any, ...]]:
    calls = round(timedelta(minutes=15) / EVERY)
    counts = json.dumps(
        {"calls": calls, "inbound": calls, "answered": calls, "replies": 5 * calls, "ended:idle": 2}
    )
    packed = np.array(
        [(stage * 129 + 60 + bucket, 9) for stage in range(9) for bucket in range(20)],
        np.dtype([("place", "<u2"), ("count", "<u4")]),
    ).tobytes()
    first = begun(0, count).replace(minute=0, second=0, microsecond=0)
    for quarter in range((NOW - first) // timedelta(minutes=15)):
        yield project_id, at(first + quarter * timedelta(minutes=15)), assistant_id, 1, counts, packed


_WHOSE = "SELECT project_id, id FROM assistants ORDER BY id DESC LIMIT 1"
_MANY = 20_000
"""Rows in one transaction: the server must come in between."""


async def fill_sqlite(path: Path, count: int) -> None:
    """Write them into a file that a server has open."""
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("PRAGMA synchronous=OFF")
    [(project_id, assistant_id)] = connection.execute(_WHOSE).fetchall()
    for table in tables(count, project_id, assistant_id, lambda at: at.strftime("%Y-%m-%d %H:%M:%S.%f")):
        marks = ",".join("?" * len(table.columns))
        statement = f"INSERT INTO {table.name} ({','.join(table.columns)}) VALUES ({marks})"
        while rows := list(islice(table.rows, _MANY)):
            with connection:
                connection.executemany(statement, rows)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def fill_postgresql(url: str, count: int) -> None:
    """Write them by COPY, and let the planner see them."""
    driver: Any = importlib.import_module("asyncpg")  # it has no types
    connection = await driver.connect(url.replace("+asyncpg", ""))
    project_id, assistant_id = await connection.fetchrow(_WHOSE)
    for table in tables(count, project_id, assistant_id, lambda at: at):
        await connection.copy_records_to_table(table.name, records=table.rows, columns=table.columns)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def figures_of(told: Any, count: int) -> Figures:
    """What is measured of a server whose database is full."""
    chance = random.Random(7)
    found: Figures = {}
    async with client_of(told) as client:
        for name, ask in (
            ("list", lambda: _page(chance, count)),
            ("number", lambda: {"number": number(chance.randrange(count))}),
            ("text", lambda: {"text": _text(chance)}),
        ):
            took = [await _took_ms(client, "/v1/conversations", ask()) for _ in range(ASKED)]
            found |= {f"{name}_p50_ms": statistics.median(took), f"{name}_p95_ms": percentile(took, 0.95)}
        found |= await _exported(client, told["pid"], count)
        found |= await _paced(client, lambda: _anything(chance, count, told["assistant"]))
    return found


def _page(chance: random.Random, count: int) -> dict[str, Any]:
    """A page of the list: the newest, further back, of a day."""
    deep: dict[str, Any] = {"cursor": FIRST_ID + chance.randrange(count)}
    day = begun(chance.randrange(count), count)
    of_day: dict[str, Any] = {"since": day.isoformat(), "until": (day + timedelta(days=1)).isoformat()}
    return chance.choice([{}, deep, of_day, {**deep, "end_reason": "idle"}])


def _text(chance: random.Random) -> str:
    """One word or two, from the commonest to one that nobody said."""
    rank = round(WORDS ** chance.random())
    return " ".join([word(rank), word(chance.randrange(1, 50))][: chance.choice([1, 2])])


def _anything(chance: random.Random, count: int, assistant_id: int) -> tuple[str, dict[str, Any]]:
    span = {"since": (NOW - timedelta(days=7)).isoformat(), "until": NOW.isoformat()}
    day = {"since": (NOW - timedelta(days=1)).isoformat(), "until": NOW.isoformat()}
    return chance.choice(
        [
            ("/v1/conversations", _page(chance, count)),
            ("/v1/conversations", {"text": _text(chance)}),
            (f"/v1/conversations/{FIRST_ID + chance.randrange(count)}", {}),
            ("/v1/statistics", span),
            ("/v1/conversations/summary", day),
            (f"/v1/assistants/{assistant_id}", {}),
        ]
    )


async def _took_ms(client: httpx.AsyncClient, path: str, params: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = await client.get(path, params=params)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} {params}: {answer.status_code} {answer.text}")
    return (time.perf_counter() - began) * 1000


async def _paced(client: httpx.AsyncClient, ask: Callable[[], tuple[str, dict[str, Any]]]) -> Figures:
    """So many requests a second, whether the earlier ones are answered or not."""
    loop = asyncio.get_running_loop()
    begins, asking = loop.time(), list[asyncio.Task[float]]()
    for index in range(PER_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, begins + index / PER_SECOND - loop.time()))
        asking.append(asyncio.create_task(_took_ms(client, *ask())))
    took = await asyncio.gather(*asking, return_exceptions=True)
    answered = [each for each in took if isinstance(each, float)]
    refused = {"read_refused": float(len(took) - len(answered))}
    return refused | {"read_p50_ms": statistics.median(answered), "read_p99_ms": percentile(answered, 0.99)}


async def _exported(client: httpx.AsyncClient, pid: int, count: int) -> Figures:
    exported = min(EXPORTED, count)
    since = begun(count - exported, count).isoformat()
    rest, most, lines, began = measure.rss_mb(pid), 0.0, 0, time.perf_counter()
    async with client.stream("GET", "/v1/conversations.csv", params={"since": since}) as answer:
        async for piece in answer.aiter_bytes():
            lines += piece.count(b"\n")
            most = max(most, measure.rss_mb(pid))
    if lines != exported + 1:
        raise RuntimeError(f"{lines} lines came of {exported} and one")
    return {"export_s": time.perf_counter() - began, "export_grew_mb": max(0.0, most - rest)}


async def once(kind: Literal["sqlite", "postgresql"], count: int) -> Figures:
    """One run on one kind of database, with the load of the machine while it was measured."""
    async with (
        _database(kind) as (url, fill),
        Carrier().running() as carrier,
        server(carrier, 0, url, pinned=False) as told,
    ):
        began = time.perf_counter()
        await fill(count)
        print(f"  {kind}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        figures = await figures_of(told, count)
    load = float(Path("/proc/loadavg").read_text().split()[0])
    return {name: round(value, 1) for name, value in (figures | {"load": load}).items()}


@asynccontextmanager
async def _database(kind: str) -> AsyncIterator[tuple[str, Callable[[int], Any]]]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rapida.db"
            yield f"sqlite+aiosqlite:///{path}", lambda count: fill_sqlite(path, count)
        return
    from tests import databases  # noqa: PLC0415 - it wants pytest, which the other benchmarks do without

    with databases.started() as postgresql:
        new: AbstractAsyncContextManager[str] = postgresql.database()
        async with new as url:
            yield url, lambda count: fill_postgresql(url, count)


def run(count: int) -> dict[str, Figures]:
    """The figures on both kinds of database."""
    return {kind: asyncio.run(once(kind, count)) for kind in DATABASES}


def lines(figures: dict[str, Figures]) -> list[str]:
    """The table of the README."""
    names = [*dict.fromkeys(name for found in figures.values() for name in found)]
    head = ["| | mark | SQLite | PostgreSQL |", "|---|---|---|---|"]
    return head + [f"| {name} | {_mark(name)} | {_cells(name, figures)} |" for name in names]


def _mark(name: str) -> str:
    return f"≤ {GOALS[name]}" if name in GOALS else ""


def _cells(name: str, figures: dict[str, Figures]) -> str:
    def cell(found: Figures) -> str:
        goal, value = GOALS.get(name), found.get(name)
        if value is None:
            return "–"
        return f"{value:g}" if goal is None else f"{value:g} {'✓' if value <= goal else '✗'}"

    shown: Sequence[str] = [cell(figures.get(kind, {})) for kind in DATABASES]
    return " | ".join(shown)

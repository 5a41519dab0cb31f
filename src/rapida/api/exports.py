"""Conversations as a file, for a spreadsheet or a program: any length in the memory of one page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from ..node.node import Node
from ..store import conversation_list
from ..store.conversation_list import Wanted
from ..switchboard import record_files
from .auth import Caller, CallerHere
from .conversation_list import Asked, ListedConversation, listed

AT_ONCE = 100
"""Conversations of one piece: they are shown in some 5 ms, in which no call's sound waits too long."""
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_COLUMNS: Mapping[str, Callable[[ListedConversation], object]] = {
    "id": lambda each: each.id,
    "created_at": lambda each: each.created_at,
    "started_at": lambda each: each.started_at,
    "ended_at": lambda each: each.ended_at,
    "direction": lambda each: each.direction,
    "status": lambda each: each.status,
    "caller": lambda each: each.caller,
    "callee": lambda each: each.callee,
    "assistant_id": lambda each: each.assistant_id,
    "assistant_name": lambda each: each.assistant_name,
    "assistant_version": lambda each: each.assistant_version,
    "call_status": lambda each: each.call_status,
    "end_reason": lambda each: each.end_reason,
    "duration_ms": lambda each: each.duration_ms,
    "usual_reply_ms": lambda each: each.reply_ms and each.reply_ms.usual,
    "slowest_reply_ms": lambda each: each.reply_ms and each.reply_ms.slowest,
    "cut": lambda each: each.moments and each.moments.cut,
    "false_alarms": lambda each: each.moments and each.moments.false_alarms,
    "failed": lambda each: each.moments and each.moments.failed,
    "tools": lambda each: each.moments and each.moments.tools,
    "cost": lambda each: each.cost and each.cost.amount,
    "currency": lambda each: each.cost and each.cost.currency,
    "missing_rates": lambda each: each.cost and ", ".join(each.cost.missing_rates),
    "tags": lambda each: ", ".join(each.tags),
    "erased_at": lambda each: each.erased_at,
}
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A line of names, then one for each",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
_JSONL: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object a line, as in the list",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


def add(made: APIRouter, node: Node) -> None:
    """`GET /v1/conversations.csv` and `.jsonl`."""

    @made.get(
        "/v1/conversations.csv",
        operation_id="exportConversationsAsCsv",
        summary="Export conversations for a spreadsheet",
        response_class=StreamingResponse,
        responses=_CSV,
    )
    async def export_csv(wanted: Asked, caller: CallerHere) -> StreamingResponse:
        """All that meet what is asked, newest first. A cell that a spreadsheet would take for a formula
        begins with an apostrophe. A file that breaks off before its end was not whole: ask again. Written
        down in the audit.
        """
        head = _csv_lines([_COLUMNS])
        return await _sent(node, caller, wanted, "csv", "text/csv; charset=utf-8", _as_csv, head)

    @made.get(
        "/v1/conversations.jsonl",
        operation_id="exportConversationsAsJsonLines",
        summary="Export conversations for a program",
        response_class=StreamingResponse,
        responses=_JSONL,
    )
    async def export_jsonl(wanted: Asked, caller: CallerHere) -> StreamingResponse:
        """All that meet what is asked, newest first, each as it stands in the list. Written down in the
        audit.
        """
        return await _sent(node, caller, wanted, "jsonl", "application/x-ndjson", _as_jsonl)


def safe(value: object) -> object:
    """A cell that no spreadsheet runs; a plain number stays one."""
    if isinstance(value, str) and value.startswith(_RISKY) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


_Show = Callable[[Sequence[ListedConversation]], str]


async def _sent(
    node: Node,
    caller: Caller,
    wanted: Wanted,
    kind: Literal["csv", "jsonl"],
    media_type: str,
    show: _Show,
    head: str = "",
) -> StreamingResponse:
    # By the names of its filters alone: what is looked for may say whom it is about.
    asked = [name for name in Wanted.__struct_fields__ if getattr(wanted, name) and name != "project_id"]
    await record_files.note_export(node, caller, kind, asked)
    pages = _pages(node, wanted)
    first = await anext(pages)  # what is wrong now is still an answer
    headers = {
        "content-disposition": f'attachment; filename="conversations.{kind}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(_pieces(head, first, pages, show), media_type=media_type, headers=headers)


async def _pieces(
    head: str,
    first: Sequence[ListedConversation],
    others: AsyncGenerator[Sequence[ListedConversation]],
    show: _Show,
) -> AsyncGenerator[str]:
    try:
        yield head + show(first)
        async for found in others:
            yield show(found)
    finally:
        await others.aclose()


async def _pages(node: Node, wanted: Wanted) -> AsyncGenerator[Sequence[ListedConversation]]:
    """Page after page, each in a transaction of its own: a slow reader holds nothing up."""
    while True:
        async with node.store.read() as tx:
            found = await listed(node, tx, await conversation_list.page(tx, wanted, AT_ONCE))
        yield found
        if len(found) < AT_ONCE:
            return
        wanted = msgspec.structs.replace(wanted, before=found[-1].id)


def _as_csv(found: Sequence[ListedConversation]) -> str:
    return _csv_lines([[safe(_cell(read(each))) for read in _COLUMNS.values()] for each in found])


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _csv_lines(rows: Sequence[Any]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _as_jsonl(found: Sequence[ListedConversation]) -> str:
    return "".join(f"{each.model_dump_json()}\n" for each in found)

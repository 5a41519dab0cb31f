"""Log lines: how they look, what every line of a call carries, and what no line may ever carry.

This module decides the shape (JSON, or a console's), binds the conversation and the turn to what is logged
within a call's tasks, and blacks out secrets as a last defence; the first is that nobody logs one. What is
worth a line is decided where it happens. Lines of libraries that use `logging` pass through the same chain.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.types import Processor

QUIET = ("alembic", "httpx", "picows")
"""Libraries that tell of every request and every step: only what they warn of is worth a line."""

Shape = Literal["json", "console"]
Level = Literal["debug", "info", "warning", "error"]

REDACTED = "[redacted]"

_SECRET_KEY = re.compile(
    r"(?:^|[_\-.\s])(?:token|secret|password|passwd|authorization|signature|cookie|"
    r"(?:api|private|master|access|xi|secret)[_\-]?key|credentials?)$",
    re.IGNORECASE,
)
"""Names whose whole value is blacked out. They match at the end: `account_token`, not `input_tokens`."""

_KEEP_FIRST = r"\g<1>" + REDACTED
_SECRET_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    # Authorization: Bearer …, Token …, Basic …, wherever such a header was put into a sentence.
    (re.compile(r"(?i)\b(bearer |basic |token )[A-Za-z0-9+/=._~\-]{8,}"), _KEEP_FIRST),
    # name=value, name: value and "name": "value" inside text, query strings included.
    (
        re.compile(
            r"(?i)((?:token|secret|password|signature|api[_\-\s]?key|master[_\-]?key)[\"']?\s*[=:]\s*[\"']?)"
            r"[^\s\"'&,;}]{4,}"
        ),
        _KEEP_FIRST,
    ),
    # user:password@ in a URL.
    (re.compile(r"(://[^\s/:@]+:)[^\s/@]+(?=@)"), _KEEP_FIRST),
    # API keys by their usual prefixes (sk-…, sk_…, xi-…, dg_…, and the like).
    (re.compile(r"\b(?:sk|pk|rk|xi|dg|gsk|key|rpd)[-_][A-Za-z0-9_\-]{16,}"), REDACTED),
    # A bare run of 32 or 40 hexadecimal digits: the shape of secrets of carriers and speech services. Public
    # ids carry two letters in front and stay readable.
    (re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{40}|[0-9a-f]{32})(?![0-9A-Za-z])"), REDACTED),
)


def redact(value: Any) -> Any:
    """`value` with everything that looks like a secret blacked out, inside mappings and sequences too."""
    if isinstance(value, str):
        for pattern, instead in _SECRET_TEXT:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value)
        return {str(key): _redact_entry(str(key), each) for key, each in entries.items()}
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, Sequence):
        return [redact(each) for each in cast("Sequence[object]", value)]
    return value if value is None or isinstance(value, (bool, int, float)) else redact(repr(value))


def _redact_entry(key: str, value: Any) -> Any:
    return REDACTED if _SECRET_KEY.search(key) and value else redact(value)


def redact_line(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last processor before a line is rendered."""
    for key, value in line.items():
        if key not in {"_record", "_from_structlog"}:
            line[key] = _redact_entry(key, value)
    return line


def configure(shape: Shape | None = None, level: Level = "info", stream: TextIO | None = None) -> None:
    """Set up logging for the whole process; calling it again replaces what was set up before.

    Without a `shape` people on a terminal get a console's lines, and whatever else reads them gets JSON.
    """
    out = stream or sys.stderr
    shape = shape or ("console" if out.isatty() else "json")
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[Processor] = [
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact_line,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer()
        if shape == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=_as_it_came),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for library in QUIET:
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _as_it_came(out: TextIO, error: Any) -> None:
    out.write(str(error))


def bind_call(conversation_id: int) -> None:
    """From here on every line of this task, and of the tasks it starts, names the conversation."""
    bind_contextvars(conversation_id=conversation_id)


def bind_turn(turn_id: int) -> None:
    """The same for the turn that is answered; a later one replaces it, but not in tasks already started."""
    bind_contextvars(turn=turn_id)

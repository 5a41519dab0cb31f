"""Every line of a call names the call, and no line carries a secret."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from rapida.telemetry import log

CANARY = "c4n4ryc4n4ryc4n4ry0123456789abcd"
HEX32 = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    log.configure("json", "info", out)
    structlog.contextvars.clear_contextvars()
    yield out
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    root.handlers[:], root.level = before, level


def said(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_people_on_a_terminal_get_lines_to_read_and_everything_else_gets_json(lines: io.StringIO) -> None:
    read, piped = Terminal(), io.StringIO()
    for out in (read, piped):
        log.configure(stream=out)
        structlog.get_logger("rapida").info("listening", address="http://localhost:8080")
    (line,) = said(piped)
    assert (line["event"], line["address"]) == ("listening", "http://localhost:8080")
    assert "listening" in read.getvalue()
    assert not read.getvalue().startswith("{")


async def test_lines_carry_what_their_task_had_bound_or_the_one_that_started_it_by_then(
    lines: io.StringIO,
) -> None:
    logger = structlog.get_logger("rapida.test")

    async def call(conversation_id: int) -> None:
        log.bind_call(conversation_id)
        ear = asyncio.create_task(child("before any turn"))
        log.bind_turn(conversation_id + 1)
        logger.info("answered")
        await asyncio.create_task(child("in a child"))
        await ear

    async def child(says: str) -> None:
        await asyncio.sleep(0)
        logger.info(says)

    await asyncio.gather(asyncio.create_task(call(10)), asyncio.create_task(call(20)))
    logger.info("outside")
    found = [(line["event"], line.get("conversation_id"), line.get("turn")) for line in said(lines)]
    assert sorted(found[:-1]) == [
        ("answered", 10, 11),
        ("answered", 20, 21),
        ("before any turn", 10, None),
        ("before any turn", 20, None),
        ("in a child", 10, 11),
        ("in a child", 20, 21),
    ]
    assert found[-1] == ("outside", None, None)


def test_a_line_names_its_level_its_source_and_its_utc_time(lines: io.StringIO) -> None:
    structlog.get_logger("rapida.engine").warning("slow", lag_ms=31)
    (line,) = said(lines)
    assert (line["level"], line["logger"], line["lag_ms"]) == ("warning", "rapida.engine", 31)
    assert line["timestamp"].endswith("Z")


def test_lines_of_libraries_take_the_same_way(lines: io.StringIO) -> None:
    log.bind_call(5)
    logging.getLogger("somebody.elses").warning("bad header Authorization: Bearer %s", CANARY)
    (line,) = said(lines)
    assert line["conversation_id"] == 5
    assert line["logger"] == "somebody.elses"
    assert CANARY not in lines.getvalue()


@pytest.mark.parametrize(
    "fields",
    [
        {"token": CANARY},
        {"account_token": CANARY},
        {"X-Twilio-Signature": CANARY},
        {"x-api-key": CANARY},
        {"api_key": CANARY},
        {"apikey": CANARY, "note": f"api key={CANARY}"},
        {"master_key": CANARY},
        {"credential": {"account_sid": "AC1", "value": CANARY}},
        {"headers": {"Authorization": f"Basic {CANARY}", "cookie": CANARY}},
        {"nested": [{"deep": ({"password": CANARY},)}]},
        {"detail": f"GET https://example.com/v1?model=x&token={CANARY}&b=1 failed"},
        {"detail": f'{{"account_token": "{CANARY}", "b": 1}}'},
        {"detail": f"could not reach postgresql://rapida:{CANARY}@db/rapida"},
        {"detail": f"the key sk-proj-{CANARY} is not valid"},
        {"detail": "auth token " + HEX32},
        {"detail": f"X-Twilio-Signature: {CANARY}"},
        {"body": CANARY.encode()},
        {"thing": ValueError(f"Authorization: Token {CANARY}")},
    ],
)
def test_a_secret_reaches_no_line(lines: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger("rapida.test").error("refused", **fields)
    written = lines.getvalue()
    assert "refused" in written
    assert CANARY not in written
    assert HEX32 not in written


def test_a_secret_inside_a_traceback_is_blacked_out_too(lines: io.StringIO) -> None:
    def refuse() -> None:
        raise ValueError(f"wrong password={CANARY}")

    try:
        refuse()
    except ValueError:
        structlog.get_logger("rapida.test").exception("failed")
        logging.getLogger("library").exception("failed")
    first, second = said(lines)
    assert "Traceback" in first["exception"]
    assert "Traceback" in second["exception"]
    assert CANARY not in lines.getvalue()


def test_what_is_no_secret_stays_readable(lines: io.StringIO) -> None:
    told = {
        "call_sid": "CA" + HEX32,
        "account_sid": "AC" + HEX32,
        "context_id": "0b8e7c1e-5f5a-4f0e-9d0e-0123456789ab",
        "input_tokens": 312,
        "first_token_us": 41_000,
        "client_number": "+15551234567",
        "path": "/v1/talk/twilio/call/1",
        "empty": None,
        "flag": True,
    }
    structlog.get_logger("rapida.test").info("call connected", **told)
    (line,) = said(lines)
    assert {key: line[key] for key in told} == told


def test_the_console_shape_is_for_people_and_as_careful(lines: io.StringIO) -> None:
    out = io.StringIO()
    log.configure("console", "info", out)
    logger = structlog.get_logger("rapida.test")
    logger.debug("too much detail")
    logger.info("call connected", conversation_id=7, token=CANARY)
    assert "call connected" in out.getvalue()
    assert "conversation_id=7" in out.getvalue()
    assert CANARY not in out.getvalue()
    assert "too much detail" not in out.getvalue()
    assert lines.getvalue() == ""


def test_what_libraries_tell_of_every_request_is_no_line(lines: io.StringIO) -> None:
    for name in log.QUIET:
        logging.getLogger(f"{name}.inner").info("HTTP Request: GET https://example.com/?key=1")
        logging.getLogger(f"{name}.inner").warning("slow")
    assert [line["event"] for line in said(lines)] == ["slow"] * len(log.QUIET)

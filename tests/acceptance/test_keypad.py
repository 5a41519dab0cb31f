"""Answers by key over the wire, and digits that nobody but a tool may ever see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rapida.assistant import Assistant, KeypadSettings, Provider
from rapida.call.commands import JudgeDigits
from rapida.call.events import KeyPressed
from rapida.call.happenings import CallerPressedKey
from rapida.simulator.twilio.script import AfterAgent, At, Keys, Nothing, Step, Tone, Wait
from tests.doubles.http_double import HttpDouble, Request

from .conftest import MadeCalls
from .server import InProcessServer, MadeCall, assistant, play, spoken, wrong

MEMBER = """
failed: bye
states:
  number:
    ask: {slot: number, kind: digits, question: "Your number, please.", min_digits: 2, max_digits: 8}
    next: noted
  noted: {say: "It is {{number}}.", end: true}
  bye: {say: "Sorry.", end: true}
"""
CARD = """
failed: bye
states:
  card:
    ask: {slot: card, kind: digits, question: "Your card, please.", min_digits: 16, max_digits: 16,
          sensitive: true, check: luhn, terminator: "#", retries: 1,
          reprompts: ["That was wrong. Once again, please."]}
    next: pay
  pay:
    tool: {name: pay, arguments: {card: "{{card}}"}, save: receipt}
    next: done
    failed: bye
  done: {say: "Paid. {{receipt}}", end: true}
  bye: {say: "Sorry.", end: true}
"""
LISTEN = Step(At(25), Nothing())
GOOD_CARD, BAD_CARD = "4539578763621486", "4539578763621487"


def flow(script: str, **changes: Any) -> Assistant:
    return assistant(greeting="", llm=Provider("flow", {"script": script}), **changes)


def terminated(server: InProcessServer) -> Awaitable[MadeCall]:
    return play(server, flow(MEMBER), Step(At(0.3), Keys("427#", 100)), LISTEN)


def paused(server: InProcessServer) -> Awaitable[MadeCall]:
    wanted = flow(MEMBER, keypad=KeypadSettings(inter_digit_ms=500))
    return play(server, wanted, Step(AfterAgent(200), Keys("42", 100)), LISTEN)


CALLS: dict[str, Callable[[InProcessServer], Awaitable[MadeCall]]] = {
    "terminated": terminated,
    "paused": paused,
}


async def test_a_terminator_ends_an_answer_that_was_typed_into_the_question(calls: MadeCalls) -> None:
    report, kept = calls["terminated"].report, calls["terminated"].kept
    assert (report.end, wrong(report)) == ("agent hung up", [])
    assert report.heard.sound.endswith(await spoken("It is four two seven."))
    assert [entry.text for entry in kept.entries("caller") if entry.kind == "keys"] == ["427"]
    assert [event.key for _, event in kept.journal().events if isinstance(event, KeyPressed)] == list("427#")
    assert [each.key for each in kept.happened(CallerPressedKey)] == list("427#")
    assert kept.conversation.answers == [{"slot": "number", "value": "427"}]
    assert kept.conversation.end_reason == "agent_hangup"


async def test_a_pause_ends_an_answer_without_a_terminator(calls: MadeCalls) -> None:
    assert calls["paused"].report.heard.sound.endswith(await spoken("It is four two."))


@dataclass
class Till(HttpDouble):
    """Takes cards, and repeats what it was given, as it should not."""

    def pieces(self, request: Request) -> list[bytes]:
        return [b"thanks, " + request.json["card"].encode()]


def everything_in(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_sensitive_digits_reach_the_tool_and_nothing_else(
    server: InProcessServer, capfd: pytest.CaptureFixture[str]
) -> None:
    async with Till().running() as till:
        pay = Provider(
            "http",
            {
                "name": "pay",
                "description": "Pays.",
                "url": f"{till.url}/pay",
                "method": "POST",
                "parameters": {
                    "type": "object",
                    "properties": {"card": {"type": "string"}},
                    "required": ["card"],
                },
            },
        )
        number = await server.install(flow(CARD, tools=(pay,)))
        shouted = Tone(300, 400)
        report = await server.ring(
            number,
            Step(AfterAgent(200), Keys(BAD_CARD + "#", 40)),
            Step(AfterAgent(200), Keys(GOOD_CARD[:8], 40)),
            Step(Wait(0.1), shouted),
            Step(Wait(0.1), Keys(GOOD_CARD[8:] + "#", 40)),
            LISTEN,
        )
        kept = await server.kept()
    assert report.end == "agent hung up"
    assert [request.json for request in till.requests] == [{"card": GOOD_CARD}]
    assert kept.conversation.end_reason == "agent_hangup"
    assert len([entry for entry in kept.entries("agent") if entry.text.startswith("Paid.")]) == 1
    assert [entry.heard for entry in kept.entries("agent")][:2] == [
        "Your card, please.",
        "That was wrong. Once again, please.",
    ]
    journal = kept.journal()
    row = [f"digit#{count}" for count in range(1, 17)]
    keys = [event.key for _, event in journal.events if isinstance(event, KeyPressed)]
    assert keys == [*row, "terminator", *row, "terminator"]
    assert [type(order) for _, order in journal.commands].count(JudgeDigits) == 2
    written = everything_in(server.data_dir) + "".join(capfd.readouterr()).encode()
    for digits in (GOOD_CARD, BAD_CARD, GOOD_CARD[:8], GOOD_CARD[8:]):
        assert digits.encode() not in written
    left, _ = kept.sound()
    assert not np.any(left), "the caller's side is silent while the digits are collected"

"""`rapida numbers` against a running server and a simulated carrier."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.acceptance.calling_server import HOST, OURS, CallingServer, opened
from tests.cli.test_call import a_key
from typer.testing import CliRunner

from rapida.cli import app
from rapida.simulator.twilio.account import Number

SPARE = "+14155550101"


@dataclass
class Terminal:
    """Somebody with a shell and an API key."""

    calling: CallingServer
    key: str

    async def types(self, *words: str) -> tuple[int, str]:
        """The exit code, and all that was printed."""
        url = f"http://127.0.0.1:{self.calling.rapida.port}"
        ran = await asyncio.to_thread(
            CliRunner().invoke, app, ["numbers", *words, "--url", url], env={"RAPIDA_API_KEY": self.key}
        )
        return ran.exit_code, ran.output

    def number(self, number: str) -> Number:
        kept = self.calling.rest.account_calls.numbers.values()
        return next(each for each in kept if each.phone_number == number)


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    async with opened(tmp_path / "data") as calling:
        for number in map(Number, (OURS, SPARE)):
            calling.rest.account_calls.numbers[number.sid] = number
        yield Terminal(calling, await a_key(calling))


async def test_numbers_are_listed_for_people_and_for_programs(terminal: Terminal) -> None:
    ours, assistant = terminal.number(OURS), terminal.calling.assistant_id
    ours.settings["voice_url"] = f"https://{HOST}/v1/talk/twilio/call/{assistant}"
    code, told = await terminal.types("list")
    assert code == 0, told
    assert told.splitlines()[0].startswith(f"{OURS}\t{OURS}\tassistant {assistant} (")
    assert told.splitlines()[1] == f"{SPARE}\t{SPARE}\tnobody"
    _, told = await terminal.types("list", "--json")
    assert [each["answered_by"]["kind"] for each in json.loads(told)] == ["assistant", "nobody"]


async def test_a_wrong_key_and_none_are_told_with_what_to_do(terminal: Terminal) -> None:
    for terminal.key, said in (("wrong", "rapida numbers: "), ("", "rapida keys create")):
        code, told = await terminal.types("list")
        assert (code, said in told) == (1, True)


async def test_a_number_is_connected_and_given_back(terminal: Terminal) -> None:
    spare, assistant = terminal.number(SPARE), str(terminal.calling.assistant_id)
    spare.settings["voice_url"] = "https://old.example.com/voice"
    code, told = await terminal.types("connect", SPARE, "--assistant", assistant)
    assert code == 0, told
    assert told.splitlines()[0].startswith(f"{SPARE}\t{SPARE}\tassistant {assistant} (")
    assert f"go out from {OURS} as before" in told.splitlines()[1]
    assert spare.settings["voice_url"] == f"https://{HOST}/v1/talk/twilio/call/{assistant}"
    code, told = await terminal.types("restore", SPARE)
    assert (code, told) == (0, f"{SPARE}\t{SPARE}\telsewhere: https://old.example.com/voice\n")
    code, told = await terminal.types("restore", SPARE)
    assert (code, "was not connected from here" in told) == (1, True)


async def test_a_number_is_searched_and_bought_when_that_is_confirmed(terminal: Terminal) -> None:
    code, told = await terminal.types("search", "us", "--contains", "0180")
    assert (code, told) == (0, "+14155550180\tSan Francisco, CA\t1.15 USD a month\n")
    terminal.key = await a_key(terminal.calling, "admin")
    code, told = await terminal.types("buy", "+14155550180")
    assert (code, "costs 1.15 USD a month" in told) == (1, True)
    code, told = await terminal.types("buy", "+14155550180", "--confirm")
    assert (code, told) == (0, "+14155550180\t+14155550180\tnobody\n")
    assert terminal.number("+14155550180").sid.startswith("PN")

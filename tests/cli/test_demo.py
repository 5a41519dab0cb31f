"""`rapida demo`: the whole call as a newcomer runs it, and when the demo admits that it went wrong."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from pathlib import Path

import pytest
from bench.reliability import GREETED, Run
from rich.console import Console

from rapida.call.commands import Entry
from rapida.cli.demo import misunderstanding
from rapida.cli.screen import said


def agent(text: str, heard: str | None = None) -> Entry:
    return Entry("agent", text, heard=text if heard is None else heard, cut=heard is not None)


def caller(text: str) -> Entry:
    return Entry("caller", text)


UNDERSTOOD = [
    Entry("caller", "", kind="opening"),
    agent("Hello, what are you calling about?", heard="Hello, what"),
    caller("opening hours"),
    agent("We are open all day. Please type your number."),
    caller("4271"),
    agent("I have four two seven one. Is that right?"),
    caller("yeah"),
    agent("Thank you, I have noted your call. Anything else?"),
    caller("no"),
    agent("Thank you for calling. Goodbye."),
]


def test_a_call_in_which_everything_was_understood_reached_its_end() -> None:
    assert misunderstanding(UNDERSTOOD) == ""


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([], "greeting"),
        ([UNDERSTOOD[0], agent("Hello, what are you calling about?"), *UNDERSTOOD[2:]], "greeting"),
        ([*UNDERSTOOD[:2], agent("Sorry, I cannot help you. Goodbye.")], "opening hours"),
        ([*UNDERSTOOD[:4], *UNDERSTOOD[8:]], "digits"),
        ([*UNDERSTOOD[:6], *UNDERSTOOD[8:]], "yes"),
        ([*UNDERSTOOD[:9], agent("Thank you. Goodbye.", heard="Thank")], "no was"),
        ([*UNDERSTOOD[:2], caller("appointments"), *UNDERSTOOD[2:]], "4 turns, and 5"),
    ],
)
def test_what_was_not_understood_is_named(entries: list[Entry], told: str) -> None:
    assert told in misunderstanding(entries)


def test_what_was_never_heard_is_struck_through() -> None:
    cut = agent("Hello, how are you?", heard="Hello,")
    assert said(cut, styled=False).plain == "agent   Hello, ~~how are you?~~"
    assert said(cut).plain == "agent   Hello, how are you?"
    console = Console(force_terminal=True, color_system="standard")
    with console.capture() as shown:
        console.print(said(cut))
    assert "9;31mhow are you?" in shown.get()
    assert said(agent("All of it."), styled=False).plain == "agent   All of it."
    assert said(Entry("caller", "", kind="unclear")).plain == "caller  (unclear)"


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (Run(0, 9.9, 40.0), ""),
        (Run(0, 10.1, 40.0), "within 10 s"),
        (Run(0, 0.0, 40.0), "within 10 s"),
        (Run(1, 3.0, 40.0, "the yes was not understood"), "the yes was not"),
    ],
)
def test_a_run_is_good_that_reached_its_end_and_was_greeted_in_time(run: Run, told: str) -> None:
    assert told in run.failure
    assert bool(run.failure) == bool(told)


async def test_the_demo_shows_a_whole_call_and_exits_with_it(tmp_path: Path) -> None:
    """The real thing, once: local voice and ear, Silero, barge-in, cough, keys, goodbye. About 35 seconds."""
    environment = {
        **os.environ,
        "RAPIDA_DATA_DIR": str(tmp_path / "data"),
        "RAPIDA_PORT": "0",
        "COLUMNS": "500",
    }
    began_s = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from rapida.cli import main; main()", "demo"),
        env={name: value for name, value in environment.items() if name != "PUBLIC_ASSISTANT_HOST"},
        cwd=tmp_path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    shown, read_s = "", 0.0
    async with asyncio.timeout(150):
        async for line in process.stdout:
            shown += line.decode()
            if line.startswith(GREETED.encode()):
                read_s = time.monotonic() - began_s
        await process.wait()
    assert process.returncode == 0, shown
    rang = re.search(r"^Ringing the front desk, ([\d.]+) s after", shown, re.MULTILINE)
    greeted = re.search(rf"^{GREETED}, ([\d.]+) s after", shown, re.MULTILINE)
    assert rang is not None
    assert greeted is not None
    assert float(rang[1]) <= float(greeted[1]) < read_s, "counted from the program's start, and told at once"
    assert re.search(r"agent +Hello, .* ~~.*billing\?~~$", shown, re.MULTILINE)
    assert re.search(r"caller +opening hours$", shown, re.MULTILINE)
    assert re.search(r"agent +Thank you for calling Larkfield Dental. Goodbye.$", shown, re.MULTILINE)
    for heading in ("stopped", "words", "voice", "total"):
        assert heading in shown
    recording = re.search(r"Recording: (.+\.wav) ", shown)
    assert recording is not None
    assert Path(recording[1]).stat().st_size > 100_000
    assert re.search(r"API pages: http://127\.0\.0\.1:\d+/docs", shown)
    assert "did not reach its end" not in shown

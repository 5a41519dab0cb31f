"""`rapida demo`: the whole call as a newcomer runs it, and when the demo admits that it went wrong."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from select import select
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from typing import Any

import pytest
from bench.reliability import GREETED, Run
from rich.console import Console
from tests.built_wheel import build, installed

from rapida.call.commands import Entry
from rapida.cli.demo_call import TOLD_CHOOSING, misunderstanding
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
    assert misunderstanding(UNDERSTOOD, TOLD_CHOOSING) == ""


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
    assert told in misunderstanding(entries, TOLD_CHOOSING)


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


def environment(folder: Path) -> dict[str, str]:
    """A data directory and a port of its own, and a terminal that is wide and knows no colours."""
    own = {"RAPIDA_DATA_DIR": str(folder / "data"), "RAPIDA_PORT": "0", "COLUMNS": "500", "TERM": "dumb"}
    return {name: value for name, value in os.environ.items() if name != "PUBLIC_ASSISTANT_HOST"} | own


async def test_the_demo_of_the_wheel_shows_a_whole_call_and_exits_with_it(tmp_path: Path) -> None:
    """The real thing, once: local voice and ear, Silero, barge-in, cough, a correction. About 60 seconds.

    It runs as it is published, in an empty folder and without the checkout.
    """
    (empty := tmp_path / "empty").mkdir()
    rapida = installed(build(tmp_path), tmp_path / "fresh")
    began_s = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(rapida, "demo"),
        env=environment(tmp_path),
        cwd=empty,
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
    assert re.search(r"agent +Hello, .* ~~.*message\?~~$", shown, re.MULTILINE)
    assert re.search(r"caller +Where can I park\?$", shown, re.MULTILINE)
    assert re.search(r"agent +Thank you for calling Larkfield Dental. Goodbye.$", shown, re.MULTILINE)
    for heading in ("stopped", "words", "voice", "total"):
        assert heading in shown
    recording = re.search(r"Recording: (.+\.wav) ", shown)
    assert recording is not None
    assert Path(recording[1]).stat().st_size > 100_000
    replay = re.search(rf"^Replay its journal: {rapida} (replay \d+)$", shown, re.MULTILINE)
    assert replay is not None
    replayed = await asyncio.create_subprocess_exec(
        *(rapida, *replay[1].split()),
        env=environment(tmp_path),
        cwd=empty,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await replayed.communicate()
    assert re.match(rb"\d+ events replayed, \d+ orders identical$", told.strip()), told
    assert re.search(r"API pages: http://127\.0\.0\.1:\d+/docs", shown)
    assert "did not reach its end" not in shown


# The demo with a caller who hangs up during the greeting; everything else is as ever. Whoever runs the tests
# in the background has SIGINT ignored, and children inherit that.
SHORT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
if os.isatty(0):
    os.login_tty(0)  # Ctrl-C is for whom the terminal is the own one
import rapida.cli.demo_call as demo
from rapida.simulator.twilio.script import HangUp, Script, Step, WhileAgent
demo.CALLER, demo.ANSWERS = Script((Step(WhileAgent(500), HangUp()),)), ()
from rapida.cli import main
main()
"""
CTRL_C = b"\x03"


@contextmanager
def short_demo(folder: Path, **streams: Any) -> Generator[Popen[bytes]]:
    """The short demo in a process of its own; what is left of it at the end is killed."""
    program = folder / "started_as.py"
    program.write_text(SHORT, encoding="utf-8")
    command = [sys.executable, str(program), "demo"]
    with Popen[bytes](command, cwd=folder, env=environment(folder), **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def read(terminal: int, until: str = "") -> str:
    """What appears on a terminal up to some words, or to its end. Waits for a minute at most."""
    shown, late_s = b"", time.monotonic() + 60
    while not until or until not in shown.decode(errors="ignore"):
        assert select([terminal], [], [], max(0.0, late_s - time.monotonic()))[0], shown.decode()
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # nobody has it open any more
            assert not until, shown.decode()
            break
    return shown.decode()


def test_on_a_terminal_it_stays_up_to_be_rung_as_it_says_until_ctrl_c(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    with short_demo(tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = read(ours, until='phone --say "leave a message"')
        told = re.search(r'Still up.*\n +(.+) phone --say "leave a message"', shown)
        assert told is not None, shown
        script = tmp_path / "short.yaml"
        script.write_text("steps: [{while_agent: 500, keys: '1'}, hang_up]", encoding="utf-8")
        rung = subprocess.run(
            [sys.executable, *shlex.split(told[1]), "phone", "--script", str(script)],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert rung.returncode == 0, rung.stdout.decode() + rung.stderr.decode()
        assert "agent speaks" in rung.stdout.decode()
        read(ours, until="the call ended")  # the second one is shown as well
        os.write(ours, CTRL_C)
        rest = read(ours)
        assert process.wait(60) == 0, shown + rest
    os.close(ours)
    assert "Traceback" not in rest


def test_a_call_that_ctrl_c_breaks_off_is_no_success(tmp_path: Path) -> None:
    with short_demo(tmp_path, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"Ringing"):
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=120)
    assert process.returncode == 130, rest.decode()
    assert b"Traceback" not in rest

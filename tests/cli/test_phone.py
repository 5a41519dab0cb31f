"""`rapida phone`: from options to a line and a script, and a call whose exit code tells how it went."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest
import typer
from tests.simulator.twilio.app import ACCOUNT, HOST, App, Talk, serving
from typer.testing import CliRunner, Result

from rapida.audio import wav
from rapida.cli.phone import (
    ACCOUNT_SID,
    AUTHENTICATION,
    DemoLine,
    Number,
    phone_command,
    read_line,
    read_script,
)
from rapida.errors import ConfigurationError
from rapida.simulator.twilio import script as scripts
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.line import CALLED, CALLER, Line
from rapida.simulator.twilio.script import AfterAgent, HangUp, Keys, Say, Step

DEMO = DemoLine(ACCOUNT, "localhost:8080", 7, "127.0.0.1:8080")
VOICE = f"https://{HOST}/voice"


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ACCOUNT_SID, raising=False)
    monkeypatch.delenv(AUTHENTICATION, raising=False)


def line(number: Number, demo: DemoLine | None = DEMO) -> Line:
    return read_line(number, demo, CALLER.number, CALLED.number, Chaos())


def test_the_demo_fills_in_what_is_not_said() -> None:
    found = line(Number())
    assert found.voice_url == "https://localhost:8080/v1/talk/twilio/call/7"
    assert found.status_callback == "https://localhost:8080/v1/talk/twilio/event/7"
    assert (found.account, found.connect) == (ACCOUNT, "127.0.0.1:8080")


def test_another_host_is_not_reached_through_the_demos_address() -> None:
    found = line(Number(assistant=3, host="voice.example.com"))
    assert found.voice_url == "https://voice.example.com/v1/talk/twilio/call/3"
    assert found.connect is None
    assert line(Number(host=HOST, connect="10.0.0.1:80")).connect == "10.0.0.1:80"


def test_a_whole_url_is_taken_as_it_is() -> None:
    found = line(Number(url=VOICE, status_callback=f"https://{HOST}/status"))
    assert (found.voice_url, found.status_callback, found.connect) == (VOICE, f"https://{HOST}/status", None)


def test_the_environments_account_comes_before_the_demos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ACCOUNT_SID, "AC9")
    monkeypatch.setenv(AUTHENTICATION, "token")
    assert line(Number(), DEMO).account.sid == "AC9"


def test_without_account_or_number_the_sentence_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=f"set {ACCOUNT_SID} and {AUTHENTICATION}"):
        line(Number(url=VOICE), None)
    monkeypatch.setenv(ACCOUNT_SID, "AC9")
    monkeypatch.setenv(AUTHENTICATION, "token")
    with pytest.raises(ConfigurationError, match="--host and --assistant, or --url"):
        line(Number(), None)


def test_sayings_and_keys_become_steps_after_the_agent(tmp_path: Path) -> None:
    assert read_script(None, ["hello", "bye"], [], []).steps == (
        Step(AfterAgent(), Say("hello")),
        Step(AfterAgent(), Say("bye")),
        Step(AfterAgent(), HangUp()),
    )
    assert read_script(None, [], [], ["12#"]).steps[0].what == Keys("12#")
    assert read_script(None, [], [], []) is scripts.DEFAULT
    with pytest.raises(ConfigurationError, match="choose one"):
        read_script(None, ["hello"], [], ["1"])
    with pytest.raises(ConfigurationError, match="may hold"):
        read_script(None, [], [], ["1x"])


async def invoke(*arguments: str, demo: DemoLine | None = DEMO) -> Result:
    """Run the command as a user would, in a thread with a loop of its own."""
    app = typer.Typer()
    app.command()(phone_command(lambda: demo))
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


async def hang_up_after_a_key(talk: Talk) -> None:
    await talk.until("start")
    await talk.play(b"\x00\x80" * 1600)
    await talk.until("dtmf")


async def test_a_call_that_reaches_its_end_exits_0_with_its_story_report_and_recording(
    tmp_path: Path,
) -> None:
    recording = tmp_path / "call.wav"
    async with serving(App(answer=hang_up_after_a_key)) as app:
        result = await invoke(
            "--url", VOICE, "--connect", app.address, "--keys", "5", "--record", str(recording)
        )
    assert result.exit_code == 0, result.output
    for said in ("the call is ringing", "the agent speaks", "caller: press 5", "agent hung up"):
        assert said in result.output
    assert re.search(r"^ +\d\.\d\d  ", result.output, re.MULTILINE)
    assert wav.read(recording.read_bytes()).format.channels == 2


async def test_a_call_that_does_not_exits_1_with_the_reason() -> None:
    async with serving(App(statuses=[404])) as app:
        result = await invoke("--url", VOICE, "--connect", app.address, "--keys", "5")
    assert result.exit_code == 1
    assert "failed    error 11200" in result.output


async def test_told_everything_it_does_not_ask_for_the_installations_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def demo() -> DemoLine | None:
        raise ConfigurationError("the installation was looked at")

    app = typer.Typer()
    app.command()(phone_command(demo))
    whom = ("--host", "127.0.0.1:1", "--assistant", "1")
    for told in (("--url", VOICE, "--connect", "127.0.0.1:1"), (*whom, "--connect", "127.0.0.1:1")):
        asked = await asyncio.to_thread(CliRunner().invoke, app, [*told, "--keys", "5"])
        assert "the installation was looked at" in asked.output
        with monkeypatch.context() as environment:
            environment.setenv(ACCOUNT_SID, ACCOUNT.sid)
            environment.setenv(AUTHENTICATION, ACCOUNT.token)
            rung = await asyncio.to_thread(CliRunner().invoke, app, [*told, "--keys", "5"])
        assert "failed    error 11" in rung.output


async def test_chaos_is_switched_by_name() -> None:
    async with serving(App(answer=hang_up_after_a_key)) as app:
        result = await invoke(
            "--url",
            VOICE,
            "--connect",
            app.address,
            "--keys",
            "5",
            *("--chaos", "copies=2", "--chaos", "forged=webhook"),
        )
    assert result.exit_code == 0, result.output
    assert [(request.path, request.proved) for request in app.requests[:2]] == [("/voice", False)] * 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--chaos", "rain"], "there is no chaos 'rain'"),
        (["--script", "nowhere.yaml"], "the script nowhere.yaml cannot be read"),
        (["--keys", "5", "--connect", "localhost"], "HOST:PORT"),
    ],
)
async def test_wrong_options_exit_1_with_a_sentence_and_no_traceback(arguments: list[str], said: str) -> None:
    result = await invoke("--url", VOICE, *arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


async def test_a_taken_port_and_an_unwritable_recording_are_told() -> None:
    async with serving(App(answer=hang_up_after_a_key)) as app:
        taken = await invoke("--rest-port", str(app.port), "--keys", "1")
        nowhere = await invoke(
            *("--url", VOICE, "--connect", app.address, "--keys", "5", "--record", "/nowhere/call.wav")
        )
    for result in (taken, nowhere):
        assert result.exit_code == 1
        assert "Errno" in result.output
        assert "Traceback" not in result.output


async def test_with_a_rest_port_it_is_twilios_api_until_interrupted() -> None:
    environment = {**os.environ, ACCOUNT_SID: ACCOUNT.sid, AUTHENTICATION: ACCOUNT.token}
    # Whoever runs the tests in the background has SIGINT ignored, and children inherit that.
    hearing = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = f"{hearing}from rapida.cli.phone import phone_command; import typer; typer.run(phone_command())"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", command, "--rest-port", "0", "--callee", "busy", "--to", "+14155550100"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(120):
        first = (await process.stdout.readline()).decode()
        address = first.split(" answers at ")[1].split(";")[0]
        async with httpx.AsyncClient(auth=(ACCOUNT.sid, ACCOUNT.token), trust_env=False) as http:
            answer = await http.get(f"{address}/2010-04-01/Accounts/{ACCOUNT.sid}.json")
            owned = await http.get(f"{address}/2010-04-01/Accounts/{ACCOUNT.sid}/IncomingPhoneNumbers.json")
        process.send_signal(signal.SIGINT)
        await process.communicate()
    assert answer.json()["status"] == "active"
    assert [each["phone_number"] for each in owned.json()["incoming_phone_numbers"]] == ["+14155550100"]
    assert process.returncode == 0

"""`rapida credentials`, `calls`, `conversations` and `profile` against a running server."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.calling_server import CALLEE, opened
from tests.cli.test_call import a_key
from typer.testing import CliRunner

from rapida.cli import app

DATABASES = ("sqlite",)


async def typed(*words: str, told: str = "", **environment: str) -> tuple[int, str]:
    """The exit code, and all that was printed; `told` is standard input."""
    ran = await asyncio.to_thread(CliRunner().invoke, app, list(words), input=told, env=environment)
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return ran.exit_code, ran.output


async def test_credentials_calls_and_conversations_of_a_server_that_a_profile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RAPIDA_PROFILE", "")
    async with opened(tmp_path / "data", queue="none") as calling:
        key = await a_key(calling, "admin")
        url = f"http://127.0.0.1:{calling.rapida.port}"
        assert (await typed("profile", "add", "shop", "--url", url, "--key-stdin", told=key))[0] == 0
        file = tmp_path / "config" / "rapida" / "profiles.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert await typed("profile", "list") == (0, f"shop\t{url}\t{key[:8]}…\n")
        await credentials()
        await calls(calling)
        assert (await typed("profile", "remove", "shop"))[0] == 0
        code, told = await typed("--profile", "shop", "calls", "list")
        assert (code, "there is no profile 'shop'; there is none" in told) == (1, True)


async def asked(*words: str, told: str = "") -> str:
    code, said = await typed("--profile", "shop", *words, told=told)
    assert code == 0, (words, said)
    return said


async def credentials() -> None:
    made = await asked("credentials", "create", "openai", "--name", "Mind", told="sk-canary\n")
    number = made.partition("credential ")[2].split()[0]
    assert "(Mind, openai)" in made
    assert "canary" not in made
    again = await asked("credentials", "replace", number, "--value-stdin", "--json", told='{"api_key": "k"}')
    assert json.loads(again)["id"] == int(number)
    head, *rows = (await asked("credentials", "list")).splitlines()
    assert head.split() == ["ID", "PROVIDER", "NAME", "ACCOUNT", "VERIFIED", "USED", "BY"]
    assert any(row.split()[:4] == [number, "openai", "Mind", "–"] for row in rows)
    await asked("credentials", "delete", number)
    assert "Mind" not in await asked("credentials", "list", "--json")
    for wrong, said in ((["create", "opnai", "--name", "x"], "takes no secret"), (["delete", "999"], "999")):
        code, told = await typed("--profile", "shop", "credentials", *wrong)
        assert (code, told.startswith("rapida credentials: "), said in told) == (1, True, True), told


async def calls(calling: Any) -> None:
    [placed] = await calling.rapida.outbound.place_many(calling.project_id, [(calling.request(), "")])
    number = str(placed.conversation_id)
    head, row = (await asked("calls", "list")).splitlines()
    assert head.startswith("ID")
    assert (row.split()[0], CALLEE in row, "waiting" in row) == (number, True, True)
    assert "conversation" in await asked("calls", "hangup", number)
    assert len((await asked("calls", "list")).splitlines()) == 1
    marked = await asked("conversations", "mark", number, "--tag", "angry", "--note", "Call back")
    assert marked == f"conversation {number}: angry; Call back\n"
    found = json.loads(await asked("conversations", "list", "--status", "ended", "--tag", "angry", "--json"))
    assert [each["id"] for each in found] == [int(number)]
    told = await asked("conversations", "show", number)
    assert told.startswith(f"conversation {number}: outbound, ")
    assert "operator_hangup" in told
    assert "angry: Call back" in told
    file = calling.data_dir / "calls.csv"
    await asked("conversations", "export", str(file))
    assert f"\n{number}," in file.read_text("utf-8")
    await asked("conversations", "delete", number, "--yes")
    assert "Call back" not in await asked("conversations", "show", number)


async def test_without_a_server_and_without_a_key_it_is_said_what_to_do() -> None:
    code, told = await typed("calls", "list", "--url", "http://127.0.0.1:9", RAPIDA_API_KEY="k")
    assert (code, "no server answers" in told, "rapida serve" in told) == (1, True, True)
    code, told = await typed("calls", "list", "--url", "http://127.0.0.1:9", RAPIDA_API_KEY="")
    assert (code, "rapida keys create" in told) == (1, True)

"""`rapida call` as a user runs it: against a running server and a simulated carrier, and without one."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.acceptance.calling_server import CALLEE, HOST, CallingServer, free_port, opened
from tests.acceptance.test_unreported import Misled

from rapida.outbound import settling
from rapida.simulator.twilio.callee import Callee
from rapida.store import api_keys
from rapida.store.users import Role
from rapida.switchboard import inquiries
from rapida.vault import tokens


async def run(data_dir: Path, port: int, *arguments: str, key: str = "none") -> tuple[int, str, str]:
    environment = {"RAPIDA_DATA_DIR": str(data_dir), "RAPIDA_PORT": str(port), "RAPIDA_API_KEY": key}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from rapida.cli import main; main()",
        "call",
        *arguments,
        env={**os.environ, **environment},
        cwd=data_dir.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def a_key(calling: CallingServer, role: Role = "editor") -> str:
    token = tokens.new_api_key()
    async with calling.store.write() as tx:
        draft = api_keys.NewApiKey(calling.project_id, f"cli {role}", role)
        await api_keys.create(tx, draft, token.prefix, token.digest, calling.rapida.node.clock())
    return token.text


async def test_a_call_is_placed_and_followed_to_its_end(tmp_path: Path) -> None:
    busy = Callee(behaviour="busy", after_s=0.1)
    async with opened(tmp_path / "data", callees={CALLEE: busy}, queue="none") as calling:
        key, assistant = await a_key(calling), str(calling.assistant_id)
        told = await run(calling.data_dir, calling.rapida.port, CALLEE, "--assistant", assistant, key=key)
        refused = await run(calling.data_dir, calling.rapida.port, "12", "--assistant", assistant, key=key)
        [report] = [await calling.rest.ended(sid) for sid in calling.rest.account_calls.calls]
    assert told[0] == 0, told[2]
    assert told[1].splitlines()[0].endswith(": dialled")
    assert told[1].splitlines()[-1] == "ended: busy"
    assert report.status == "busy"
    assert refused[0] == 1
    assert "country code" in refused[2]


async def test_a_call_that_nobody_reports_on_is_followed_to_its_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "UNHEARD_FOR", timedelta(seconds=0.1))
    monkeypatch.setattr(inquiries, "AGAIN", timedelta(seconds=0.1))
    answers = Callee(after_s=0.05)
    async with opened(tmp_path / "data", callees={CALLEE: answers}, queue="none", rest=Misled) as calling:
        key, assistant = await a_key(calling), str(calling.assistant_id)
        code, out, err = await run(
            calling.data_dir, calling.rapida.port, CALLEE, "--assistant", assistant, key=key
        )
    assert code == 0, err
    *_, outcome, why = out.splitlines()
    assert outcome.startswith("ended: completed - ")
    assert f"https://{HOST}/v1/talk/twilio/ctx/" in why


async def test_without_a_server_the_command_to_start_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    code, _, err = await run(tmp_path / "data", free_port(), CALLEE, "--assistant", "1")
    assert code == 1
    assert "rapida serve" in err

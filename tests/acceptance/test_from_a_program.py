"""The script of docs/from-a-program.md, from its own text: a whole server, and the simulated Twilio."""

from __future__ import annotations

import asyncio
import functools
import re
from pathlib import Path
from typing import Any

import pytest

from rapida import client
from rapida.client import Client
from rapida.node.clock import utc_now
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.script import AfterAgent, HangUp, Script, Step
from rapida.store import Store, api_keys, tenants
from rapida.vault import tokens
from tests.databases import Place

from .calling_server import ACCOUNT, CALLEE, OURS, opened

PAGE = Path(__file__).parents[2] / "docs" / "from-a-program.md"
HEARS_OUT = Callee(after_s=0.05, script=Script((Step(AfterAgent(300), HangUp()),), limit_s=60))


async def an_admins_key(store: Store) -> str:
    token, now = tokens.new_api_key(), utc_now()
    async with store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Bakers", now)
        project = await tenants.create_project(tx, organization_id, "Bakers", now)
        draft = api_keys.NewApiKey(project.id, "A program", "admin")
        await api_keys.create(tx, draft, token.prefix, token.digest, now)
    return token.text


async def test_a_program_makes_versions_deploys_calls_reads_exports_and_deletes(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = None if place.is_sqlite else place.url
    pieces = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert all(len(piece.splitlines()) <= 10 for piece in pieces)
    async with opened(
        place.directory / "data", callees={CALLEE: HEARS_OUT}, configured_database_url=url
    ) as calling:
        address = f"http://127.0.0.1:{calling.rapida.port}"
        monkeypatch.setattr(client, "Client", lambda _: Client(address))
        monkeypatch.setenv("RAPIDA_API_KEY", await an_admins_key(calling.store))
        known: dict[str, Any] = {
            "ACCOUNT_SID": ACCOUNT.sid,
            "AUTH_TOKEN": ACCOUNT.token,
            "OUR_NUMBER": OURS,
            "THEIR_NUMBER": CALLEE,
        }
        try:
            for piece in pieces:
                await asyncio.to_thread(functools.partial(exec, compile(piece, str(PAGE), "exec"), known))
        finally:
            known["api"].close()
    call, rows = known["call"], known["rows"].splitlines()
    assert (call.end_reason, call.metadata) == ("caller_hangup", {"order": 7})
    assert call.turns[0].heard.startswith("The bakery, good morning.")
    assert len(known["sound"]) > 8000
    assert (len(rows), str(call.id) in rows[1]) == (2, True)
    out = capsys.readouterr().out
    assert "greeting" in out

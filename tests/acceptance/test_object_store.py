"""A whole call whose files move to an object store, and are read over the API from there."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from rapida.node.call_files import open_files
from rapida.simulator.twilio.script import AfterAgent, HangUp, Step
from rapida.switchboard import keeping
from tests.doubles.s3_double import BUCKET, environment, s3_server

from .server import InProcessServer, Kept, assistant, opened
from .test_live import a_key


async def moved(server: InProcessServer, kept: Kept) -> dict[str, bytes]:
    """What a call left, by the name of its route; it is here no more."""
    assert kept.conversation.journal_path is not None
    paths = {"recording": kept.recordings[0].path, "journal": kept.conversation.journal_path}
    written = {kind: (server.data_dir / path).read_bytes() for kind, path in paths.items()}
    files = open_files(server.rapida.settings)
    assert await keeping.keep_finished(server.rapida.node, files, settled_s=-3600) == 2
    assert not any((server.data_dir / path).exists() for path in paths.values())
    return written


async def test_a_calls_files_are_read_from_their_store_and_when_that_is_away_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rapida.node.call_files.RETRIES", {"max_retries": 0})
    async with AsyncExitStack() as until_it_is_away, AsyncExitStack() as stack:
        for name, value in environment(until_it_is_away.enter_context(s3_server())).items():
            monkeypatch.setenv(name, value)
        opening = opened(tmp_path / "data", files_url=f"s3://{BUCKET}/calls")
        server = await stack.enter_async_context(opening)
        report = await server.ring(await server.install(assistant()), Step(AfterAgent(), HangUp()))
        kept = await server.kept_of(report)
        await server.idle()
        written = await moved(server, kept)
        headers = {"authorization": f"Bearer {await a_key(server)}"}
        client = await stack.enter_async_context(httpx.AsyncClient(headers=headers, timeout=120))
        number = kept.conversation.id
        base = f"http://{server.address}/v1/conversations/{number}"
        assert {kind: (await client.get(f"{base}/{kind}")).content for kind in written} == written
        await open_files(server.rapida.settings).forget([number])
        document = (await client.get(f"http://{server.address}/openapi.json")).json()
        await until_it_is_away.aclose()
        for kind in (*written, "peaks", "timeline"):
            away = await client.get(f"{base}/{kind}")
            assert (kind, away.status_code, away.json()["code"]) == (kind, 502, "provider")
            assert "the file store" in away.json()["detail"]
            told = document["paths"][f"/v1/conversations/{{conversation_id}}/{kind}"]["get"]["responses"]
            assert {"502", "503"} <= set(told)

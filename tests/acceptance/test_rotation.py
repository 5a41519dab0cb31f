"""The vault's keys change under a running server: calls are proved before, meanwhile and afterwards."""

from __future__ import annotations

import asyncio
import base64
import os
from asyncio import subprocess
from pathlib import Path

from rapida.simulator.twilio.script import At, Nothing, Step
from rapida.store import credentials
from rapida.vault.sealing import KEY_FILE

from .process import COMMAND, Prepared, prepared, serving
from .server import GREETING, RunningServer, announcement, spoken

NEW = f"k2:{base64.b64encode(b'2' * 32).decode()}"
LISTEN = Step(At(25), Nothing())


async def rotate(place: Prepared, keys: str) -> tuple[int, str]:
    """`rapida vault rotate` as an operator runs it: the exit code and what it says."""
    process = await subprocess.create_subprocess_exec(
        COMMAND,
        *("vault", "rotate"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=place.data_dir.parent,
        env={**os.environ, "RAPIDA_DATA_DIR": str(place.data_dir), "RAPIDA_MASTER_KEY": keys},
    )
    async with asyncio.timeout(120):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def sealed_with(place: Prepared) -> set[str]:
    async with place.store.read() as tx:
        return set(await credentials.by_key(tx))


async def rings(served: RunningServer, number: int) -> None:
    """A call whose webhook and socket are proved, and which hears the greeting."""
    report = await served.ring(number, LISTEN)
    assert (report.failure, report.heard.sound) == ("", await spoken(GREETING))


async def test_calls_are_proved_before_while_and_after_the_keys_change_under_a_running_server(
    tmp_path: Path,
) -> None:
    async with prepared(tmp_path / "data", announcement()) as place:
        old = (place.data_dir / KEY_FILE).read_text().strip()
        old_id = old.partition(":")[0]
        async with serving(place) as served:
            await rings(served, place.number)
            code, said = await rotate(place, f"{NEW},{old}")
            assert code == 1
            assert f"(process {served.process.pid})" in said, "the server that lacks the key is named"
            assert await sealed_with(place) == {old_id}
            await rings(served, place.number)
            served.terminate()
            assert (await served.ended())[0] == 0
        async with serving(place, RAPIDA_MASTER_KEY=f"{old},{NEW}") as served:
            await rings(served, place.number)
            rotating = asyncio.create_task(rotate(place, f"{NEW},{old}"))
            while not rotating.done():
                await rings(served, place.number)
            code, said = await rotating
            assert (code, "1 secrets moved to 'k2'" in said) == (0, True), said
            assert await sealed_with(place) == {"k2"}
            await rings(served, place.number)
            served.terminate()
            assert (await served.ended())[0] == 0
        async with serving(place, RAPIDA_MASTER_KEY=NEW) as served:
            await rings(served, place.number)

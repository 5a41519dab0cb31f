"""`rapida chat`: talk to an assistant in writing, in this terminal, by the door that pages use.

It asks the server of this data directory, or the one that --url names; where none runs, it starts one for as
long as the conversation lasts. Lines come from the terminal, or one by one from a file, each when the one
before it was answered. docs/talking.md describes the messages.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec
import typer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .. import app
from ..errors import ConfigurationError
from ..node.node import Node
from ..settings import Settings, load
from ..workspace import api_key_changes
from ..workspace.actor import command_line
from . import addresses
from .local_store import opened
from .remote import KeyOption, UrlOption, asked, connected
from .running import run
from .stored_keys import project_of

ANSWERED_WITHIN_S: Final = 60.0
"""How long a line from a file waits for the answer to the one before it: a model with tools takes seconds."""
LOOK_EVERY_S: Final = 0.1
"""The record is written within one or two of these."""
LOOKS: Final = 50
"""For so long the record of the conversation is waited for: five seconds, of which it needs a fraction."""
KEY_LIVES: Final = timedelta(days=1)
"""A key that is not revoked, because this program was killed, is no longer good than that."""
PAGE: Final = 100
"""Assistants asked for at a time: the most that the server gives."""

Variables = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A value for {{NAME}}; repeatable.")
]


def chat(
    assistant: Annotated[str, typer.Argument(help="The assistant, by its name or number.")],
    version: Annotated[int, typer.Option(help="Which version answers; 0 = the published one.", min=0)] = 0,
    var: Variables = None,
    url: UrlOption = "",
    key: KeyOption = "",
) -> None:
    """Talk to an assistant in writing. An empty line says nothing; Ctrl-D hangs up."""
    run("chat", _chat(assistant, version, var or [], url, key))


async def _chat(assistant: str, version: int, var: list[str], url: str, key: str) -> None:
    variables = _variables(var)
    async with _reached(url, key) as server:
        with connected(server.url, server.key) as client:
            wanted = await asyncio.to_thread(_assistant_id, client, assistant)
            body: dict[str, Any] = {"assistant_id": wanted, "variables": variables, "channel": "text"}
            body |= {"version": version} if version else {}
            talk = await asyncio.to_thread(asked, client, "POST", "/v1/talk/browser", json=body)
            address = server.url.replace("http", "ws", 1) + talk["socket_path"]
            async with connect(address, proxy=None, compression=None) as socket:
                await _Conversation(socket).held()
            kept = await _kept(client, f"/v1/conversations/{talk['conversation_id']}")
    typer.echo(f"conversation {kept['id']} ended: {kept['end_reason'] or 'its record is still to come'}")


async def _kept(client: Any, path: str) -> dict[str, Any]:
    """What is kept of a conversation; its end is written a moment after its socket has closed."""
    kept, looks = await asyncio.to_thread(asked, client, "GET", path), 1
    while not kept["end_reason"] and looks < LOOKS:
        await asyncio.sleep(LOOK_EVERY_S)
        kept, looks = await asyncio.to_thread(asked, client, "GET", path), looks + 1
    return kept


def _variables(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise ConfigurationError(f"--var {each!r}: write it as NAME=VALUE")
        found[name] = value
    return found


# Where the assistant is


@dataclass(frozen=True)
class _Server:
    url: str
    key: str


@asynccontextmanager
async def _reached(url: str, key: str) -> AsyncGenerator[_Server]:
    """A server and a key of it: those that are named, or this data directory's. Raises `RapidaError`."""
    settings = load()
    if url or key:
        with connected(url, key) as client:
            server = _Server(str(client.base_url).rstrip("/"), key)
        yield server
    elif address := addresses.running(settings):
        async with opened(settings) as node, _own_key(node) as made:
            yield _Server(f"http://{address}", made)
    else:
        async with _started(settings) as rapida, _own_key(rapida.node) as made:
            yield _Server(f"http://127.0.0.1:{rapida.port}", made)
            await rapida.calls.idle()


def _started(settings: Settings) -> Any:
    """A server for this conversation alone, on a port that nobody else has."""
    return app.running(replace(settings, host="127.0.0.1", port=0), drain_s=0.0)


@asynccontextmanager
async def _own_key(node: Node) -> AsyncGenerator[str]:
    """A key for as long as the conversation lasts: who may read the database may talk to its assistants."""
    async with node.store.read() as tx:
        actor = command_line(await project_of(tx, 0))
    expires_at = node.clock() + KEY_LIVES
    made, token = await api_key_changes.make(node, actor, "rapida chat", "editor", expires_at)
    try:
        yield token.text
    finally:
        await api_key_changes.revoke(node, actor, made.id)


def _assistant_id(client: Any, wanted: str) -> int:
    """An assistant by number, or by its name in whatever case. Raises `ConfigurationError`."""
    if wanted.isascii() and wanted.isdigit():
        return int(wanted)
    found, cursor = dict[str, int](), ""
    while True:
        page = asked(client, "GET", f"/v1/assistants?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        found |= {each["name"].casefold(): each["id"] for each in page["items"]}
        if not (cursor := page.get("next_cursor") or ""):
            break
    if wanted.casefold() not in found:
        known = ", ".join(sorted(found)) or "none"
        raise ConfigurationError(f"there is no assistant {wanted!r}; there are: {known}")
    return found[wanted.casefold()]


# What is said


class _Conversation:
    """One socket, this terminal's lines, and what is printed."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._listens = asyncio.Event()
        """The agent has said what it had to say."""
        self._typed_here = sys.stdin.isatty()

    async def held(self) -> None:
        """Until either side hangs up."""
        await self._send(event="start")
        reading = threading.Thread(target=self._read, args=(asyncio.get_running_loop(),), daemon=True)
        reading.start()
        writing = asyncio.create_task(self._write())
        try:
            while True:
                told = msgspec.json.decode(await self._socket.recv(decode=False))
                self._show(told)
                if told["event"] == "mark":  # shown is heard
                    await self._send(**told)
        except ConnectionClosed:
            pass
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    def _show(self, told: dict[str, Any]) -> None:
        match told["event"]:
            case "words":
                typer.echo(f"agent   {told['words']['text']}")
            case "tool" if told["tool"]["end"] is None:
                typer.echo(f"        ({told['tool']['tool']} …)")
            case "state" if told["state"]["state"] == "listens":
                self._listens.set()
            case _:
                pass

    async def _write(self) -> None:
        """Send the lines, and hang up behind the last of them."""
        while True:
            if not self._typed_here:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._listens.wait(), ANSWERED_WITHIN_S)
            line = await self._lines.get()
            if line is None:
                await self._send(event="stop")
                return
            if text := line.strip():
                self._listens.clear()
                if not self._typed_here:
                    typer.echo(f"caller  {text}")
                await self._send(event="say", say={"text": text})

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread, which a person who types nothing may keep for ever."""
        for line in sys.stdin:
            loop.call_soon_threadsafe(self._lines.put_nowait, line)
        with suppress(RuntimeError):  # the conversation is over
            loop.call_soon_threadsafe(self._lines.put_nowait, None)

    async def _send(self, **message: Any) -> None:
        with suppress(ConnectionClosed):
            await self._socket.send(msgspec.json.encode(message).decode())

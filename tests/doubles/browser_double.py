"""A page that talks to an assistant: it opens a talk, plays what it is sent, and returns marks when it did.

It speaks what docs/talking.md says, over real HTTP and a real WebSocket, and shares no code with the server.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

FRAME = b"\xff" * 160
FRAME_S = 0.02


@dataclass
class Page:
    """A page of a person's (with a session's headers), or a program's (with a key's)."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)

    async def asks(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://{self.address}", headers=self.headers) as client:
            return await client.request(method, path, **more)

    async def opens_talk(self, assistant_id: int, **more: Any) -> dict[str, Any]:
        answer = await self.asks("POST", "/v1/talk/browser", json={"assistant_id": assistant_id, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def socket(self, path: str, **headers: str) -> connect:
        cookie = {"cookie": self.headers["cookie"]} if "cookie" in self.headers else {}
        origin = {"origin": self.headers["origin"]} if "origin" in self.headers else {}
        told = {**cookie, **origin, **headers}
        return connect(f"ws://{self.address}{path}", additional_headers=told, compression=None)

    async def refusal(self, path: str, **headers: str) -> tuple[int, str]:
        """With which status a socket is refused, and in which words."""
        told = {name: value for name, value in self.headers.items() if name in ("cookie", "origin")}
        upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        upgrade["sec-websocket-key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        async with httpx.AsyncClient() as client:
            asked = {**told, **upgrade, **headers}
            answer = await client.get(f"http://{self.address}{path}", headers=asked)
        assert answer.status_code >= 400, answer.status_code
        return answer.status_code, answer.json()["detail"] if answer.content else ""

    @asynccontextmanager
    async def talks(self, assistant_id: int, **more: Any) -> AsyncIterator[Handset]:
        """A talk whose stream has started."""
        opened = await self.opens_talk(assistant_id, **more)
        async with self.socket(opened["socket_path"]) as socket:
            handset = Handset(socket, opened)
            tasks = [asyncio.create_task(handset.listens()), asyncio.create_task(handset.plays())]
            if opened["channel"] == "browser":
                tasks.append(asyncio.create_task(handset.sends_sound()))
            await handset.tells(event="start")
            yield handset
            await handset.hangs_up()
            await asyncio.wait(tasks[:1], timeout=60)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Handset:
    """One open talk."""

    def __init__(self, socket: ClientConnection, opened: dict[str, Any]) -> None:
        self.opened = opened
        self.told: list[dict[str, Any]] = []
        """Every text message, in order."""
        self.heard = b""
        """What the ear was given."""
        self.close_code: int | None = None
        self._socket = socket
        self._queue: asyncio.Queue[bytes | str] = asyncio.Queue()
        self._saying = bytearray()
        self._changed = asyncio.Event()
        self._sent: asyncio.Event = asyncio.Event()

    async def tells(self, **message: Any) -> None:
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps(message))

    async def writes(self, text: str) -> None:
        await self.tells(event="say", say={"text": text})

    async def presses(self, keys: str) -> None:
        for key in keys:
            await self.tells(event="dtmf", dtmf={"digit": key})

    def says(self, ulaw: bytes) -> None:
        self._saying += ulaw

    async def hangs_up(self) -> None:
        await self.tells(event="stop")

    def events(self, name: str) -> list[Any]:
        return [each[name] for each in self.told if each["event"] == name and name in each]

    def lines(self, speaker: str) -> list[str]:
        """The lines as they stand now, in the order in which they were first told."""
        now = {line["id"]: line for line in self.events("line")}
        return [line["text"] for line in now.values() if line["speaker"] == speaker]

    async def until_line(self, text: str) -> dict[str, Any]:
        """The line that has `text` in it, as soon as it is told."""
        async with asyncio.timeout(60):
            while True:
                for line in self.events("line"):
                    if text in line["text"]:
                        return line
                self._changed.clear()
                await self._changed.wait()

    async def until_words(self, text: str) -> None:
        """Until the agent is about to say something."""
        async with asyncio.timeout(60):
            while not any(text in each["text"] for each in self.events("words")):
                self._changed.clear()
                await self._changed.wait()

    async def until_heard(self, size: int) -> None:
        """Until so many bytes of sound have been played."""
        async with asyncio.timeout(60):
            while len(self.heard) < size:
                self._changed.clear()
                await self._changed.wait()

    async def until_closed(self) -> int:
        """The code with which the server has closed the socket."""
        async with asyncio.timeout(60):
            while self.close_code is None:
                self._changed.clear()
                await self._changed.wait()
        return self.close_code

    # What a page does by itself

    async def listens(self) -> None:
        try:
            while True:
                message = await self._socket.recv()
                if isinstance(message, bytes):
                    self._queue.put_nowait(message)
                    continue
                told = json.loads(message)
                self.told.append(told)
                if told["event"] == "mark":
                    self._queue.put_nowait(told["mark"]["name"])
                elif told["event"] == "clear":
                    self._clear()
                self._changed.set()
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else 1006
            self._changed.set()

    def _clear(self) -> None:
        """Drop what is not played; its marks come back at once, as a phone's do."""
        waiting = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        for each in waiting:
            if isinstance(each, str):
                self._queue.put_nowait(each)

    async def plays(self) -> None:
        """Play what comes on the clock of a loudspeaker, and return each mark behind its sound."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time()
        while True:
            item = await self._queue.get()
            if isinstance(item, str):
                await self.tells(event="mark", mark={"name": item})
                continue
            ends_s = max(ends_s, loop.time()) + len(item) / 8000
            await asyncio.sleep(ends_s - loop.time())
            self.heard += item
            self._changed.set()

    async def sends_sound(self) -> None:
        """A frame every 20 ms, silence unless something is said."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        with suppress(ConnectionClosed):
            while True:
                frame = bytes(self._saying[:160]).ljust(160, b"\xff")
                del self._saying[:160]
                await self._socket.send(frame)
                due_s += FRAME_S
                await asyncio.sleep(due_s - loop.time())

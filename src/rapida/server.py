"""The web server of a process: its port, its way with signals, and the work that goes on beside it.

uvicorn answers on the port that we opened, and picows takes the media sockets off it; when all of that ends
is for the composition root to say.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, Protocol

import structlog
import uvicorn
from fastapi import FastAPI

from .errors import SettingsError
from .settings import Settings
from .sockets.asgi import Receive, Send, asgi_media
from .sockets.coalescing import Coalescing
from .sockets.moderation import Moderation
from .sockets.picows import SERVER_OPTIONS, media_protocol
from .sockets.session import WireCounts
from .telephony.door import Admit

_log = structlog.get_logger(__name__)

AGAIN_S = 30.0
"""When a chore that broke is begun again."""
Door = Literal["picows", "asgi"]
"""What carries the media sockets: picows, or uvicorn's own WebSocket at about twice the CPU."""
Asgi = Callable[[MutableMapping[str, Any], Receive, Send], Coroutine[Any, Any, None]]
Chore = Callable[[], Coroutine[Any, Any, None]]
"""Work beside the calls, without end."""


REFUSED_UPGRADE = "ASGI callable returned without completing handshake."
"""What uvicorn says, as an error, of each WebSocket that was refused with an answer."""


def _worth_telling(record: logging.LogRecord) -> bool:
    """Our own line tells of a refused upgrade, with its reason (`telemetry/refusals.py`)."""
    return record.msg != REFUSED_UPGRADE


logging.getLogger("uvicorn.error").addFilter(_worth_telling)


class Siblings(Protocol):
    """The other processes that answer at the port of this one."""

    @property
    def have_room(self) -> bool:
        """Whether one of them would take another call."""
        ...

    async def metrics(self) -> bytes:
        """The metrics of all, this one's too."""
        ...

    async def idle(self) -> None:
        """This process has no calls any more: until it may close its port."""
        ...


class HttpServer(uvicorn.Server):
    """uvicorn's server without its way with signals: the end of the process is ours to order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    def stop_accepting(self) -> None:
        """Leave new connections to other processes of the same socket; those that are there go on."""
        for each in self.servers:
            each.close()
        self.servers.clear()

    async def accept(self, listening: socket.socket) -> None:
        """Take connections of a socket, as `startup` does of its own."""
        loop = asyncio.get_running_loop()
        self.servers.append(await loop.create_server(self._protocol, sock=listening))

    def _protocol(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        return made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


class Accepting:
    """Whether this process takes new connections off its port, which others may do as well."""

    def __init__(self, server: HttpServer, listening: socket.socket) -> None:
        self._server = server
        # Who stops accepting closes the socket that it was given.
        self._spare = listening.dup()
        self._wanted = True

    async def switch(self, wanted: bool) -> None:
        """Begin or stop. No connection is lost as long as another process of the socket accepts."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted:
            await self._server.accept(self._spare.dup())
        else:
            self._server.stop_accepting()

    def close(self) -> None:
        self._spare.close()


class Ending:
    """How far the end of the process has come: wanted, and then wanted at once."""

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        self.hurried = asyncio.Event()
        self.replaced = False
        """Whether another process goes on at this port: then no caller need be turned away."""

    def accepting(self) -> bool:
        """Whether new calls are taken."""
        return self.replaced or not self.wanted.is_set()

    def order(self) -> None:
        """Ask for the end; asked again, calls in progress are hung up."""
        (self.hurried if self.wanted.is_set() else self.wanted).set()


def listen(settings: Settings) -> socket.socket:
    """The listening socket. Raises `SettingsError` when the address or its port cannot be had."""
    asked = (settings.host, settings.port)
    try:
        family = socket.getaddrinfo(*asked, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server(asked, family=family, backlog=2048)
    except OSError as refused:
        raise _not_listening(settings, refused) from refused
    # Every connection inherits it. Of the event loops not all see to it, and Nagle costs 40 ms an answer.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _not_listening(settings: Settings, refused: OSError) -> SettingsError:
    """Which of the two settings is wrong, and what to write instead."""
    where = f"cannot listen on {settings.host}:{settings.port}"
    if isinstance(refused, socket.gaierror):
        problem = f"{where}: there is no host of that name; write 127.0.0.1, or 0.0.0.0 for all addresses"
        return SettingsError("RAPIDA_HOST", problem)
    reason = os.strerror(refused.errno) if refused.errno else str(refused)
    if refused.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        problem = f"{where}: this machine has no such address; write 127.0.0.1, or 0.0.0.0 for all of its own"
        return SettingsError("RAPIDA_HOST", problem)
    if refused.errno in (errno.EACCES, errno.EPERM):
        problem = f"{where}: ports below 1024 are not everybody's; name a higher one"
        return SettingsError("RAPIDA_PORT", problem)
    return SettingsError("RAPIDA_PORT", f"{where} ({reason}); name a free port, or 0 to take any")


@asynccontextmanager
async def serving(
    api: FastAPI,
    admit: Admit,
    counts: WireCounts,
    listening: socket.socket,
    *,
    prefixes: tuple[str, ...],
    door: Door,
    trusted_proxies: Sequence[str],
) -> AsyncGenerator[Accepting]:
    """Answer on a socket while the block lasts: media upgrades below `prefixes`, and the API."""
    moderation, coalescing = Moderation(lambda: counts.open), Coalescing(lambda: counts.open)
    options: dict[str, Any] = {"lifespan": "off", "log_config": None, "access_log": False, **SERVER_OPTIONS}
    # Left alone, uvicorn would believe whatever its own environment variable or this machine says.
    options |= {"proxy_headers": bool(trusted_proxies), "forwarded_allow_ips": list(trusted_proxies)}

    answer = without_pauses(api, moderation)
    if door == "picows":
        http = media_protocol(admit, prefixes, counts, coalescing)
        config = uvicorn.Config(answer, http=http, **options)
    else:
        both = _with_media(answer, asgi_media(admit, counts), prefixes)
        config = uvicorn.Config(both, http="httptools", **options)
    async with kept_up([moderation.run, coalescing.run]):
        server = HttpServer(config)
        with contextlib.closing(Accepting(server, listening)) as accepting:
            answering = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield accepting
            finally:
                server.should_exit = True
                await answering


def without_pauses(api: Asgi, moderation: Moderation) -> Asgi:
    """The API, for whose requests the loop does not pause; but for what may last as long as a call."""

    async def answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await api(scope, receive, send)
            return
        with contextlib.ExitStack() as lifted:
            lifted.enter_context(moderation.lifted())
            await api(scope, receive, _until_events(send, lifted))

    return answer


def _until_events(send: Send, lifted: contextlib.ExitStack) -> Send:
    """A way to answer that ends `lifted` where a stream of events begins: it lasts as long as a page."""

    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and _begins_events(message):
            lifted.close()
        await send(message)

    return sent


def _begins_events(message: MutableMapping[str, Any]) -> bool:
    headers = message.get("headers", ())
    return any(k == b"content-type" and v.startswith(b"text/event-stream") for k, v in headers)


def _with_media(answer: Asgi, media: Asgi, prefixes: tuple[str, ...]) -> Asgi:
    async def both(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        is_media = scope["type"] == "websocket" and scope["path"].startswith(prefixes)
        await (media if is_media else answer)(scope, receive, send)

    return both


@asynccontextmanager
async def kept_up(chores: Sequence[Chore]) -> AsyncGenerator[None]:
    """Work that goes on beside a block, and ends with it."""
    tasks = [asyncio.create_task(_keep_up(chore)) for chore in chores]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_up(chore: Chore) -> None:
    """Run a chore that never ends; one that breaks is a bug of ours, told, and begun again after a while."""
    while True:
        try:
            await chore()
        except Exception:  # noqa: BLE001
            _log.exception("recurring_work_broken")
        await asyncio.sleep(AGAIN_S)

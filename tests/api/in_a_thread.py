"""The whole application with a real node, served in a thread of its own: for clients that wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.calling_node import open_calling_node

EVENTS = b"text/event-stream; charset=utf-8"


@dataclass
class ThreadedApi:
    """The application, an admin's key, and the event loop that both live in."""

    api: ServedApi
    key: str
    loop: asyncio.AbstractEventLoop

    @property
    def app(self) -> FastAPI:
        return self.api.app

    def run(self, work: Any) -> Any:
        """Let the application's loop do something, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same as an ASGI application for another loop."""
        if scope["type"] != "http":
            raise ValueError("there is no lifespan here")
        waiting = [await receive()]

        async def take() -> Message:
            return waiting.pop() if waiting else await asyncio.get_running_loop().create_future()

        asked = self.answered(scope, take)
        for message in await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, self.loop)):
            await send(message)

    async def answered(self, scope: Scope, take: Receive) -> list[Message]:
        """The whole answer; of a stream of events, which has no end, the first of them."""
        sent, enough = list[Message](), asyncio.Event()

        async def keep(message: Message) -> None:
            sent.append(message)
            if len(sent) == 2 and (b"content-type", EVENTS) in sent[0]["headers"]:
                message["more_body"] = False
                enough.set()

        answering = asyncio.ensure_future(self.app(scope, take, keep))
        answering.add_done_callback(lambda _: enough.set())
        await enough.wait()
        if not answering.done():
            answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering
        return sent


@contextmanager
def served_in_a_thread(place: Place, **settings: Any) -> Generator[ThreadedApi]:
    """A node on `place`, whose carrier is a double."""
    settings = {"requests_per_second": 0} | settings
    ready, over = Future[ThreadedApi](), threading.Event()

    async def serve() -> None:
        async with open_calling_node(place) as calling:
            made = build_served_api(
                calling.ready,
                place.directory,
                calling.outbound,
                carriers=calling.carriers,
                carrier_api_urls={"twilio": calling.twilio.url},
                **settings,
            )
            ready.set_result(ThreadedApi(made, await made.a_key("admin"), asyncio.get_running_loop()))
            await asyncio.to_thread(over.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as failed:
            with suppress(Exception):
                ready.set_exception(failed)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ready.result()
    finally:
        over.set()
        thread.join()


class ThreadTransport(httpx.BaseTransport):
    """A waiting client's way to the application."""

    def __init__(self, threaded: ThreadedApi) -> None:
        self._threaded = threaded
        self._inner = httpx.ASGITransport(threaded.app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answered() -> httpx.Response:
            if request.url.path == "/v1/live":  # which has no end
                return await self._first_event(request)
            answer = await self._inner.handle_async_request(
                httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            )
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        return self._threaded.run(answered())

    async def _first_event(self, request: httpx.Request) -> httpx.Response:
        scope = {
            "type": "http",
            "method": "GET",
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": "http",
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
            "root_path": "",
        }

        async def take() -> Message:
            return await asyncio.get_running_loop().create_future()

        waiting = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else await take()

        start, *bodies = await self._threaded.answered(scope, receive)
        content = b"".join(each["body"] for each in bodies)
        return httpx.Response(start["status"], headers=start["headers"], content=content)

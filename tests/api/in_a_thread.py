"""The whole application with a real node, served in a thread of its own: for clients that wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

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

        asked = self._answered(scope, take)
        for message in await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, self.loop)):
            await send(message)

    async def _answered(self, scope: Scope, take: Receive) -> list[Message]:
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

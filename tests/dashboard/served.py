"""A whole server with the built dashboard, on a loop of its own in a thread: the test drives a browser.

Its calls were made over real sockets by the simulated phone: one with all that callers do, one that failed,
and one in which much goes wrong.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from rapida.api import dashboard
from rapida.assistant import Assistant, Provider
from rapida.llm.scripted import ScriptedReply
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.simulator.twilio.script import AfterAgent, Cough, HangUp, Keys, Script, Step, Tone, WhileAgent
from tests.acceptance.calling_server import free_port
from tests.acceptance.server import InProcessServer, assistant, opened, play
from tests.doubles.public_way import open_way

from .broken_call import make_broken_call

T = TypeVar("T")

CODE = "a-setup-code-for-the-browser"
EMAIL, PASSWORD = "ada@larkfield.example", "correct horse battery"
OWNER = {
    "code": CODE,
    "email": EMAIL,
    "password": PASSWORD,
    "name": "Ada Miller",
    "organization": "Larkfield Dental",
    "project": "Reception",
}
HOST = "calls.larkfield.example"
TWILIO = Account("AC" + "5f" * 16, "the-token-of-the-twilio-account")
NUMBERS = ("+14155550100", "+14155550101")
"""The numbers of that account; nobody answers them yet."""
CALLS = 3
"""How many `make_calls` makes."""
GREETING = (
    "Larkfield Dental, good afternoon. This is the front desk. I can help you with appointments, opening "
    "hours and billing. Just say what you need, in your own words."
)


@dataclass(frozen=True)
class Served:
    """Where the dashboard answers, and the server behind it."""

    url: str
    server: InProcessServer
    twilio: RestSide
    """Twilio as the server asks it: an account with numbers, behind whose calls somebody answers."""
    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, T], within_s: float = 120) -> T:
        """Done on the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(within_s)

    def api(self) -> httpx.Client:
        """A program's client, as the browser would ask."""
        return httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=60)


@contextmanager
def served(data_dir: Path) -> Iterator[Served]:
    """A server while the block lasts. Fails with a sentence where the dashboard was not built."""
    if not (dashboard.FOLDER / "index.html").is_file():
        raise AssertionError("the dashboard is not built: run `make dashboard` first")
    begun, ended = Future[Served](), Future[None]()

    async def serve() -> None:
        port = free_port()
        here = f"127.0.0.1:{port}"
        person = Callee(after_s=0.2, script=Script((Step(AfterAgent(), HangUp()),)))
        async with RestSide(TWILIO, connect=here, numbers=NUMBERS, anyone=person) as twilio:
            told: dict[str, Any] = {"public_host": HOST, "carrier_api_urls": {"twilio": twilio.url}}
            with open_way(HOST, here):
                async with opened(data_dir, setup_code=CODE, port=port, **told) as server:
                    url, loop = f"http://{server.address}", asyncio.get_running_loop()
                    begun.set_result(Served(url, server, twilio, loop))
                    await asyncio.wrap_future(ended)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as wrong:
            if begun.done():
                raise
            begun.set_exception(wrong)

    thread = threading.Thread(target=run, name="dashboard-server")
    thread.start()
    try:
        yield begun.result(120)
    finally:
        ended.set_result(None)
        thread.join(120)


def front_desk() -> Assistant:
    """Speaks tones, hears what it is told."""
    replies = (
        "Of course. Let me find you another time. Which day would suit you better?",
        "Friday afternoon at ten past two. Good. Type your customer number on the keypad, please.",
        "Thank you, that is done. Goodbye.",
    )
    hears = ("", "Hi, I need to move my appointment on Thursday.", "Friday. After lunch, if you can.")
    voice = Provider("tone", {"ms_per_character": 45})
    return assistant(replies, hears, name="Front desk", greeting=GREETING, tts=voice)


async def make_calls(server: InProcessServer) -> int:
    """A call with a cough, an interruption and keys; one whose model fails; and one in which much goes wrong,
    whose number is returned."""
    billing = assistant([ScriptedReply(ends="unavailable")], ["What do I owe you?"], name="Billing line")
    *_, broken = await asyncio.gather(
        play(
            server,
            front_desk(),
            Step(WhileAgent(600), Cough(300)),
            Step(WhileAgent(2300), Tone(300, 1100)),
            Step(AfterAgent(), Tone(300, 900)),
            Step(AfterAgent(), Keys("4271#")),
            Step(AfterAgent(1200), HangUp()),
        ),
        play(server, billing, Step(AfterAgent(), Tone(300, 700))),
        make_broken_call(server),
    )
    return broken

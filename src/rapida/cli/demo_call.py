"""The demo's call: start the platform, ring its front desk, show the call, stay up for more."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from rich.console import Console

from .. import app
from ..assistant import Assistant
from ..call.commands import Entry, RecordEntry
from ..demo import front_desk, hears_free_speech
from ..engine.live import Glimpse
from ..errors import ConfigurationError, SettingsError
from ..node.clock import utc_now
from ..node.files import Paths
from ..node.peers import DEAD_AFTER
from ..providers.local_speech import local_choice
from ..settings import Settings
from ..simulator.twilio.chaos import Chaos
from ..simulator.twilio.line import CALLED as TO
from ..simulator.twilio.line import CALLER as FROM
from ..simulator.twilio.line import place_call
from ..simulator.twilio.report import CallReport
from ..simulator.twilio.running import Note
from ..simulator.twilio.script import AfterAgent, Cough, Keys, Say, Script, Step, WhileAgent
from ..simulator.twilio.sounds import Speak
from ..store import deployments, servers
from ..workspace.demo import Demo as Installed
from . import BEGAN_S, keyboard
from .addresses import noted as noted_address
from .caller_voice import speaking
from .demo import Begun
from .local import as_phone_demo
from .local_store import reading
from .phone import DemoLine, Number, read_line
from .running import as_started
from .screen import Screen
from .sound_card import SoundCard

SAYING = Script(
    (
        Step(WhileAgent(2000), Cough(250)),
        Step(WhileAgent(4500), Say("Hello, this is Anna Miller. I need an appointment.")),
        Step(AfterAgent(), Say("On Friday at three.")),
        Step(AfterAgent(), Say("Yes.")),
        Step(AfterAgent(), Say("Where can I park?")),
        Step(AfterAgent(), Say("Actually, make it half past three.")),
        Step(AfterAgent(), Say("Yes, please.")),
        Step(AfterAgent(), Say("No, thank you.")),
    ),
    name="demo",
)
"""A cough that is no interruption, a wish that is one, a question in between, a correction, a goodbye."""
CHOOSING = Script(
    (
        Step(WhileAgent(2000), Cough(250)),
        Step(WhileAgent(5500), Say("Opening hours.")),
        Step(AfterAgent(), Keys("4271")),
        Step(AfterAgent(), Say("Yes.")),
        Step(AfterAgent(), Say("No.")),
    ),
    name="demo",
)
"""What a caller of an ear of phrases says: a choice, digits by key, an answer, a goodbye."""
KEYS = "0123456789*#"
Told = tuple[tuple[str, str], ...]
"""What the agent says to each of the caller's turns, behind what is wrong if it was never heard."""
TOLD_SAYING: Told = (
    ("the wish for an appointment was not understood", "For which day"),
    ("the day and the time were not understood", "Anna Miller"),
    ("the yes was not understood", "Shall I book that"),
    ("the question in between was not answered", "parking behind the building"),
    ("the correction was not understood", "3:30 PM"),
    ("the appointment was not booked", "You have an appointment"),
    ("the no was not understood", "Goodbye"),
)
TOLD_CHOOSING: Told = (
    ("the opening hours were not understood", "We are open"),
    ("the digits did not arrive", "four two seven one"),
    ("the yes was not understood", "I have noted your call"),
    ("the no was not understood", "Goodbye"),
)
CALLER, ANSWERS = (SAYING, TOLD_SAYING) if hears_free_speech() else (CHOOSING, TOLD_CHOOSING)
"""What the caller of this machine's demo says, and what it is told."""


async def held(settings: Settings, out: Console, card: SoundCard | None, begun: Begun) -> bool:
    """The demo from its server's start; whether the call reached its end. Raises `RapidaError`."""
    await keep_from_public(settings)
    out.print(f"Starting the platform in {settings.data_dir} …")
    async with _running(settings, begun) as rapida:
        if rapida.demo is None:
            raise ConfigurationError(
                "this directory's demo assistant was removed, or put on the phone as your own: run the "
                "demo beside it, with `RAPIDA_DATA_DIR=./demo-data make demo`"
            )
        with noted_address(settings, rapida.port):
            assistant = front_desk(rapida.demo.assistant_id)
            out.print(f"Listening at {rapida.address}. Waking {local_speech(assistant)} …")
            await rapida.connector.warm(assistant)
            return await _show(rapida, rapida.demo, out, card)


def local_speech(assistant: Assistant) -> str:
    """Which voice and ear an assistant without keys has, and why it is not the better one of this machine."""
    voice, ear = local_choice("tts"), local_choice("stt")
    taken = ((voice, assistant.tts.name), (ear, assistant.stt.name))
    lacking = [why for choice, name in taken if choice.name == name for why in choice.lacking]
    said = f"the local voice ({assistant.tts.name}) and ear ({assistant.stt.name})"
    return said + "".join(f"; not {why}" for why in lacking)


async def _show(rapida: app.Rapida, installed: Installed, out: Console, card: SoundCard | None) -> bool:
    """The call, and whatever is rung afterwards; whether the call reached its end."""
    out.print(f"Ringing the front desk, {_ran_s():.2f} s after this program began to run …\n")
    screen, entries = Screen(out), dict[int, Entry]()
    leave = rapida.live.watch(lambda glimpse: _see(glimpse, screen, entries))
    line = as_phone_demo(installed, f"127.0.0.1:{rapida.port}")
    report = await (_talk(line, card, out) if card else _ring(line, out))
    await rapida.calls.idle()
    failure = report.failure or ("" if card else misunderstanding(list(entries.values()), ANSWERS))
    conversation = rapida.calls.latest
    recording = Paths(rapida.settings.data_dir).recording(conversation)
    screen.conclude(recording, f"{as_started()} replay {conversation}", rapida.address, failure)
    if card is None and sys.stdin.isatty() and sys.stdout.isatty():
        await _stay_up(out)
    leave()
    return not failure


async def _stay_up(out: Console) -> None:
    """Until Ctrl-C, which then says nothing against the call that was shown."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, ended.set)
    out.print("Still up; Ctrl-C ends it. From a second terminal, in this directory:")
    out.print(f'    {as_started()} phone --say "leave a message"\n', soft_wrap=True, markup=False)
    await ended.wait()
    loop.remove_signal_handler(signal.SIGINT)


async def keep_from_public(settings: Settings) -> None:
    """Starting switches the demo on, which a running server with a public host has switched off.

    Raises `ConfigurationError` while there is such a server.
    """
    async with reading(settings) as tx:
        deployment = await deployments.demo(tx) if tx is not None else None
        if tx is None or deployment is None or deployment.enabled:
            return
        # The mark is no key's, so that every living server lacks it.
        running = await servers.without_key(tx, "", utc_now() - DEAD_AFTER)
    if running:
        raise ConfigurationError(
            f"a server with a public host uses this database ({', '.join(running)}): give the demo another "
            "RAPIDA_DATA_DIR, and no RAPIDA_DATABASE_URL"
        )


def _see(glimpse: Glimpse, screen: Screen, entries: dict[int, Entry]) -> None:
    screen.show(glimpse)
    if isinstance(glimpse.what, RecordEntry):
        entries[glimpse.what.entry_id] = glimpse.what.entry


def misunderstanding(entries: Sequence[Entry], told: Told) -> str:
    """Why a call did not reach its end by speech, from its transcript; empty if it did.

    A flow hangs up politely when it understands nothing: that the call is over says little.
    """
    agent = [entry for entry in entries if entry.speaker == "agent"]
    if not agent or not agent[0].cut:
        return "the greeting was not interrupted"
    heard = iter(agent[1:])
    for problem, words in told:
        if not any(words in entry.heard for entry in heard):
            return problem
    turns = sum(entry.speaker == "caller" and entry.kind != "opening" for entry in entries)
    return "" if turns == len(told) else f"the caller had {len(told)} turns, and {turns} were heard"


@asynccontextmanager
async def _running(settings: Settings, begun: Begun) -> AsyncGenerator[app.Rapida]:
    """The platform on its usual port, or on any other when that is taken."""
    try:
        async with app.running(settings, drain_s=0.0, begun=begun) as rapida:
            yield rapida
    except SettingsError as taken:
        if taken.name != "RAPIDA_PORT" or settings.port == 0:
            raise
        async with app.running(replace(settings, port=0), drain_s=0.0, begun=begun) as rapida:
            yield rapida


async def _ring(demo: DemoLine, out: Console) -> CallReport:
    """The call of the simulated caller, whose voice is started once the agent is heard.

    It takes a second of a core, for which the greeting would wait; the first words come seconds later.
    """
    line, heard = read_line(Number(), demo, FROM.number, TO.number, Chaos()), asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        voice: Speak | None = None

        async def speak(text: str) -> bytes:
            nonlocal voice
            await heard.wait()
            voice = voice or await stack.enter_async_context(speaking(CALLER))
            return await voice(text) if voice else b""

        return await place_call(line, CALLER, speak=speak, note=_greeting(out, heard.set), meanwhile=True)


async def _talk(demo: DemoLine, card: SoundCard, out: Console) -> CallReport:
    """A call of the person at this machine."""
    out.print("You are the caller; with a headset the agent does not hear itself.")
    out.print("The keys 0-9, * and # are the telephone's; q hangs up.\n")
    line = read_line(Number(), demo, FROM.number, TO.number, Chaos())
    with keyboard.attached(KEYS, card.press, card.hang_up), card.flowing():
        return await place_call(line, note=_greeting(out), handset=card)


def _greeting(out: Console, then: Callable[[], None] = lambda: None) -> Note:
    """Tells that the agent is heard at the phone for the first time, at that very moment."""
    heard = False

    def note(at_s: float, text: str) -> None:
        nonlocal heard
        del at_s  # of the call, which began when everything had been started
        if text == "the agent speaks" and not heard:
            heard = True
            out.print(f"The greeting is heard, {_ran_s():.2f} s after this program began to run.")
            then()

    return note


def _ran_s() -> float:
    return time.monotonic() - BEGAN_S

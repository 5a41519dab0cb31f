"""The words of the acceptance tests: a whole server, a number to ring, and what is kept of a call afterwards.

Everything goes over real sockets: the simulated phone signs, rings, listens and hangs up as Twilio would, and
knows nothing of the server but its address. Sound is made of tones, so that what was heard can be compared
byte by byte with what the voice makes of the transcript.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import httpx
import msgspec
import numpy as np
from sqlalchemy import func, select

from rapida import app
from rapida.assistant import Assistant, Idle, Provider, TurnTaking
from rapida.audio import wav
from rapida.call.commands import Entry, Stages
from rapida.call.happenings import Happening, ProviderFailed
from rapida.llm.scripted import ScriptedReply
from rapida.node.clock import utc_now
from rapida.settings import Settings
from rapida.simulator.twilio.chaos import Chaos
from rapida.simulator.twilio.faults import Fault
from rapida.simulator.twilio.line import Line, place_call
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.report import CallReport
from rapida.simulator.twilio.script import Script, Step
from rapida.store import Store, assistants, contexts, conversations, deployments, events, recordings, turns
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation
from rapida.store.events import DatedHappening
from rapida.store.recordings import Recording
from rapida.store.tables import contexts as contexts_table
from rapida.store.tables import conversations as conversations_table
from rapida.telemetry.journal import Reading
from rapida.telemetry.journal import read as read_journal
from rapida.tts.tone import Tone
from tests.doubles.clock_double import StoppableClock
from tests.doubles.store_double import StoreDouble

MS_PER_CHARACTER = 20
GREETING = "Welcome, how can I help?"
PREFIX = "/v1/talk/twilio"

QUICK = TurnTaking(silence_ms=320)
"""Turns that are over soon, so that a call takes a second or two."""


def assistant(
    replies: Sequence[ScriptedReply | str] = ("Fine.",), hears: Sequence[str] = (), **changes: Any
) -> Assistant:
    """An assistant of the simplest providers: it speaks tones, thinks from a list, hears what it is told."""
    script = [reply if isinstance(reply, ScriptedReply) else ScriptedReply(reply) for reply in replies]
    plain = Assistant(
        id=0,
        version=1,
        name="acceptance",
        stt=Provider("scripted", {"lines": list(hears), "final_ms": 2000}),
        llm=Provider("scripted", {"replies": msgspec.to_builtins(script)}),
        tts=Provider("tone", {"ms_per_character": MS_PER_CHARACTER}),
        vad=Provider("energy"),
        greeting=GREETING,
        turn=QUICK,
        idle=Idle(timeout_s=30),
    )
    return msgspec.structs.replace(plain, **changes)


async def spoken(text: str) -> bytes:
    """What the assistant's voice makes of a text."""
    voice = Tone(Tone.Options(ms_per_character=MS_PER_CHARACTER))
    await voice.start()
    return b"".join([sound.ulaw async for sound in voice.synthesize(text)])


def ms(ulaw: bytes) -> float:
    return len(ulaw) / 8


_H = TypeVar("_H", bound=Happening)


@dataclass(frozen=True)
class Kept:
    """What the store and the disk hold of one conversation."""

    conversation: Conversation
    contexts: list[Context]
    lines: list[turns.TranscriptLine]
    timings: list[turns.TurnTiming]
    happenings: list[DatedHappening]
    recordings: list[Recording]
    data_dir: Path

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(line.entry.speaker, line.entry.text) for line in self.lines]

    def entries(self, speaker: str) -> list[Entry]:
        return [line.entry for line in self.lines if line.entry.speaker == speaker]

    @property
    def heard_text(self) -> str:
        """All that the caller heard, as the transcript has it, joined without blanks between the lines."""
        return "".join(entry.heard for entry in self.entries("agent"))

    def happened(self, kind: type[_H]) -> list[_H]:
        return [each.happening for each in self.happenings if isinstance(each.happening, kind)]

    def failed(self, family: str) -> list[str]:
        """The reasons of the failures of a family's providers."""
        return [each.reason for each in self.happened(ProviderFailed) if each.family == family]

    def journal(self) -> Reading:
        assert self.conversation.journal_path is not None
        return read_journal(self.data_dir / self.conversation.journal_path)

    def sound(self) -> tuple[np.ndarray, np.ndarray]:
        """The recording's left and right side, 16 bit."""
        (recording,) = self.recordings
        found = wav.read((self.data_dir / recording.path).read_bytes())
        assert (found.format.channels, found.format.rate_hz) == (2, 8000)
        both = np.frombuffer(found.data, "<i2").reshape(-1, 2)
        assert abs(len(both) / 8 - recording.duration_ms) <= 1
        return both[:, 0], both[:, 1]


def sounding(samples: np.ndarray) -> np.ndarray:
    """Samples without their silence: what is left to compare when only the length of pauses may differ."""
    return samples[samples != 0]


def first_sound_s(samples: np.ndarray) -> float:
    return int(np.flatnonzero(samples)[0]) / 8000


def wrong(report: CallReport) -> list[Fault]:
    """What Twilio would complain about."""
    return report.faults


def parts_of(stages: Stages) -> list[int]:
    return [
        getattr(stages, name) for name in Stages.__struct_fields__ if name not in ("total_us", "saved_us")
    ]


@dataclass
class RunningServer:
    """Where a server answers, whichever process it lives in, and what it keeps."""

    store: Store
    data_dir: Path
    account: Account
    host: str
    address: str

    def line(self, number: int, chaos: Chaos | None = None, **changes: Any) -> Line:
        base = f"https://{self.host}{PREFIX}"
        plain = Line(
            self.account,
            f"{base}/call/{number}",
            f"{base}/event/{number}",
            connect=self.address,
            chaos=chaos or Chaos(),
        )
        return replace(plain, **changes)

    async def ring(
        self, number: int, *steps: Step, chaos: Chaos | None = None, within_s: float = 120, **changes: Any
    ) -> CallReport:
        """Ring a number, do the steps; ends when the phone has delivered its last callback."""
        async with asyncio.timeout(within_s):
            return await place_call(self.line(number, chaos, **changes), Script(steps, limit_s=within_s - 2))

    async def get(self, path: str) -> httpx.Response:
        """What an operator's request to this machine is answered."""
        async with httpx.AsyncClient() as client:
            return await client.get(f"http://{self.address}{path}")

    async def recorded(self, conversation_id: int, within_s: float = 120) -> Kept:
        """What is kept of a conversation, as soon as its outcome is written."""
        async with asyncio.timeout(within_s):
            while (found := await kept(self.store, self.data_dir, conversation_id)) and (
                found.conversation.recorded_at is None
            ):
                await asyncio.sleep(0.05)
        return found

    async def counted(self) -> tuple[int, int]:
        """How many conversations and contexts there are."""
        return await counted(self.store)


@dataclass
class InProcessServer(RunningServer):
    """A server in this very process."""

    rapida: app.Rapida

    @property
    def database(self) -> StoreDouble:
        """The server's database, for a test that lets it fail."""
        assert isinstance(self.store, StoreDouble)
        return self.store

    @classmethod
    def of(cls, rapida: app.Rapida) -> InProcessServer:
        demo, port = rapida.demo, rapida.port
        assert demo is not None
        account = Account(demo.account, demo.secret["account_token"])
        return cls(
            store=rapida.node.store,
            data_dir=rapida.settings.data_dir,
            account=account,
            host=rapida.settings.public_host or f"localhost:{port}",
            address=f"127.0.0.1:{port}",
            rapida=rapida,
        )

    async def install(self, wanted: Assistant, **deployment: Any) -> int:
        """Make an assistant answer, proved by the demo's credential; returns its id."""
        return await install(self.store, wanted, **deployment)

    async def idle(self, within_s: float = 120) -> None:
        """Until no call is held, and the last one's record is written."""
        async with asyncio.timeout(within_s):
            await self.rapida.calls.idle()

    async def kept(self, conversation_id: int | None = None) -> Kept:
        """What is kept of a conversation (of the latest, unless told) once its call is over."""
        await self.idle()
        return await kept(self.store, self.data_dir, conversation_id or self.rapida.calls.latest)

    async def kept_of(self, report: CallReport) -> Kept:
        """What is kept of a call, as soon as its outcome is written."""
        table = contexts_table.c
        wanted = table.carrier_account == self.account.sid, table.carrier_call_id == report.call_sid
        async with self.store.read() as tx:
            found = await tx.scalar(select(table.conversation_id).where(*wanted))
        assert found is not None
        return await self.recorded(found)

    def metric(self, name: str, **labels: str) -> float:
        return self.rapida.metrics.registry.get_sample_value(name, labels) or 0.0

    def closed(self, code: int) -> float:
        return self.metric("rapida_sockets_closed_total", code=str(code))


async def install(store: Store, wanted: Assistant, **deployment: Any) -> int:
    """Make an assistant answer, proved by the demo's credential; returns its id."""
    async with store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        now = utc_now()
        made = await assistants.create(tx, demo.project_id, wanted, now)
        given = {"carrier": demo.carrier, "credential_id": demo.credential_id, "demo": True} | deployment
        await deployments.put_phone(tx, demo.project_id, made.id, now=now, **given)
    return made.id


async def kept(store: Store, data_dir: Path, conversation_id: int) -> Kept:
    async with store.read() as tx:
        conversation = await conversations.find(tx, conversation_id)
        found = await tx.execute(
            select(contexts_table.c.id).where(contexts_table.c.conversation_id == conversation_id)
        )
        ids = found.scalars().all()
        return Kept(
            conversation=conversation,
            contexts=[each for key in ids if (each := await contexts.find(tx, key)) is not None],
            lines=await turns.transcript(tx, conversation_id),
            timings=await turns.timings(tx, conversation_id),
            happenings=await events.of_conversation(tx, conversation_id),
            recordings=await recordings.of_conversation(tx, conversation_id),
            data_dir=data_dir,
        )


async def counted(store: Store) -> tuple[int, int]:
    async with store.read() as tx:
        tables = (conversations_table, contexts_table)
        first, second = [
            (await tx.execute(select(func.count()).select_from(table))).scalar_one() for table in tables
        ]
    return first, second


@dataclass
class Machine:
    """What the process that plays server and phone was given to run on."""

    stalled_s: float = 0.0
    """For how long it stood still at most: both sides' clocks went on, and nobody's sound."""


LOOK_EVERY_S = 0.01


@asynccontextmanager
async def watched() -> AsyncIterator[Machine]:
    """How the machine does while the block runs."""
    machine, loop = Machine(), asyncio.get_running_loop()

    async def look() -> None:
        while True:
            before = loop.time()
            await asyncio.sleep(LOOK_EVERY_S)
            machine.stalled_s = max(machine.stalled_s, loop.time() - before - LOOK_EVERY_S)

    looking = asyncio.create_task(look())
    try:
        yield machine
    finally:
        looking.cancel()


@dataclass(frozen=True)
class MadeCall:
    """One call: what the phone reports, what is kept, and for how long the machine stalled meanwhile."""

    report: CallReport
    kept: Kept
    stalled_s: float


async def play(server: InProcessServer, wanted: Assistant, *steps: Step, **changes: Any) -> MadeCall:
    """Install an assistant and ring it; many calls may be made at once."""
    async with watched() as machine:
        report = await server.ring(await server.install(wanted), *steps, **changes)
    return MadeCall(report, await server.kept_of(report), machine.stalled_s)


Scripted = Callable[[InProcessServer], Awaitable[MadeCall]]
AUDIBLE_S = 0.15
"""The phone holds 200 ms of the agent's sound: a shorter stall than this leaves no trace in a call."""


def steady(script: Scripted) -> Scripted:
    """A call whose claims are about instants: when the machine stalled in it, it is made again."""

    async def played(server: InProcessServer) -> MadeCall:
        for _ in range(5):
            call = await script(server)
            if call.stalled_s < AUDIBLE_S:
                break
        return call

    return played


def announcement(text: str = GREETING) -> Assistant:
    """Says one thing and hangs up: its caller need not tell from a silence that it has been said."""
    script = f"failed: said\nstates:\n  said: {{say: {text!r}, end: true}}\n"
    return assistant(greeting="", llm=Provider("flow", {"script": script}))


_TEMPLATE: list[Path] = []


async def _fresh(data_dir: Path) -> None:
    """A data directory as a first start leaves it, made once and then copied."""
    if not _TEMPLATE:
        _TEMPLATE.append(Path(mkdtemp(prefix="rapida-acceptance-")))
        atexit.register(shutil.rmtree, _TEMPLATE[0], ignore_errors=True)
        async with app.running(Settings(data_dir=_TEMPLATE[0], host="127.0.0.1", port=0), drain_s=0.0):
            pass
    shutil.copytree(_TEMPLATE[0], data_dir)


@asynccontextmanager
async def opened(
    data_dir: Path, *, door: app.Door = "picows", busy_timeout_ms: int = 5000, **settings: Any
) -> AsyncIterator[InProcessServer]:
    """A server on a free port; the demo's credential proves the carrier."""
    if not data_dir.exists():
        await _fresh(data_dir)
    # Our own doubles are what assistants ask.
    settings = {"allow_hosts": ("127.0.0.1",), "port": 0} | settings
    chosen = Settings(data_dir=data_dir, host="127.0.0.1", **settings)
    store = partial(StoreDouble, busy_timeout_ms=busy_timeout_ms)
    own: dict[str, Any] = {"open_store": store, "clock": StoppableClock()}
    async with app.running(chosen, drain_s=0.0, door=door, **own) as rapida:
        yield InProcessServer.of(rapida)


async def until(happened: Callable[[], object], within_s: float = 120) -> None:
    """Let the loop run until something has happened; a test that waits for ever fails here."""
    async with asyncio.timeout(within_s):
        while not happened():
            await asyncio.sleep(0.005)

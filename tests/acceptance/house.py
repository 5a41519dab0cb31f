"""The words of the acceptance tests: a whole server, a number to ring, and what is kept of a call afterwards.

Everything goes over real sockets: the simulated phone signs, rings, listens and hangs up as Twilio would, and
knows nothing of the server but its address. Sound is made of tones, so that what was heard can be compared
byte by byte with what the voice makes of the transcript.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import func, select

from rapida import app
from rapida.assistant import Assistant, Idle, Provider, TurnTaking
from rapida.audio import wav
from rapida.call.commands import Entry, Stages
from rapida.llm.scripted import ScriptedReply
from rapida.phone.chaos import Chaos
from rapida.phone.faults import Fault
from rapida.phone.line import Line, place_call
from rapida.phone.network import Account
from rapida.phone.report import CallReport
from rapida.phone.script import Script, Step
from rapida.settings import Settings
from rapida.store import Store, assistants, contexts, conversations, deployments, events, recordings, turns
from rapida.store.contexts import Context
from rapida.store.conversations import Conversation
from rapida.store.events import Happening
from rapida.store.recordings import Recording
from rapida.store.tables import contexts as contexts_table
from rapida.store.tables import conversations as conversations_table
from rapida.switchboard.clock import utc_now
from rapida.telemetry.journal import Reading
from rapida.telemetry.journal import read as read_journal
from rapida.tts.tone import Tone

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
        stt=Provider("dictation", {"lines": list(hears)}),
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


@dataclass(frozen=True)
class Kept:
    """What the store and the disk hold of one conversation."""

    conversation: Conversation
    contexts: list[Context]
    lines: list[turns.Line]
    timings: list[turns.Timing]
    happenings: list[Happening]
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

    def named(self, name: str) -> list[Happening]:
        return [each for each in self.happenings if each.name == name]

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
    """What Twilio would complain about, but for the one attribute that the seed itself prescribes."""
    return [fault for fault in report.faults if "statusCallbackEvent" not in fault.detail]


def parts_of(stages: Stages) -> list[int]:
    return [
        getattr(stages, name) for name in Stages.__struct_fields__ if name not in ("total_us", "saved_us")
    ]


@dataclass
class House:
    """A running server and its numbers."""

    rapida: app.Rapida
    data_dir: Path
    account: Account
    host: str

    @property
    def store(self) -> Store:
        return self.rapida.exchange.store

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.rapida.port}"

    async def install(self, wanted: Assistant, **deployment: Any) -> int:
        """Make an assistant answer, proved by the demo's credential; returns its id."""
        return await install(self.store, wanted, **deployment)

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
        self, number: int, *steps: Step, chaos: Chaos | None = None, within_s: float = 30, **changes: Any
    ) -> CallReport:
        """Ring a number, do the steps; ends when the phone has delivered its last callback."""
        async with asyncio.timeout(within_s):
            return await place_call(self.line(number, chaos, **changes), Script(steps, limit_s=within_s - 2))

    async def idle(self, within_s: float = 15) -> None:
        """Until no call is held, and the last one's record is written."""
        async with asyncio.timeout(within_s):
            await self.rapida.connector.idle()

    async def kept(self, conversation_id: int | None = None) -> Kept:
        """What is kept of a conversation (of the latest, unless told) once its call is over."""
        await self.idle()
        return await kept(self.store, self.data_dir, conversation_id or self.rapida.connector.latest)

    async def counted(self) -> tuple[int, int]:
        """How many conversations and contexts there are."""
        return await counted(self.store)

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
        given = {"credential_id": demo.credential_id, "demo": True} | deployment
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


@asynccontextmanager
async def opened(data_dir: Path, *, door: app.Door = "picows", **settings: Any) -> AsyncIterator[House]:
    """A server on a free port; the demo's credential proves the carrier."""
    chosen = Settings(data_dir=data_dir, host="127.0.0.1", port=0, **settings)
    async with app.running(chosen, drain_s=0.0, door=door) as rapida:
        demo = rapida.demo
        assert demo is not None
        account = Account(demo.account_sid, demo.account_token)
        yield House(rapida, data_dir, account, chosen.public_host or f"localhost:{rapida.port}")


async def until(happened: Callable[[], object], within_s: float = 15) -> None:
    """Let the loop run until something has happened; a test that waits for ever fails here."""
    async with asyncio.timeout(within_s):
        while not happened():
            await asyncio.sleep(0.005)

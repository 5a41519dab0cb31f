"""A call in which much goes wrong at once, so that its page has to explain it: the ear's stream breaks and is
opened anew, a tool is slow, a cough is taken for an interruption, keys are pressed over the agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rapida.assistant import Deadlines, Provider
from rapida.llm.scripted import ScriptedReply
from rapida.node.clock import utc_now
from rapida.simulator.twilio.script import AfterAgent, Cough, HangUp, Keys, Step, Tone, WhileAgent
from rapida.store import credentials, deployments
from tests.acceptance.server import InProcessServer, assistant, play
from tests.doubles.deepgram_double import Conduct, DeepgramDouble

NAME = "Evening desk"
WORDS = "Is there anything on Friday after lunch?"
SLOTS = "Ten past two is free, and four o'clock. Which of them suits you?"
ANSWER = "Ten past two is good."
BREAKS_AFTER_S = 3.7
"""Seconds of sound: in the midst of the caller's sentence, which begins after the greeting."""
TOOL_S = 1.6
"""Longer than the filler's deadline below."""


async def make_broken_call(server: InProcessServer) -> int:
    """The call, by the simulated phone over real sockets; returns its number."""
    ear = DeepgramDouble(says=WORDS, conducts=[Conduct(after_s=BREAKS_AFTER_S, then="drop")])
    async with ear.running(), _slow_calendar() as calendar:
        listening = asyncio.create_task(_hear(ear))
        wanted = assistant(
            (
                ScriptedReply(
                    "Let me look.",
                    tool="find_slots",
                    then="Ten past two is free, and four o'clock. Which of them suits you?",
                ),
                "Good. Now type your customer number on the keypad, and then the hash key, please.",
                "Thank you, that is done.",
            ),
            name=NAME,
            greeting="Larkfield Dental, good evening. What can I do for you?",
            stt=Provider("deepgram", {"base_url": ear.url}, await _key(server, ear.url)),
            tts=Provider("tone", {"ms_per_character": 45}),
            tools=(Provider("http", {"name": "find_slots", "description": "Free slots", "url": calendar}),),
            deadlines=Deadlines(filler_ms=600),
        )
        made = await play(
            server,
            wanted,
            Step(AfterAgent(), Tone(300, 1500)),
            Step(WhileAgent(1500), Cough(300)),
            Step(AfterAgent(1200), Tone(300, 900)),
            Step(WhileAgent(1500), Keys("4271#")),
            Step(AfterAgent(1200), HangUp()),
        )
        await listening
    return made.kept.conversation.id


async def _hear(ear: DeepgramDouble) -> None:
    """Words, then a cough, of which none come, then words again: each when what was before is transcribed."""
    for number, words in enumerate(("", ANSWER), start=1):
        await ear.until(lambda asked=number: len(ear.streams) > 1 and _transcribed(ear) >= asked)
        ear.says = words


def _transcribed(ear: DeepgramDouble) -> int:
    return ear.streams[1].controls.count("Finalize")


async def _key(server: InProcessServer, url: str) -> int:
    """A credential that may be used at the ear's address."""
    node = server.rapida.node
    async with node.store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        secret = {"api_key": "the-key-of-the-ear"}
        draft = credentials.CredentialDraft(
            demo.project_id, "deepgram", "Larkfield ear", secret, base_url=url
        )
        return (await credentials.create(tx, node.vault, draft, utc_now())).id


@asynccontextmanager
async def _slow_calendar() -> AsyncIterator[str]:
    """The address of a calendar that answers late."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(TOOL_S)
        body = b'{"slots": "Friday 14:10, Friday 16:00"}'
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as serving:
        yield f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}/slots"

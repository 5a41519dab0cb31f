"""A whole call on three vendors' own protocols: Deepgram, chat completions as OpenAI's, ElevenLabs.

Each vendor is a local double of its documented wire. The voice draws its first words out, so that a cut by
the vendor's word timings cannot be mistaken for one by the share of the sentence's length.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rapida.assistant import Provider
from rapida.node.clock import utc_now
from rapida.simulator.twilio.report import CallReport
from rapida.simulator.twilio.script import AfterAgent, HangUp, Step, Tone, WhileAgent
from rapida.store import credentials, deployments
from tests.doubles.deepgram_double import DeepgramDouble
from tests.doubles.elevenlabs_double import ElevenLabsDouble
from tests.doubles.http_double import Request
from tests.doubles.openai_double import OpenAIDouble

from .server import InProcessServer, Kept, assistant, ms, wrong

GREETING = "Welcome."
LONG = "We are open today from nine until six, and tomorrow from ten until four, all but the first hour."
AFTERWARDS = "As you wish."
HEARD = "opening hours please"
DRAWN_OUT_MS = {"We": 600, "are": 600, "open": 4000}
"""The third word of the answer sounds from 1,320 to 5,320 ms: no stall carries a cut out of it."""
INTO_THE_THIRD_MS = 2200
CHARACTER_MS = 60
PIECE_CHARACTERS = 7


def characters(text: str) -> Iterator[tuple[str, int]]:
    """Each character of a text with how long it sounds."""
    for nth, word in enumerate(text.split(" ")):
        if nth:
            yield " ", CHARACTER_MS
        whole_ms = DRAWN_OUT_MS.get(word, CHARACTER_MS * len(word))
        for character in word:
            yield character, whole_ms // len(word)


def sound_of(character: str, length_ms: int) -> bytes:
    """A loud code of its own for every character."""
    return bytes([ord(character) % 64]) * (8 * length_ms)


def spoken(text: str) -> bytes:
    """What the voice makes of a text."""
    return b"".join(sound_of(character, length) for character, length in characters(text))


def words_within(text: str, heard_ms: float) -> str:
    """The words of a text that lie wholly within its first so many milliseconds."""
    words = text.split(" ")
    ends = [len(spoken(" ".join(words[:count]))) / 8 for count in range(1, len(words) + 1)]
    return " ".join(word for word, end_ms in zip(words, ends, strict=True) if end_ms <= heard_ms)


class Voice(ElevenLabsDouble):
    """Speaks some words slowly, and says so in its timings."""

    def pieces(self, request: Request) -> list[bytes]:
        timed, at_ms = list[tuple[str, int, int]](), 0
        for character, length in characters(request.json["text"]):
            timed.append((character, at_ms, at_ms + length))
            at_ms += length
        return [_piece(timed[at : at + PIECE_CHARACTERS]) for at in range(0, len(timed), PIECE_CHARACTERS)]


def _piece(timed: list[tuple[str, int, int]]) -> bytes:
    sound = b"".join(sound_of(character, end - start) for character, start, end in timed)
    alignment = {
        "characters": [character for character, _, _ in timed],
        "character_start_times_seconds": [start / 1000 for _, start, _ in timed],
        "character_end_times_seconds": [end / 1000 for _, _, end in timed],
    }
    line = {"audio_base64": base64.b64encode(sound).decode(), "alignment": alignment}
    return json.dumps(line).encode() + b"\n"


class Model(OpenAIDouble):
    """Looks at the clock before it answers the first question; to the next one it gives way."""

    def pieces(self, request: Request) -> list[bytes]:
        said = request.json["messages"]
        if said[-1]["role"] == "tool":
            self.words, self.tool_deltas = tuple(f"{word} " for word in LONG.split()), ()
        elif any(each["role"] == "tool" for each in said):
            self.words, self.tool_deltas = (AFTERWARDS,), ()
        else:
            called = {"name": "clock", "arguments": '{"zone": "Europe/Berlin"}'}
            self.words = ()
            self.tool_deltas = ({"index": 0, "id": "call_1", "type": "function", "function": called},)
        return super().pieces(request)


@dataclass
class Vendors:
    ear: DeepgramDouble
    mind: Model
    voice: Voice


@pytest.fixture
async def vendors() -> AsyncIterator[Vendors]:
    found = Vendors(DeepgramDouble(says=HEARD), Model(), Voice())
    async with found.ear.running(), found.mind.running(), found.voice.running():
        yield found


async def configured(server: InProcessServer, name: str, url: str, **options: Any) -> Provider:
    """A vendor at an address of ours, with a key in the vault that may go there."""
    node = server.rapida.node
    async with node.store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        secret = {"api_key": f"{name}-key"}
        draft = credentials.CredentialDraft(demo.project_id, name, name, secret, base_url=url)
        made = await credentials.create(tx, node.vault, draft, utc_now())
    return Provider(name, options | {"base_url": url}, made.id)


async def interrupted_call(server: InProcessServer, vendors: Vendors) -> tuple[CallReport, Kept]:
    wanted = assistant(
        greeting=GREETING,
        stt=await configured(server, "deepgram", vendors.ear.url),
        llm=await configured(server, "openai", f"{vendors.mind.url}/v1", model="m"),
        tts=await configured(server, "elevenlabs", vendors.voice.url, voice_id="v1"),
        tools=(Provider("clock"),),
    )
    report = await server.ring(
        await server.install(wanted),
        Step(AfterAgent(300), Tone(300, 800)),
        Step(WhileAgent(INTO_THE_THIRD_MS), Tone(300, 1100)),
        Step(AfterAgent(800), HangUp()),
    )
    return report, await server.kept()


async def test_a_call_on_three_vendors_is_cut_where_the_voice_says_that_its_words_were(
    server: InProcessServer, vendors: Vendors
) -> None:
    report, kept = await interrupted_call(server, vendors)
    assert (report.failure, report.end, wrong(report)) == ("", "caller hung up", [])
    assert kept.conversation.end_reason == "caller_hangup"

    # What was heard: all of the greeting and the last answer, and of the long one a part, to the byte.
    heard = report.heard.sound
    assert heard.startswith(spoken(GREETING))
    assert heard.endswith(spoken(AFTERWARDS))
    part = heard.removeprefix(spoken(GREETING)).removesuffix(spoken(AFTERWARDS))
    assert spoken(LONG).startswith(part)
    assert len(report.heard.clears) == 1

    # What is written: as many words as the vendor's timings leave whole.
    assert kept.said == [
        ("agent", GREETING),
        ("caller", HEARD),
        ("agent", LONG),
        ("caller", HEARD),
        ("agent", AFTERWARDS),
    ]
    _, cut, after = kept.entries("agent")
    assert (cut.cut, cut.heard, after.cut) == (True, "We are", False)
    assert cut.heard == words_within(LONG, ms(part))
    by_share = LONG[: int(len(LONG) * len(part) / len(spoken(LONG)))]
    assert len(by_share.split()) > 3, "by the share of the length it would have been cut elsewhere"

    # What the vendors were told.
    called, answered, remembered = [request.json["messages"] for request in vendors.mind.requests]
    assert called[-1] == {"role": "user", "content": HEARD}
    assert (answered[-1]["role"], "Europe/Berlin" in answered[-1]["content"]) == ("tool", True)
    assert (remembered[-1]["content"], "We are" in remembered[-2]["content"]) == (HEARD, True)
    assert LONG not in json.dumps(remembered)
    assert [request.json["text"] for request in vendors.voice.requests] == [GREETING, LONG, AFTERWARDS]
    (stream,) = vendors.ear.streams
    await vendors.ear.until(lambda: stream.closed)
    assert stream.controls[-1] == "CloseStream"

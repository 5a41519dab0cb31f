"""What the callers of a benchmark say: a loop of mu-law sound, two fifths speech, the rest a quiet room.

The voice is espeak's, spoken once into the cache folder, so that anyone can run the benchmarks and everyone
runs them with the same sound.
"""

from __future__ import annotations

import asyncio
import base64
import random
from pathlib import Path
from typing import Literal

from .wire import FRAME_BYTES

CACHE = Path(".tools/bench")
SPEECH_SHARE = 0.4
COUGH_MS = 250
SENTENCES = (
    "Good morning. I would like to change my appointment, please.",
    "Tuesday afternoon would be best for me, if that is possible.",
    "My name is Anna Berger, and I live in the city center.",
    "Could you tell me what it costs, and how long it takes?",
    "Yes, that is right. Thank you very much for your help.",
)
_VOICE_LEVEL = 0x30
"""mu-law codes (sign dropped, inverted) above this are louder than about -35 dBFS."""


def room(frames: int, seed: int = 7) -> bytes:
    """The sound of a quiet line: about -66 dBFS."""
    chance = random.Random(seed)
    return bytes(chance.choice((0xFF, 0x7F, 0xFE, 0x7E)) for _ in range(frames * FRAME_BYTES))


Name = Literal["conversation", "coughs"]


def made(name: Name) -> Path:
    """The file with a loop, made when it is missing."""
    path = CACHE / f"{name}.ulaw"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        spoken = asyncio.run(_speak())
        path.write_bytes(_conversation(spoken) if name == "conversation" else _coughs(spoken))
    return path


def _conversation(spoken: list[bytes]) -> bytes:
    pause = round(sum(map(len, spoken)) / FRAME_BYTES * (1 / SPEECH_SHARE - 1) / len(spoken))
    return b"".join(each + room(pause, number) for number, each in enumerate(spoken))


def _coughs(spoken: list[bytes]) -> bytes:
    """A quarter of a second of voice, cut from the loudest place, every four seconds."""
    sound, length = spoken[0], COUGH_MS * 8
    level = [~code & 0x7F for code in sound]
    starts = range(0, len(sound) - length, FRAME_BYTES)
    best = max(starts, key=lambda at: sum(level[at : at + length]))
    return room(100, 1) + sound[best : best + length] + b"\xff" * (-length % FRAME_BYTES) + room(87, 2)


async def _speak() -> list[bytes]:
    from rapida.providers.build import build  # noqa: PLC0415  (a phone process needs none of it)
    from rapida.tts import CATALOGUE  # noqa: PLC0415

    voice = build(CATALOGUE, "espeak", {})
    await voice.start()
    try:
        return [_trim(b"".join([sound.ulaw async for sound in voice.synthesize(each)])) for each in SENTENCES]
    finally:
        await voice.aclose()


def _trim(ulaw: bytes) -> bytes:
    """Speech from its first to its last loud sample, in whole frames."""
    loud = [at for at, code in enumerate(ulaw) if (~code & 0x7F) > _VOICE_LEVEL]
    cut = ulaw[loud[0] : loud[-1] + 1]
    return cut + b"\xff" * (-len(cut) % FRAME_BYTES)


def frames(path: Path | None) -> list[bytes]:
    """The loop as base64 frames, ready to be sent; a quiet room without a file."""
    sound = path.read_bytes() if path else room(50)
    return [base64.b64encode(sound[at : at + FRAME_BYTES]) for at in range(0, len(sound), FRAME_BYTES)]


def onsets(path: Path | None) -> frozenset[int]:
    """The frames in which speech begins after at least half a second of none."""
    if path is None:
        return frozenset()
    sound = path.read_bytes()
    found: list[int] = []
    quiet = 25
    for number in range(len(sound) // FRAME_BYTES):
        part = sound[number * FRAME_BYTES : (number + 1) * FRAME_BYTES]
        if any((~code & 0x7F) > _VOICE_LEVEL for code in part):
            if quiet >= 25:
                found.append(number)
            quiet = 0
        else:
            quiet += 1
    return frozenset(found)

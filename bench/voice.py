"""The local voices over the telephone: words that the local ear misreads, CPU and time of a sentence, memory.

Every sentence is spoken as a call would have it (mu-law, 8 kHz) and heard by the local ear without any phrase
expected. Both sides are compared as the words that are said: "2:30 PM" is "two thirty PM".
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import time
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from rapida.providers import model_files
from rapida.providers.build import build
from rapida.stt.moonshine_worker import Listening, ModelPlaces, SpokenUtterance, load
from rapida.text.spoken import spoken
from rapida.tts import CATALOGUE
from rapida.tts.espeak import Espeak
from rapida.tts.hibari import Hibari
from rapida.workers.child import IDLE_S

NAME = "voice"
GOALS = {"hibari:heart": 4.0, "hibari:heart-low": 4.0}
"""The most words in a hundred that may be misread."""
VOICES = (*GOALS, "espeak:en-us")
REPEATS = 5
SENTENCES = (
    ("Thanks for calling Acme, how can I help?",) * 2,
    ("Your appointment is on Tuesday, March 14th at 2:30 PM.",) * 2,
    ("The total comes to $49.95, including tax.",) * 2,
    ("Our opening hours are 9 AM to 5 PM, Monday through Friday.",) * 2,
    ("Your confirmation number is 4 7 1 9 0 2.",) * 2,
    ("I can put you through to billing or to technical support.",) * 2,
    ("Sorry, I did not catch that. Could you say it again, please?",) * 2,
    (
        "Please call us back at 555 0134 if anything changes.",
        "Please call us back at five five five zero one three four if anything changes.",
    ),
    ("Your order of 12 boxes will arrive within 3 to 5 business days.",) * 2,
    ("Doctor Nguyen has an opening on Thursday the 21st at a quarter past eight.",) * 2,
)
"""What is written, and what is to be heard."""
_SAME = {"dr": "doctor", "oh": "zero", "&": "and"}


def run() -> dict[str, Any]:
    """Figures by voice, each with its words in a hundred misread."""
    ear = Listening(load(_places()))
    return {voice: asyncio.run(_of_voice(voice, ear)) for voice in VOICES}


def lines(figures: dict[str, Any]) -> list[str]:
    """A table in Markdown."""
    head = [
        "| voice | words misread | first sound p50 | CPU of a sentence | memory |",
        "|---|---|---|---|---|",
    ]
    rows: list[str] = []
    for voice, found in figures.items():
        goal = GOALS.get(voice)
        mark = f" (≤ {goal:g}) {'✓' if found['misread_percent'] <= goal else '✗'}" if goal else ""
        rows.append(
            f"| {voice} | {found['misread_percent']:.1f} %{mark} | {found['first_sound_p50_ms']:.0f} ms | "
            f"{found['cpu_ms']:.0f} ms for {found['sound_ms']:,.0f} ms of sound | "
            f"{found['memory_mb']:.0f} MB |"
        )
    return [*head, *rows]


async def _of_voice(named: str, ear: Listening) -> dict[str, Any]:
    provider, _, name = named.partition(":")
    voice = build(CATALOGUE, provider, {"voice": name})
    assert isinstance(voice, Hibari | Espeak)
    await voice.start()
    try:
        [process_id] = voice._pool.process_ids
        wrong = total = 0
        firsts: list[float] = []
        sounds: list[int] = []
        before_s = _cpu_s(process_id)
        for _ in range(REPEATS):
            for written, heard in SENTENCES:
                began = time.perf_counter()
                first, ulaw = 0.0, b""
                async for sound in voice.synthesize(written):
                    first = first or time.perf_counter() - began
                    ulaw += sound.ulaw
                firsts.append(first * 1000)
                sounds.append(len(ulaw) // 8)
                if len(sounds) <= len(SENTENCES):
                    wanted = words(heard)
                    wrong += Levenshtein.distance(wanted, words(ear.hear(SpokenUtterance(ulaw)).text))
                    total += len(wanted)
        cpu_s = _cpu_s(process_id) - before_s
        await asyncio.sleep(IDLE_S + 1)  # then it has given back what sentences needed
        memory = _memory_mb(process_id)
    finally:
        await voice.aclose()
    return {
        "misread_percent": 100 * wrong / total,
        "first_sound_p50_ms": statistics.median(firsts),
        "cpu_ms": 1000 * cpu_s / len(firsts),
        "sound_ms": statistics.mean(sounds),
        "memory_mb": memory,
    }


def words(text: str) -> list[str]:
    """The words that are said for a text, without marks, times of day and rows of digits all in one way."""
    said = spoken(text).lower().replace(".m.", "m").replace("-", " ")
    said = re.sub(r"\b([ap]) m\b", r"\1m", said)
    found: list[str] = re.findall(r"[a-z0-9']+|&", said)
    return [_SAME.get(word, word) for word in found]


def _places() -> ModelPlaces:
    return ModelPlaces(
        **{part: str(model_files.find(f"moonshine-{part}")) for part in ("encoder", "decoder", "tokens")},
        pinned=True,
    )


def _cpu_s(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text()
    [kilobytes] = re.findall(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) / 1000

"""The local ear, in figures: words wrong over the telephone, short answers, invented words, its cost, its
queue.

Recordings of people come from a folder given by path, or by `RAPIDA_BENCH_SPEECH`, with what is said in them
beside them: files named `…transcription` with lines `<s> words </s> (name)`, as in pocketsphinx's test data.
Without such a folder only the local voice is heard. The sentences and short answers are spoken by the local
voice. All sound passes mu-law at 8 kHz.
"""

from __future__ import annotations

import asyncio
import math
import os
import re
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from rapida.audio.g711 import RATE_HZ, encode_block
from rapida.call.commands import FinishTranscription
from rapida.call.events import Question, TranscriptFinal, TranscriptionFinished
from rapida.providers.build import build
from rapida.providers.model_files import find
from rapida.stt import CATALOGUE as EARS
from rapida.stt.base import Heard, SpeechToText
from rapida.stt.expected import phrases_for
from rapida.stt.moonshine_worker import HeardUtterance, Listening, ModelPlaces, SpokenUtterance, load
from rapida.tts import CATALOGUE as VOICES
from rapida.tts.base import TextToSpeech

from . import voice
from .speech import room
from .turns import sounds

NAME = "ear"
GOALS = {
    "words_wrong_percent": 5.0,
    "answers_not_exact": 1.0,
    "invented": 0.0,
    "last_of_ten_ms": 1500.0,
}
MIN_CONFIDENCE = 0.55
CALLS = 10
NOISE_S = 600
_BEFORE, _AFTER = room(15), room(10)
"""A call gives a recogniser so much of the line around speech."""
_STRETCH_S = (0.4, 1.0, 2.0, 4.0, 8.0)

Figures = dict[str, float]
Samples = NDArray[np.float32]

MENU = Question(
    kind="choice",
    phrases=("book a table", "cancel a booking", "opening hours", "talk to a person", "repairs", "billing"),
)
ANSWERS: dict[str, Question] = {
    **{
        text: Question(kind="yes_no")
        for text in ("yes", "no", "yes please", "no thank you", "okay", "correct")
    },
    **dict.fromkeys(MENU.phrases, MENU),
    **{
        text: Question(kind="date")
        for text in ("tomorrow", "next Monday", "on Tuesday", "Friday", "the third of March", "Saturday")
    },
    **{
        name: Question(phrases=("Anna Berger", "Tom Miller", "Zoe Walsh", "Omar Haddad"))
        for name in ("Anna Berger", "Tom Miller", "Zoe Walsh", "Omar Haddad")
    },
    **{
        text: Question(
            kind="choice", phrases=("small", "medium", "large", "extra large", "vegetarian", "mushrooms")
        )
        for text in ("small", "medium", "large", "extra large", "vegetarian", "mushrooms")
    },
    "one two three four": Question(kind="digits", min_digits=4, max_digits=4),
    "nine zero two one": Question(kind="digits", min_digits=4, max_digits=4),
}


def run(folder: str | None = None) -> Figures:
    """Every figure; people are heard only where there are recordings."""
    encoder, decoder, tokens = (str(find(f"moonshine-{part}")) for part in ("encoder", "decoder", "tokens"))
    places = ModelPlaces(encoder, decoder, tokens)
    listening = Listening(load(places))
    spoken = asyncio.run(_spoken([*ANSWERS, *(written for written, _ in voice.SENTENCES)]))
    found: Figures = {}
    found |= _words(listening, folder, spoken)
    found |= _answers(listening, spoken)
    found |= _invented(listening)
    found["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
    found |= asyncio.run(_together([spoken["the third of March"]] * CALLS))
    return found


def lines(found: Figures) -> list[str]:
    """One line for each figure, with its mark."""
    return [
        f"{name} {value:g}"
        + (f" (≤ {GOALS[name]:g}) {'✓' if value <= GOALS[name] else '✗'}" if name in GOALS else "")
        for name, value in found.items()
    ]


def table(found: Figures) -> str:
    """The figures for README.md."""
    rows = [
        f"| {name} | {f'≤ {GOALS[name]:g}' if name in GOALS else ''} | {value:g}"
        f"{'' if name not in GOALS else ' ✓' if value <= GOALS[name] else ' ✗'} |"
        for name, value in found.items()
    ]
    return "\n".join(["| | mark | |", "|---|---|---|", *rows])


# What people say


def _words(listening: Listening, folder: str | None, spoken: dict[str, bytes]) -> Figures:
    wrong, words, cpu_ms = 0, 0, list[float]()
    people = [(encoded(sounds.loaded(path)), said) for path, said in transcribed(folder)]
    for ulaw, said in [*people, *((spoken[written], said) for written, said in voice.SENTENCES)]:
        began = time.process_time()
        heard = _heard(listening.hear(SpokenUtterance(ulaw)))
        cpu_ms.append(1000 * (time.process_time() - began))
        missed = Levenshtein.distance(voice.words(said), voice.words(heard))
        if missed:
            print(f"  {said.strip()!r} was heard as {heard!r}")
        wrong += missed
        words += len(voice.words(said))
    return {
        "people": len(people),
        "words": words,
        "words_wrong_percent": round(100 * wrong / words, 1),
        "utterance_cpu_p50_ms": round(statistics.median(cpu_ms)),
        "utterance_cpu_max_ms": round(max(cpu_ms)),
    }


def transcribed(folder: str | None) -> Iterator[tuple[Path, str]]:
    """Recordings and what is said in them."""
    place = folder or os.environ.get(sounds.FOLDER, "")
    for page in sorted(Path(place).rglob("*transcription")) if place else ():
        for words, name in re.findall(r"<s>(.*?)</s>\s*\((.+?)\)", page.read_text(encoding="utf-8")):
            path = page.parent / f"{name}.wav"
            if path.is_file():
                yield path, words


# Short answers


def _answers(listening: Listening, spoken: dict[str, bytes]) -> Figures:
    exact = {True: 0, False: 0}
    for text, question in ANSWERS.items():
        for boosted in exact:
            phrases = phrases_for(question) if boosted else ()
            heard = _heard(listening.hear(SpokenUtterance(spoken[text], phrases)))
            same = "".join(voice.words(_numerals(heard))) == "".join(voice.words(_numerals(text)))
            exact[boosted] += same
            if boosted and not same:
                print(f"  {text!r} was heard as {heard!r}")
    return {
        "answers": len(ANSWERS),
        "answers_not_exact": len(ANSWERS) - exact[True],
        "answers_not_exact_without_phrases": len(ANSWERS) - exact[False],
    }


def _numerals(text: str) -> str:
    digits = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    for number, word in enumerate(digits):
        text = re.sub(rf"\b{word}\b", str(number), text, flags=re.IGNORECASE)
    return text.replace("3rd", "third")


async def _spoken(texts: list[str]) -> dict[str, bytes]:
    speaker: TextToSpeech = build(VOICES, "hibari", {})
    await speaker.start()
    try:
        return {text: _BEFORE + await _one_text(speaker, text) + _AFTER for text in texts}
    finally:
        await speaker.aclose()


async def _one_text(speaker: TextToSpeech, text: str) -> bytes:
    said = text[0].upper() + text[1:]
    if not said.endswith((".", "?")):
        said += "."
    return b"".join([piece.ulaw async for piece in speaker.synthesize(said)])


# What is no speech


def _invented(listening: Listening) -> Figures:
    """Ten minutes of what is no speech, in stretches as a detector might cut them, without and with
    phrases."""
    invented, stretches, chance = 0, 0, np.random.default_rng(7)
    kinds = (_noise, _music, _keys, _silence)
    for nth, kind in enumerate(kinds):
        left_s = NOISE_S / len(kinds)
        while left_s > 0:
            seconds = float(_STRETCH_S[stretches % len(_STRETCH_S)])
            sound = encoded(kind(seconds, chance))
            phrases = phrases_for((Question(), MENU, Question(kind="yes_no"))[stretches % 3])
            if heard := _heard(listening.hear(SpokenUtterance(sound, phrases))):
                invented += 1
                print(f"  {kinds[nth].__name__[1:]} of {seconds} s was heard as {heard!r}")
            stretches, left_s = stretches + 1, left_s - seconds
    return {"stretches": stretches, "invented": invented}


def _noise(seconds: float, chance: np.random.Generator) -> Samples:
    """A kitchen or a road: noise of a random colour, in bursts."""
    count, wide = int(seconds * RATE_HZ), int(chance.integers(1, 24))
    noise = np.convolve(chance.normal(0, 1, count + wide - 1), np.full(wide, 1 / math.sqrt(wide)), "valid")
    return _level(noise * np.repeat(chance.uniform(0.05, 1, count // 400 + 1), 400)[:count], chance)


def _music(seconds: float, chance: np.random.Generator) -> Samples:
    """Chords of three notes with overtones, each a third of a second, and a beat."""
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = np.zeros(len(at))
    for first in np.arange(0, seconds, 0.33):
        here = (at >= first) & (at < first + 0.33)
        for note in chance.choice([0, 2, 4, 5, 7, 9, 11, 12], 3, replace=False):
            hz = 220 * 2 ** (note / 12)
            for overtone in range(1, 5):
                sound[here] += (
                    np.sin(2 * np.pi * hz * overtone * at[here]) / overtone * np.exp(-3 * (at[here] - first))
                )
    beat = np.exp(-30 * (at % 0.5)) * chance.normal(0, 1, len(at))
    return _level(sound + beat, chance)


def _keys(seconds: float, chance: np.random.Generator) -> Samples:
    """DTMF: 100 ms of two tones, 100 ms of nothing."""
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    low, high = chance.choice([697, 770, 852, 941]), chance.choice([1209, 1336, 1477])
    tones = np.sin(2 * np.pi * low * at) + np.sin(2 * np.pi * high * at)
    return _level(tones * ((at % 0.2) < 0.1), chance)


def _silence(seconds: float, chance: np.random.Generator) -> Samples:
    return chance.normal(0, 10 ** (-66 / 20), int(seconds * RATE_HZ)).astype(np.float32)


def _level(sound: NDArray[np.float64], chance: np.random.Generator) -> Samples:
    """At -40 to -12 dBFS."""
    level = 10 ** (chance.uniform(-40, -12) / 20)
    return (sound * level / np.sqrt((sound**2).mean() + 1e-12)).astype(np.float32)


# Ten at once


async def _together(spoken: list[bytes]) -> Figures:
    """Callers who all stop at the same moment: when the first and the last are answered."""
    ear: SpeechToText = build(EARS, "moonshine", {})
    await ear.start()
    try:
        began = time.perf_counter()
        answered = sorted(await asyncio.gather(*(_one(ear, ulaw, began) for ulaw in spoken)))
    finally:
        await ear.aclose()
    return {"first_of_ten_ms": round(answered[0]), "last_of_ten_ms": round(answered[-1])}


async def _one(ear: SpeechToText, ulaw: bytes, began: float) -> float:
    told: asyncio.Queue[Heard] = asyncio.Queue()
    transcriber = ear.transcriber(told.put_nowait, language="en-US")
    running = asyncio.ensure_future(transcriber.run())
    for at in range(0, len(ulaw), 800):
        transcriber.feed(at // 8, ulaw[at : at + 800])
    transcriber.finish(FinishTranscription(1, 0, len(ulaw) // 8, Question(kind="date")))
    text = ""
    while not isinstance(event := await told.get(), TranscriptionFinished):
        text = event.text if isinstance(event, TranscriptFinal) else text
    running.cancel()
    if not text:
        raise RuntimeError("one of them was not understood")
    return 1000 * (time.perf_counter() - began)


def _heard(heard: HeardUtterance) -> str:
    return heard.text if heard.confidence >= MIN_CONFIDENCE else ""


def encoded(sound: Samples) -> bytes:
    """mu-law at 8 kHz."""
    return encode_block((np.clip(sound, -1, 1) * 32767).astype(np.int16))

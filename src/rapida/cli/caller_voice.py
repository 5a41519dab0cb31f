"""The voice of a simulated caller: a provider that needs no key, and a voice of it, as `PROVIDER:VOICE`.

By default the caller is not the agent's own voice: the second voice of the local model, or another variant of
espeak-ng where that model cannot run. (The local ear misreads two of five of espeak-ng's words.)
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ..errors import ConfigurationError
from ..providers.build import build
from ..providers.local_speech import LOCAL, local_choice
from ..simulator.twilio.script import Say, Script
from ..simulator.twilio.sounds import Speak
from ..tts import CATALOGUE
from ..tts.base import TextToSpeech

VOICES = {"hibari": "heart-low", "espeak": "en-us+f3"}
"""The caller's voice of each provider."""


def caller_voice(written: str) -> TextToSpeech:
    """The voice that is written as `PROVIDER:VOICE` or `PROVIDER`; "" = the best of this machine.

    Raises `ConfigurationError`.
    """
    provider, _, voice = (written or local_choice("tts").name).partition(":")
    if provider not in VOICES:
        examples = " or ".join(f"{each.name}:{VOICES[each.name]}" for each in LOCAL["tts"])
        raise ConfigurationError(f"{written!r} is no voice of a caller: write {examples}")
    return build(CATALOGUE, provider, {"voice": voice or VOICES[provider]})


@asynccontextmanager
async def speaking(script: Script, voice: str = "") -> AsyncGenerator[Speak | None]:
    """What says the words of a script, started only if there are some. Raises as `caller_voice` does."""
    if not any(isinstance(step.what, Say) for step in script.steps):
        yield None
        return
    speaker = caller_voice(voice)
    await speaker.start()

    async def speak(text: str) -> bytes:
        return b"".join([sound.ulaw async for sound in speaker.synthesize(text)])

    try:
        yield speak
    finally:
        await speaker.aclose()

"""A simulated caller's voice is written as a provider and its voice; by default it is not the agent's own."""

from __future__ import annotations

import pytest

from rapida.cli import caller_voice as module
from rapida.cli.caller_voice import caller_voice, speaking
from rapida.errors import ConfigurationError
from rapida.providers.local_speech import LocalChoice
from rapida.simulator.twilio.script import AfterAgent, Keys, Say, Script, Step
from rapida.tts.espeak import Espeak
from rapida.tts.hibari import VOICES, Hibari


def test_a_caller_speaks_with_the_second_local_voice() -> None:
    voice = caller_voice("")
    assert isinstance(voice, Hibari)
    assert voice._pool._settings["pitch"] == VOICES["heart-low"].pitch


def test_where_the_local_voice_cannot_run_a_caller_speaks_with_espeak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "local_choice", lambda family: LocalChoice("espeak", ("hibari: …",)))
    voice = caller_voice("")
    assert isinstance(voice, Espeak)
    assert voice._pool._settings["voice"] == "en-us+f3"


def test_a_provider_and_a_voice_can_be_chosen() -> None:
    heart, german = caller_voice("hibari:heart"), caller_voice("espeak:de")
    assert isinstance(heart, Hibari)
    assert heart._pool._settings["pitch"] == 1.0
    assert isinstance(german, Espeak)
    assert german._pool._settings["voice"] == "de"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("en-us+f3", "write hibari:heart-low or espeak:en-us+f3"),
        ("elevenlabs:anna", "'elevenlabs:anna' is no voice of a caller"),
        ("hibari:emma", "Invalid enum value 'emma'"),
        ("espeak:klingonese", "no voice 'klingonese'"),
    ],
)
def test_what_is_no_voice_of_a_caller_is_refused(written: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        caller_voice(written)
    assert problem in str(refused.value)


async def test_a_script_without_words_starts_no_voice() -> None:
    async with speaking(Script((Step(AfterAgent(), Keys("1")),)), "no voice at all") as speak:
        assert speak is None


async def test_words_become_sound() -> None:
    async with speaking(Script((Step(AfterAgent(), Say("Yes.")),)), "espeak:en-us") as speak:
        assert speak is not None
        assert len(await speak("Yes.")) > 1000

"""The local voice's voices: what there is is taken, and what is not is told with the nearest there are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rapida.tts import espeak_voices

ASK = """
import ctypes, sys
import espeakng_loader as loader
library = ctypes.CDLL(loader.get_library_path())
library.espeak_Initialize(2, 0, loader.get_data_path().encode(), 0x8000)
for voice in sys.argv[1:]:
    print(voice, library.espeak_SetVoiceByName(voice.encode()) == 0)
"""
THERE = ("en-us", "en-US", "en", "en-gb-x-rp", "de", "DE", "pt-br", "nb", "german", "klingon", "f3", "de+f3")
NOT_THERE = {
    "de-DE": "'de'",
    "no": "'nb'",
    "en-XX": "'en-us'",
    "fr-FR": "'fr-ch'",
    "pt-PT": "'pt'",
    "zh": "'cmn'",
    "germn": "'de'",
    "klingonese+f3": "'piqd'",
    "qqqq": "'en-us'",
}


def test_a_voice_is_taken_or_refused_as_espeak_ng_itself_does() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK, *THERE, *NOT_THERE], capture_output=True, text=True, check=True
    )
    takes = {voice: told == "True" for voice, told in (line.split() for line in asked.stdout.splitlines())}
    assert takes == {voice: voice in THERE for voice in (*THERE, *NOT_THERE)}
    assert {voice: espeak_voices.problem(voice) == "" for voice in takes} == takes


@pytest.mark.parametrize(("voice", "nearest"), NOT_THERE.items())
def test_a_voice_that_there_is_not_is_told_with_the_nearest(voice: str, nearest: str) -> None:
    told = espeak_voices.problem(voice)
    assert f"no voice {voice!r}" in told
    assert nearest in told

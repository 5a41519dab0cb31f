"""What of a transcript is believed, and which files are loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rapida.audio.g711 import RATE_HZ
from rapida.providers.model_files import find
from rapida.stt.moonshine_model import RATE_HZ as MODEL_HZ
from rapida.stt.moonshine_worker import ModelPlaces, credible, load, wide_band
from rapida.workers.child import JobRefused


@pytest.mark.parametrize("text", ["", "You", "you.", "You!", "...", "Thank you for watching!"])
def test_what_the_model_writes_about_silence_is_not_believed(text: str) -> None:
    assert not credible(text, 500, 1.0)


@pytest.mark.parametrize(
    ("text", "voiced_ms", "sound_s", "is_credible"),
    [
        ("Yes.", 300, 0.6, True),
        ("No.", 80, 0.3, True),
        ("Thank you.", 500, 1.0, True),
        ("I would like to book a table for two, please.", 1500, 2.5, True),
        ("I would like to book a table for two, please.", 100, 0.6, False),
        ("The.", 4000, 8.0, False),
        ("Um.", 900, 1.5, True),
    ],
)
def test_a_text_must_be_as_long_as_its_sound_can_hold(
    text: str, voiced_ms: int, sound_s: float, is_credible: bool
) -> None:
    assert credible(text, voiced_ms, sound_s) == is_credible


def test_telephone_sound_becomes_wide_band_with_silence_around() -> None:
    tone = (8000 * np.sin(np.arange(RATE_HZ) * 2 * np.pi * 500 / RATE_HZ)).astype(np.int16)
    wide = wide_band(tone.tobytes())
    assert len(wide) == pytest.approx(1.4 * MODEL_HZ, abs=32)
    assert not wide[: MODEL_HZ // 5].any()
    middle = wide[MODEL_HZ // 2 : MODEL_HZ]
    assert np.abs(np.fft.rfft(middle)).argmax() == pytest.approx(500 * len(middle) / MODEL_HZ, abs=1)


def places(**changed: str) -> ModelPlaces:
    names = {"encoder": "moonshine-encoder", "decoder": "moonshine-decoder", "tokens": "moonshine-tokens"}
    encoder, decoder, tokens = (changed.get(role, str(find(name))) for role, name in names.items())
    return ModelPlaces(encoder, decoder, tokens)


def test_a_file_that_is_not_the_one_that_we_know_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "tokenizer.bin"
    other.write_bytes(find("moonshine-tokens").read_bytes() + b"\x00")
    with pytest.raises(JobRefused, match=r"tokenizer\.bin is not the file 'moonshine-tokens'"):
        load(places(tokens=str(other)))


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobRefused, match="nowhere cannot be read"):
        load(places(encoder=str(tmp_path / "nowhere")))


def test_files_of_the_users_that_are_no_model_are_refused(tmp_path: Path) -> None:
    for name in ("encoder", "decoder", "tokens"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(JobRefused, match="are no Moonshine model"):
        load(
            ModelPlaces(
                str(tmp_path / "encoder"), str(tmp_path / "decoder"), str(tmp_path / "tokens"), pinned=False
            )
        )


def test_the_ear_and_what_compares_meanings_ask_no_network_and_import_nothing_that_could() -> None:
    program = """
import sys

def no_network(event, arguments):
    if event.startswith("socket.") and event != "socket.__new__":
        raise OSError(f"the network was asked: {event}")

sys.addaudithook(no_network)
from rapida.providers.model_files import find
from rapida.stt.moonshine_worker import ModelPlaces, SpokenUtterance, load
names = ("encoder", "decoder", "tokens")
places = ModelPlaces(**{name: str(find(f"moonshine-{name}")) for name in names})
load(places)
fetching = ("moonshine_voice", "urllib.request", "http.client", "requests", "httpx", "huggingface_hub")
print([name for name in fetching if name in sys.modules])

import asyncio
from rapida.embeddings.minilm import Minilm, MinilmOptions
print(asyncio.run(Minilm(MinilmOptions()).embed(["parking"])).shape)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.stdout.splitlines() == ["[]", "(1, 384)"], ran.stderr

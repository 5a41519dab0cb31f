"""The local voice's process from inside: what it reads, how it is laid out in time, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rapida.audio.g711 import level_db
from rapida.providers import model_files
from rapida.tts.hibari import VOICES, Hibari
from rapida.tts.hibari_worker import Network, prepare
from rapida.workers.child import JobRefused

SETTINGS = Hibari(Hibari.Options())._pool._settings
BYTES_PER_MS = 8


@pytest.fixture(scope="module")
def work() -> Callable[[str], Any]:
    return prepare(SETTINGS)


def test_the_same_text_is_always_the_same_sound(work: Callable[[str], Any]) -> None:
    assert work("One moment, please.") == work("One moment, please.")


def test_written_words_are_told_where_their_sound_is(work: Callable[[str], Any]) -> None:
    """A pause is heard between the second word and the third, and nowhere else."""
    ulaw, words, _ = work("Hello there; wonderful people.")
    assert [word for word, _, _ in words] == ["Hello", "there;", "wonderful", "people."]
    third = words[2][1]
    before = ulaw[(third - 100) * BYTES_PER_MS : (third - 50) * BYTES_PER_MS]
    inside = ulaw[(third + 40) * BYTES_PER_MS : (third + 120) * BYTES_PER_MS]
    assert level_db(before) < level_db(inside) - 20


def test_a_number_gets_the_time_of_all_its_words(work: Callable[[str], Any]) -> None:
    _, words, _ = work("Pay $112.50 by March 3, 2026 — or call 415-555-0132, “please”.")
    lengths = {word: end - start for word, start, end in words}
    assert list(lengths) == [
        "Pay",
        "$112.50",
        "by",
        "March",
        "3,",
        "2026",
        "—",
        "or",
        "call",
        "415-555-0132,",
        "“please”.",
    ]
    assert lengths["$112.50"] > 5 * lengths["by"]
    assert lengths["415-555-0132,"] > 8 * lengths["or"]
    assert lengths["call"] < 500


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Dr. May, 5 Elm St.", "Doctor May, five Elm Street."),
        ("Call 415-555-0132.", "Call four one five, five five five, zero one three two."),
        ("Henry VIII", "Henry the eighth"),
        ("$3.50", "three dollars and fifty cents"),
        ("A7", "ay seven"),
    ],
)
def test_what_is_written_short_is_said_in_words(work: Callable[[str], Any], written: str, said: str) -> None:
    short, words = (len(work(text)[0]) for text in (written, said))
    assert short == pytest.approx(words, rel=0.1)


def test_a_word_that_no_lexicon_has_is_spoken(work: Callable[[str], Any]) -> None:
    ulaw, words, left_out = work("Zorblaxian")
    assert (len(words), left_out) == (1, 0)
    assert 400 < len(ulaw) / BYTES_PER_MS < 1500


def test_little_silence_surrounds_a_sentence_and_a_clause_is_followed_by_a_pause(
    work: Callable[[str], Any],
) -> None:
    for text, tail_ms in (("Yes.", 200), ("If you like,", 250), ("and then", 20)):
        ulaw = work(text)[0]
        assert level_db(ulaw[: 60 * BYTES_PER_MS]) > -50
        assert level_db(ulaw[-(tail_ms + 60) * BYTES_PER_MS : -tail_ms * BYTES_PER_MS]) > -50
        assert level_db(ulaw[-tail_ms * BYTES_PER_MS :]) < -50


def test_a_text_longer_than_the_network_takes_is_spoken_to_its_end(work: Callable[[str], Any]) -> None:
    ulaw, words, _ = work("9" * 90 + " times")
    assert len(words) == 2
    assert len(ulaw) / BYTES_PER_MS > 90 * 150
    assert words[1][2] == len(ulaw) // BYTES_PER_MS


@pytest.mark.parametrize(
    ("text", "left_out"),
    [("", 0), ("   ", 0), ("☎ ♥ … — !?", 0), ("привет", 1), ("a" * 10_000, 1), ("[](//)", 0)],
)
def test_of_a_text_that_cannot_be_read_nothing_sounds(
    work: Callable[[str], Any], text: str, left_out: int
) -> None:
    assert work(text) == (b"", [], left_out)


def test_the_second_voice_is_lower_and_as_fast(work: Callable[[str], Any]) -> None:
    low = VOICES["heart-low"]
    other = prepare(SETTINGS | {"pitch": low.pitch, "frame_samples": low.frame_samples})
    text = "I would like to change my appointment."
    usual, lower = work(text)[0], other(text)[0]
    assert lower != usual
    assert len(lower) == pytest.approx(len(usual), rel=0.15)


def test_a_file_that_differs_is_refused_before_it_is_used(tmp_path: Path) -> None:
    place = tmp_path / "vocab.json"
    place.write_bytes(b"{}")
    files = SETTINGS["files"] | {"hibari-symbols": str(place)}
    with pytest.raises(JobRefused, match="is not the file 'hibari-symbols' that we know"):
        prepare(SETTINGS | {"files": files})


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"no model", "INVALID_PROTOBUF"), (model_files.find("silero").read_bytes(), "CumSum")],
)
def test_a_users_own_file_that_is_no_such_model_is_refused(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    place = tmp_path / "own.onnx"
    place.write_bytes(content)
    with pytest.raises(JobRefused, match="is no model of hibari's kind") as refused:
        Network(place)
    assert problem in str(refused.value)


def test_the_voice_speaks_without_a_network_and_what_could_fetch_is_never_imported() -> None:
    program = f"""
import sys

def no_network(event, arguments):
    if event.startswith("socket."):
        raise OSError(f"the network was asked: {{event}}")

sys.addaudithook(no_network)
from rapida.tts.hibari import Hibari
voice = Hibari(Hibari.Options())
heavy = ("onnxruntime", "hibari", "rapida.tts.hibari_worker")
assert not [name for name in heavy if name in sys.modules], "the server's process has loaded the voice"

from rapida.tts.hibari_worker import prepare
ulaw, words, left_out = prepare({SETTINGS!r})("Dr. Zorblax costs $3.")
assert len(ulaw) > 8000 and len(words) == 4
fetching = ("hibari.voices", "urllib.request", "http.client", "requests", "httpx", "socket")
print([name for name in fetching if name in sys.modules])
import socket
try:
    socket.create_connection(("127.0.0.1", 9))
except OSError as refused:
    print(refused)
"""
    ran = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert ran.stdout.splitlines()[0] == "['socket']", ran.stderr
    assert "the network was asked: socket." in ran.stdout

"""Generated sounds repeat exactly; files become telephone sound; scripts become cues."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from rapida.audio import g711, wav
from rapida.errors import ConfigurationError
from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.loudness import level
from rapida.simulator.twilio.script import (
    Cough,
    HangUp,
    Keys,
    Nothing,
    PlayUlaw,
    PlayWav,
    Say,
    Script,
    Step,
    Tone,
    Wait,
)


def test_a_cough_is_the_same_for_the_same_seed_and_lasts_as_long_as_asked() -> None:
    assert sounds.cough(250, seed=4) == sounds.cough(250, seed=4)
    assert sounds.cough(250, seed=4) != sounds.cough(250, seed=5)
    assert len(sounds.cough(250)) == 2000


def test_a_cough_is_loud_from_its_beginning_and_fades() -> None:
    cough = sounds.cough(250)
    assert level(cough[:400]) > 2000
    assert level(cough[:400]) > 3 * level(cough[-400:])


def test_noise_has_the_level_asked_for() -> None:
    assert level(sounds.noise(1000, dbfs=-40)) == pytest.approx(327.67, rel=0.05)


def test_a_tone_has_its_pitch() -> None:
    samples = g711.decode_block(sounds.tone(500, 1000)).astype(float)
    assert np.argmax(np.abs(np.fft.rfft(samples))) == 500


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 1), (44100, 2)])
def test_a_wav_of_any_rate_becomes_telephone_sound_of_its_length(
    tmp_path: Path, rate_hz: int, channels: int
) -> None:
    samples = (np.sin(2 * np.pi * 400 * np.arange(rate_hz) / rate_hz) * 8000).astype("<i2")
    data = np.repeat(samples, channels).tobytes()
    path = tmp_path / "tone.wav"
    path.write_bytes(wav.header(wav.Format(channels, rate_hz), len(data)) + data)
    ulaw = sounds.read_wav(path)
    assert len(ulaw) == pytest.approx(8000, abs=40)
    spectrum = np.abs(np.fft.rfft(g711.decode_block(ulaw).astype(float)))
    assert np.argmax(spectrum) == pytest.approx(400, abs=4)


def test_a_mu_law_wav_passes_untouched(tmp_path: Path) -> None:
    ulaw = sounds.tone(300, 100)
    path = tmp_path / "ulaw.wav"
    path.write_bytes(wav.header(wav.Format(1, 8000, "ulaw"), len(ulaw)) + ulaw)
    assert sounds.read_wav(path) == ulaw


def test_what_is_no_wav_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"ID3 not a wav")
    with pytest.raises(ConfigurationError, match=r"x\.wav cannot be played"):
        sounds.read_wav(tmp_path / "x.wav")
    with pytest.raises(ConfigurationError, match=r"y\.wav cannot be read"):
        sounds.read_wav(tmp_path / "y.wav")


async def speak(text: str) -> bytes:
    return sounds.tone(200, 10 * len(text))


async def test_a_script_becomes_cues_with_sound(tmp_path: Path) -> None:
    raw = tmp_path / "raw.ulaw"
    raw.write_bytes(b"\x01\x02")
    steps = (
        Say("hi"),
        PlayUlaw(raw),
        PlayUlaw(b"\x03" * 8000),
        Keys("1#"),
        Cough(),
        Tone(),
        HangUp(),
        Nothing(),
    )
    cues = await sounds.prepare(Script(tuple(Step(Wait(), what) for what in steps)), speak)
    assert [cue.label for cue in cues] == [
        'say "hi"',
        "play raw.ulaw",
        "play 1.00 s",
        "press 1#",
        "cough 250 ms",
        "sound 440 Hz",
        "hang up",
        "wait",
    ]
    assert cues[0].ulaw == sounds.tone(200, 20)
    assert cues[1].ulaw == b"\x01\x02"
    assert cues[3].keys == "1#"
    assert cues[6].hang_up


async def test_words_may_be_made_one_after_the_other_while_the_call_goes_on() -> None:
    asked, may_speak = list[str](), asyncio.Event()

    async def slowly(text: str) -> bytes:
        asked.append(text)
        await may_speak.wait()
        return await speak(text)

    script = Script((Step(Wait(), Say("hi")), Step(Wait(), Say("bye"))))
    first, second = [cue.ulaw for cue in await sounds.prepare(script, slowly, meanwhile=True)]
    assert isinstance(first, asyncio.Future)
    assert isinstance(second, asyncio.Future)
    while not asked:
        await asyncio.sleep(0)
    assert (asked, first.done()) == (["hi"], False)
    may_speak.set()
    assert (await first, await second) == (sounds.tone(200, 20), sounds.tone(200, 30))


@pytest.mark.parametrize("meanwhile", [False, True])
async def test_words_without_a_voice_are_refused(meanwhile: bool) -> None:
    with pytest.raises(ConfigurationError, match="needs a voice"):
        await sounds.prepare(Script((Step(Wait(), Say("hi")),)), meanwhile=meanwhile)


async def test_noise_lies_under_what_is_said() -> None:
    script = Script((Step(Wait(), PlayUlaw(b"\xff" * 800)),), noise_dbfs=-40)
    (cue,) = await sounds.prepare(script)
    assert isinstance(cue.ulaw, bytes)
    assert level(cue.ulaw) == pytest.approx(327, rel=0.15)
    assert len(sounds.surroundings(script)) == 8000
    assert sounds.surroundings(Script()) == b""


async def test_a_missing_wav_of_a_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        await sounds.prepare(Script((Step(Wait(), PlayWav(tmp_path / "no.wav")),)))

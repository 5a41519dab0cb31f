"""The handset of a real person: what a sound card records and plays, and what is said where there is none."""

from __future__ import annotations

import sys
import threading
import time
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rapida.audio import g711
from rapida.cli import sound_card
from rapida.cli.sound_card import BUFFER_MS, RESTARTS, SoundCard
from rapida.errors import ConfigurationError

RATE_HZ = 48_000
FRAME = g711.FRAME_BYTES


def tone(rate_hz: int, ms: int, hz: float = 440.0) -> np.ndarray[Any, np.dtype[np.int16]]:
    at = np.arange(rate_hz * ms // 1000) / rate_hz
    return (8000 * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def pitch_hz(samples: np.ndarray[Any, np.dtype[np.int16]], rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)


def test_what_the_microphone_records_is_taken_as_telephone_frames() -> None:
    card = SoundCard(RATE_HZ)
    taken = b""
    for block in np.array_split(tone(RATE_HZ, 400), 40):
        card.exchange(block.tobytes(), 0)
        taken += card.take(80)
    samples = g711.decode_block(taken)
    assert len(samples) == 3200
    assert abs(pitch_hz(samples, g711.RATE_HZ) - 440) < 5


def test_what_the_caller_hears_is_played_at_the_sound_cards_rate() -> None:
    card = SoundCard(RATE_HZ)
    ulaw = g711.encode_block(tone(g711.RATE_HZ, 400))
    played = b""
    for at in range(0, len(ulaw), FRAME):
        card.play(ulaw[at : at + FRAME])
        played += card.exchange(b"", RATE_HZ // 50)
    samples = np.frombuffer(played, np.int16)
    assert len(samples) == RATE_HZ * 400 // 1000
    assert abs(pitch_hz(samples, RATE_HZ) - 440) < 5


def test_silence_is_taken_and_played_where_nothing_has_come() -> None:
    card = SoundCard(RATE_HZ)
    assert card.take(FRAME) == g711.SILENT_FRAME
    assert not np.frombuffer(card.exchange(b"", 960), np.int16).any()


def test_a_side_that_does_not_take_its_sound_leaves_no_more_than_a_moment_of_it() -> None:
    card = SoundCard(g711.RATE_HZ)
    for number in range(100):
        card.exchange(tone(g711.RATE_HZ, 20).tobytes(), 0)
        card.play(bytes([number]) * FRAME)
    held = BUFFER_MS * g711.SAMPLES_PER_MS
    assert card.take(2 * held).rstrip(g711.SILENCE)[held:] == b""
    # The newest is kept, the oldest left out.
    assert g711.encode_block(np.frombuffer(card.exchange(b"", 1), np.int16)) == bytes([90])


def test_keys_are_taken_once_and_the_handset_is_put_down() -> None:
    card = SoundCard(RATE_HZ)
    card.press("4")
    card.press("#")
    assert (card.pressed(), card.pressed(), card.is_down) == ("4#", "", False)
    card.hang_up()
    assert card.is_down


class PortAudioError(Exception):
    pass


def portaudio(devices: Any = None, refuses: bool = False) -> ModuleType:
    """A PortAudio whose machine has these devices; it `refuses` to open them."""
    module: Any = ModuleType("sounddevice")
    module.PortAudioError = PortAudioError

    def query_devices(kind: str) -> Any:
        if devices is None:
            raise PortAudioError(f"no default {kind} device")
        return devices

    def raw_stream(**options: Any) -> None:
        assert options["samplerate"] == 44_100
        if refuses:
            raise PortAudioError("Device unavailable")

    module.query_devices, module.RawStream = query_devices, raw_stream
    return module


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (None, "libportaudio2"),
        (portaudio(), "no default input device. Plug a headset in"),
        (portaudio({"default_samplerate": 44_100.0}, refuses=True), "Device unavailable. Plug a headset in"),
    ],
)
def test_a_machine_without_sound_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | None, told: str
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    with pytest.raises(ConfigurationError, match=told), sound_card.opened():
        pass


class Stream:
    """A stream that breaks as soon as it is started, `breaks` times over."""

    def __init__(self, card: SoundCard, breaks: int) -> None:
        self._card = card
        self._breaks = breaks
        self.starts = 0
        self.flows = threading.Event()

    def start(self) -> None:
        self.starts += 1
        if self.starts <= self._breaks:
            self._card.broken.set()
        else:
            self.flows.set()

    def stop(self) -> None: ...

    def abort(self) -> None:
        self._card.broken.set()


def test_a_stream_that_breaks_is_started_again() -> None:
    card = SoundCard(RATE_HZ)
    card.stream = stream = Stream(card, breaks=3)
    with card.flowing():
        assert stream.flows.wait(60)
    assert (stream.starts, card.is_down) == (4, False)


def test_a_device_that_is_lost_for_good_hangs_up() -> None:
    card = SoundCard(RATE_HZ)
    card.stream = stream = Stream(card, breaks=1000)
    with card.flowing():
        while not card.is_down:
            time.sleep(0.001)
    assert stream.starts == RESTARTS + 1

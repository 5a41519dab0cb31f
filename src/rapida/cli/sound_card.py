"""This machine's microphone and loudspeaker as the handset of a call, through PortAudio.

PortAudio asks for sound on a thread of its own, every few milliseconds; the call takes and gives 20 ms at a
time on the event loop. Two short buffers stand between them. Each side runs by its own clock: what one of
them is ahead by is left out when it is more than a moment.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from ..audio import g711
from ..audio.resample import Resampler
from ..errors import ConfigurationError

LATENCY_S = 0.1
"""A shorter one lost the device on a machine whose cores were busy; it is small beside a turn's 600 ms."""
RESTARTS = 10
"""ALSA gives a stream up that it could not feed for a moment, and takes it again; a headset that was pulled
out is not taken again, and ten tries of that are over in a second."""
BUFFER_MS = 200
"""More than this is a call that answers late: the oldest is left out. Less is heard as holes, since sound
cards ask for up to 100 ms at once."""
_MOST_BYTES = BUFFER_MS * g711.SAMPLES_PER_MS
NO_LIBRARY = (
    "this machine's sound cannot be reached: {reason}. On Linux install PortAudio "
    "(`apt install libportaudio2`, `dnf install portaudio`); the Python package is `sounddevice`, in the "
    "extra `local`"
)
NO_DEVICE = (
    "a microphone and a loudspeaker are needed to talk, and PortAudio found none that it can open: {reason}. "
    "Plug a headset in, or allow the terminal to use the microphone in the system's settings"
)


class SoundCard:
    """A handset. `hang_up` and `press` are for the keyboard; a device that is lost for good hangs up too."""

    stream: Any
    """PortAudio's, not started: a program that is busy with starting would not feed it in time."""

    def __init__(self, rate_hz: int) -> None:
        """`rate_hz` is the sound card's."""
        self.is_down = False
        self._lock = threading.Lock()
        self._spoken = bytearray()
        self._heard = bytearray()
        self._keys = ""
        self._in = Resampler(rate_hz, g711.RATE_HZ)
        self._out = Resampler(g711.RATE_HZ, rate_hz)
        self._ready = b""
        self._ended = False
        self.broken = threading.Event()
        """Set by PortAudio when it gives the stream up."""

    @contextmanager
    def flowing(self) -> Generator[None]:
        """Sound goes in and out. A stream that breaks is started again, from a thread since that may wait."""
        self.stream.start()
        mending = threading.Thread(target=self._mend, daemon=True)
        mending.start()
        try:
            yield
        finally:
            self._ended = True
            self.broken.set()
            mending.join()
            self.stream.abort()

    def _mend(self) -> None:
        for _ in range(RESTARTS):
            self.broken.wait()
            if self._ended:
                return
            self.stream.stop()
            self.broken.clear()
            self.stream.start()
        self.broken.wait()
        self.hang_up()

    def hang_up(self) -> None:
        self.is_down = True

    def press(self, key: str) -> None:
        self._keys += key

    def pressed(self) -> str:
        keys, self._keys = self._keys, ""
        return keys

    def take(self, samples: int) -> bytes:
        with self._lock:
            taken = bytes(self._spoken[:samples])
            del self._spoken[:samples]
        return taken.ljust(samples, g711.SILENCE)

    def play(self, ulaw: bytes) -> None:
        with self._lock:
            self._heard += ulaw
            del self._heard[:-_MOST_BYTES]

    def exchange(self, recorded: bytes, wanted: int) -> bytes:
        """What the sound card recorded, for as many 16-bit mono samples that it is to play now."""
        spoken = g711.encode_block(np.frombuffer(self._in.feed(recorded), np.int16))
        with self._lock:
            self._spoken += spoken
            del self._spoken[:-_MOST_BYTES]
            # As much telephone sound as lasts for what is wanted, and silence where there is none.
            while len(self._ready) < wanted * 2:
                frame = bytes(self._heard[: g711.FRAME_BYTES])
                del self._heard[: g711.FRAME_BYTES]
                self._ready += self._out.feed(g711.ulaw_to_pcm(frame.ljust(g711.FRAME_BYTES, g711.SILENCE)))
        played, self._ready = self._ready[: wanted * 2], self._ready[wanted * 2 :]
        return played


@contextmanager
def opened() -> Generator[SoundCard]:
    """The default microphone and loudspeaker, open, silent until `flowing`. Raises `ConfigurationError`."""
    try:
        portaudio: Any = import_module("sounddevice")
    except (ImportError, OSError) as wrong:
        raise ConfigurationError(NO_LIBRARY.format(reason=wrong)) from wrong
    try:
        rate_hz = round(portaudio.query_devices(kind="input")["default_samplerate"])
        card = SoundCard(rate_hz)

        def callback(recorded: Any, played: Any, frames: int, time: Any, status: Any) -> None:
            del time, status
            played[:] = card.exchange(bytes(recorded), frames)

        card.stream = portaudio.RawStream(
            samplerate=rate_hz,
            channels=1,
            dtype="int16",
            latency=LATENCY_S,
            callback=callback,
            finished_callback=card.broken.set,
        )
    except (portaudio.PortAudioError, ValueError) as wrong:
        raise ConfigurationError(NO_DEVICE.format(reason=wrong)) from wrong
    try:
        yield card
    finally:
        card.stream.close()

"""The resampler: what it lets through, what it keeps out, and how long it holds sound back."""

import numpy as np
import pytest

from rapida.audio.resample import DELAY_MS, Resampler

DOWN = [(24000, 8000), (22050, 8000), (16000, 8000), (44100, 8000), (48000, 8000)]
UP = [(8000, 16000), (8000, 24000)]


def tone(rate_hz: int, pitch_hz: float, seconds: float = 1.0, amplitude: float = 16000) -> bytes:
    at = np.arange(int(rate_hz * seconds)) / rate_hz
    return (np.sin(2 * np.pi * pitch_hz * at) * amplitude).astype(np.int16).tobytes()


def gain_db(from_hz: int, to_hz: int, pitch_hz: float) -> float:
    out = np.frombuffer(Resampler(from_hz, to_hz).feed(tone(from_hz, pitch_hz)), np.int16)
    settled = out[to_hz // 10 :].astype(float)
    return 20 * np.log10(np.sqrt(np.mean(settled**2)) / (16000 / 2**0.5) + 1e-9)


@pytest.mark.parametrize(("from_hz", "to_hz"), DOWN + UP)
def test_an_impulse_arrives_less_than_two_milliseconds_late(from_hz: int, to_hz: int) -> None:
    sound = np.zeros(from_hz, np.int16)
    sound[from_hz // 2] = 20000
    out = np.frombuffer(Resampler(from_hz, to_hz).feed(sound.tobytes()), np.int16).astype(float)
    arrived_at = (out * np.arange(len(out))).sum() / out.sum() / to_hz
    assert arrived_at * 1000 == pytest.approx(500 + DELAY_MS, abs=0.02)
    assert DELAY_MS <= 2


@pytest.mark.parametrize(("from_hz", "to_hz"), DOWN + UP)
def test_every_frame_in_gives_a_whole_frame_out(from_hz: int, to_hz: int) -> None:
    resampler = Resampler(from_hz, to_hz)
    frame = bytes(2 * from_hz // 50)
    assert {len(resampler.feed(frame)) for _ in range(50)} == {2 * to_hz // 50}


@pytest.mark.parametrize(("from_hz", "to_hz"), DOWN + UP)
def test_the_way_sound_is_cut_into_feeds_changes_nothing(from_hz: int, to_hz: int) -> None:
    sound = np.random.default_rng(1).integers(-9000, 9000, from_hz // 4).astype(np.int16).tobytes()
    whole = Resampler(from_hz, to_hz).feed(sound)
    resampler, pieces, at = Resampler(from_hz, to_hz), b"", 0
    for size in np.random.default_rng(2).integers(0, 1500, 400):
        # Odd sizes tear samples in two.
        pieces += resampler.feed(sound[at : at + int(size)])
        at += int(size)
    assert at >= len(sound)
    difference = np.frombuffer(pieces, np.int16).astype(int) - np.frombuffer(whole, np.int16)
    assert np.abs(difference).max() <= 1  # the order of float additions


@pytest.mark.parametrize(("from_hz", "to_hz"), DOWN)
@pytest.mark.parametrize("pitch_hz", [4100, 4500, 5300, 7000])
def test_what_would_fold_into_the_telephone_band_is_suppressed(
    from_hz: int, to_hz: int, pitch_hz: int
) -> None:
    assert gain_db(from_hz, to_hz, pitch_hz) < -40


@pytest.mark.parametrize(("from_hz", "to_hz"), DOWN + UP)
@pytest.mark.parametrize("pitch_hz", [200, 1000, 2000, 3000, 3400])
def test_the_telephone_band_passes_within_a_third_of_a_decibel(
    from_hz: int, to_hz: int, pitch_hz: int
) -> None:
    assert abs(gain_db(from_hz, to_hz, pitch_hz)) < 0.3


def test_upsampling_leaves_no_mirror_image() -> None:
    out = np.frombuffer(Resampler(8000, 16000).feed(tone(8000, 3000)), np.int16)[1600:].astype(float)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    hz = np.fft.rfftfreq(len(out), 1 / 16000)
    image = spectrum[(hz > 4800) & (hz < 5200)].max()
    assert 20 * np.log10(image / spectrum.max()) < -40


def test_flush_returns_the_end_that_the_delay_holds_and_starts_anew() -> None:
    resampler = Resampler(24000, 8000)
    sound = np.zeros(480, np.int16)
    sound[-1] = 20000
    before = np.frombuffer(resampler.feed(sound.tobytes()), np.int16)
    tail = np.frombuffer(resampler.flush(), np.int16)
    assert len(tail) == round(DELAY_MS * 8)
    assert np.abs(tail.astype(int)).sum() > np.abs(before.astype(int)).sum()
    again = resampler.feed(sound.tobytes())
    assert again == before.tobytes()


def test_full_scale_sound_is_clipped_not_wrapped() -> None:
    square = np.where(np.arange(24000) % 240 < 120, 32767, -32768).astype(np.int16)
    out = np.frombuffer(Resampler(24000, 8000).feed(square.tobytes()), np.int16)
    # A wrap would show as a jump to the other end inside the middle of a half wave.
    middles = out[80:].reshape(-1, 40)[:, 20]
    assert np.abs(middles.astype(int)).min() > 30000
    assert out.max() == 32767


def test_equal_rates_pass_sound_untouched() -> None:
    resampler = Resampler(8000, 8000)
    assert resampler.feed(b"\x01\x02\x03") == b"\x01\x02"
    assert resampler.feed(b"\x04") == b"\x03\x04"
    assert resampler.flush() == b""

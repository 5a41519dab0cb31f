"""G.711 against its own arithmetic, written out here a second time."""

import numpy as np
import pytest

from rapida.audio import g711


def ulaw_value(code: int) -> int:
    """G.711 §3: sign, 3 bits of exponent, 4 of mantissa, bias 33, on the scale of 16-bit samples."""
    bits = ~code & 0xFF
    magnitude = ((((bits & 0x0F) << 1) + 33) << ((bits >> 4) & 7)) - 33
    return -4 * magnitude if bits & 0x80 else 4 * magnitude


EVERY_CODE = bytes(range(256))


def test_every_mu_law_code_has_the_value_of_the_standard() -> None:
    expected = [ulaw_value(code) for code in EVERY_CODE]
    assert g711.decode_block(EVERY_CODE).tolist() == expected
    assert np.frombuffer(g711.ulaw_to_pcm(EVERY_CODE), np.int16).tolist() == expected


def test_floats_are_samples_over_full_scale() -> None:
    expected = g711.decode_block(EVERY_CODE) / 32768
    assert np.array_equal(g711.decode_block_float(EVERY_CODE), expected.astype(np.float32))


def test_a_sample_is_encoded_to_a_neighbouring_value() -> None:
    samples = np.arange(-32000, 32000, 7).astype(np.int16)
    back = g711.decode_block(g711.encode_block(samples)).astype(int)
    half_steps = (np.abs(samples.astype(int)) + 132) / 32 + 4
    assert np.all(np.abs(back - samples) <= half_steps)


def test_encoding_what_was_decoded_gives_the_same_codes() -> None:
    # 0x7F is the second zero of mu-law and comes back as the first.
    assert g711.encode_block(g711.decode_block(EVERY_CODE)) == EVERY_CODE.replace(b"\x7f", b"\xff")


def test_silence_is_at_the_floor() -> None:
    assert g711.level_db(g711.SILENT_FRAME) == g711.FLOOR_DB
    assert g711.level_db(b"") == g711.FLOOR_DB


@pytest.mark.parametrize("level", [-10.0, -30.0, -44.0, -60.0])
def test_the_level_of_a_tone_is_its_rms_below_full_scale(level: float) -> None:
    amplitude = 32768 * 2**0.5 * 10 ** (level / 20)
    tone = (np.sin(2 * np.pi * 440 * np.arange(800) / 8000) * amplitude).astype(np.int16)
    assert g711.level_db(g711.encode_block(tone)) == pytest.approx(level, abs=1.0)

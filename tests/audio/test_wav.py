"""WAV files: what the standard library reads of ours, what we read of others', and what a crash leaves."""

import io
import struct
import wave

import pytest

from rapida.audio import wav

STEREO = wav.Format(channels=2)
ULAW = wav.Format(encoding="ulaw")


def written(form: wav.Format, *blocks: bytes, closed: bool = True) -> io.BytesIO:
    file = io.BytesIO()
    writer = wav.WavWriter(file, form)
    for block in blocks:
        writer.write(block)
    if closed:
        writer.close()
    return file


def test_the_standard_library_reads_a_linear_recording() -> None:
    file = written(STEREO, b"\x01\x00\x02\x00" * 4000, b"\x03\x00\x04\x00" * 4000)
    file.seek(0)
    with wave.open(file) as other:
        assert (other.getnchannels(), other.getsampwidth(), other.getframerate()) == (2, 2, 8000)
        assert other.readframes(10**6) == b"\x01\x00\x02\x00" * 4000 + b"\x03\x00\x04\x00" * 4000


@pytest.mark.parametrize("form", [wav.Format(), STEREO, ULAW, wav.Format(2, 16000, "ulaw")])
def test_what_is_written_is_read_back(form: wav.Format) -> None:
    data = bytes(range(256)) * 125
    sound = wav.read(written(form, data).getvalue())
    assert sound == wav.WavSound(form, data)
    assert sound.duration_ms == len(data) * 1000 // form.rate_hz // form.frame_bytes


def test_close_returns_the_duration() -> None:
    file = io.BytesIO()
    writer = wav.WavWriter(file, STEREO)
    writer.write(bytes(4 * 8000))
    assert writer.close() == 1000


def test_we_read_what_the_standard_library_writes() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as other:
        other.setnchannels(1)
        other.setsampwidth(2)
        other.setframerate(16000)
        other.writeframes(b"\x05\x00" * 160)
    assert wav.read(file.getvalue()) == wav.WavSound(wav.Format(1, 16000), b"\x05\x00" * 160)


def test_unknown_chunks_are_passed_over_and_odd_ones_are_padded() -> None:
    whole = wav.header(wav.Format(), 4) + b"abcd"
    odd = whole[:12] + b"LIST" + struct.pack("<I", 3) + b"xyz\0" + whole[12:]
    assert wav.read(odd).data == b"abcd"


def test_a_data_chunk_longer_than_the_file_ends_with_the_file() -> None:
    whole = wav.header(wav.Format(), 1000) + b"abcde"
    assert wav.read(whole).data == b"abcd"


@pytest.mark.parametrize("torn", [0, 1, 3])
def test_a_file_left_by_a_crash_is_mended_from_its_length(torn: int) -> None:
    left = written(STEREO, bytes(4 * 800), b"\x01" * torn, closed=False)
    assert wav.read(left.getvalue()).data == b""
    assert wav.repair(left) == 100
    assert wav.read(left.getvalue()).data == bytes(4 * 800)
    left.seek(0)
    with wave.open(left) as other:
        assert other.getnframes() == 800


def test_mending_a_whole_file_changes_nothing() -> None:
    file = written(ULAW, b"\x11" * 8000)
    before = file.getvalue()
    assert wav.repair(file) == 1000
    assert file.getvalue() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"OggS" + bytes(100),
        wav.header(wav.Format(), 0)[:30],
        b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd",
        b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0abcd",
        wav.header(wav.Format(), 4).replace(b"\x10\x00\x00\x00fact", b"\x18\x00\x00\x00fact") + b"abcd",
        wav.header(wav.Format(), 0).replace(struct.pack("<H", 16), struct.pack("<H", 24)),
    ],
)
def test_what_is_no_wav_file_is_refused(content: bytes) -> None:
    with pytest.raises(wav.NotWav):
        wav.read(content)


@pytest.mark.parametrize("content", [b"", b"RIFF", bytes(100)])
def test_only_a_recording_can_be_mended(content: bytes) -> None:
    with pytest.raises(wav.NotWav):
        wav.repair(io.BytesIO(content))

from rapida.audio.g711 import SAMPLES_PER_MS as BYTES_PER_MS
from rapida.stt.sound_buffer import KEPT_BYTES, SoundBuffer


def sound(ms: int, byte: int = 1) -> bytes:
    return bytes([byte]) * (ms * BYTES_PER_MS)


def sent(buffer: SoundBuffer) -> list[int]:
    """How long each piece is, in ms, that is still to be sent."""
    pieces: list[int] = []
    while (piece := buffer.next()) is not None:
        pieces.append(len(piece) // BYTES_PER_MS)
    return pieces


def test_a_connection_counts_from_the_first_sound_it_got() -> None:
    buffer = SoundBuffer()
    buffer.add(40_000, sound(100))
    assert sent(buffer) == [100]
    assert buffer.position_ms(0.05) == 40_050


def test_a_gap_in_the_sound_moves_what_follows() -> None:
    buffer = SoundBuffer()
    buffer.add(0, sound(100))
    buffer.add(5_000, sound(100))
    sent(buffer)
    assert [buffer.position_ms(at) for at in (0.0, 0.099, 0.1, 0.15)] == [0, 99, 5_000, 5_050]


def test_what_is_settled_is_not_sent_again() -> None:
    buffer = SoundBuffer()
    for at in range(0, 500, 100):
        buffer.add(at, sound(100))
    sent(buffer)
    buffer.settle(0.2)
    buffer.rewind()
    assert sent(buffer) == [100, 100, 100]
    assert buffer.position_ms(0.0) == 200


def test_sound_settled_in_the_middle_of_a_piece_is_cut_there() -> None:
    buffer = SoundBuffer()
    buffer.add(0, sound(100))
    buffer.add(100, sound(100))
    sent(buffer)
    buffer.settle(0.13)
    buffer.rewind()
    assert sent(buffer) == [70]
    assert buffer.position_ms(0.0) == 130


def test_no_more_can_be_settled_than_was_sent() -> None:
    buffer = SoundBuffer()
    buffer.add(0, sound(100))
    sent(buffer)
    buffer.add(100, sound(100))
    buffer.settle(0.9)
    assert buffer.settled_ms == 100
    buffer.rewind()
    assert sent(buffer) == [100]


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    buffer = SoundBuffer()
    seconds = KEPT_BYTES // BYTES_PER_MS // 1000 + 3
    for at in range(seconds):
        buffer.add(at * 1000, sound(1000))
    assert sum(sent(buffer)) == KEPT_BYTES // BYTES_PER_MS
    assert buffer.position_ms(0.0) == 3000


def test_dropping_old_sound_does_not_send_new_sound_twice() -> None:
    buffer = SoundBuffer()
    seconds = KEPT_BYTES // BYTES_PER_MS // 1000
    for at in range(seconds):
        buffer.add(at * 1000, sound(1000))
    sent(buffer)
    buffer.add(seconds * 1000, sound(1000))
    assert sent(buffer) == [1000]


def test_without_any_sound_positions_are_the_streams_own() -> None:
    assert SoundBuffer().position_ms(1.5) == 1500

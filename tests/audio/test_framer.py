"""Whatever comes in, whole frames go out and nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from rapida.audio.framer import Framer


def test_frames_are_twenty_milliseconds_of_mu_law():
    assert [len(frame) for frame in Framer().push(bytes(500))] == [160, 160, 160]


@given(st.lists(st.binary(max_size=700), max_size=20), st.integers(1, 400))
def test_the_frames_and_the_rest_are_what_came_in(chunks: list[bytes], size: int):
    framer = Framer(size)
    frames = [frame for chunk in chunks for frame in framer.push(chunk)]
    assert all(len(frame) == size for frame in frames)
    whole = b"".join(chunks)
    rest = whole[len(frames) * size :]
    assert b"".join(frames) == whole[: len(frames) * size]
    assert len(rest) < size
    assert framer.flush() == (rest.ljust(size, b"\xff") if rest else b"")


def test_flush_forgets_what_it_gave():
    framer = Framer(4)
    framer.push(b"ab")
    assert framer.flush(pad=b"-") == b"ab--"
    assert framer.flush() == b""
    assert framer.push(b"cdef") == [b"cdef"]

"""A person's handset on a stream, on a clock turned by hand."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from rapida.audio import g711
from rapida.simulator.twilio.stream import FRAME_SAMPLES, Stream

from .test_stream import FACTS, SPEECH, media, of, run


@dataclass
class Person:
    """Says `speech`, presses `keys` at once, and hangs up when they have heard enough."""

    speech: bytes = b""
    keys: str = ""
    enough: int = 1 << 30
    heard: bytearray = field(default_factory=bytearray)

    @property
    def is_down(self) -> bool:
        return len(self.heard) >= self.enough

    def take(self, samples: int) -> bytes:
        taken, self.speech = self.speech[:samples], self.speech[samples:]
        return taken.ljust(samples, g711.SILENCE)

    def play(self, ulaw: bytes) -> None:
        self.heard += ulaw

    def pressed(self) -> str:
        keys, self.keys = self.keys, ""
        return keys


def test_the_microphones_sound_goes_out_frame_by_frame_and_into_the_report() -> None:
    stream = Stream(FACTS, handset=Person(SPEECH))
    sent = of(run(stream, 1.0), "media")
    said = b"".join(base64.b64decode(message["media"]["payload"]) for _, message in sent)
    assert {len(base64.b64decode(message["media"]["payload"])) for _, message in sent} == {FRAME_SAMPLES}
    assert said[: len(SPEECH)] == SPEECH
    assert stream.report(1.0).spoken == said


def test_what_the_server_sends_reaches_the_persons_ear_when_it_is_played() -> None:
    person = Person()
    stream = Stream(FACTS, handset=person)
    stream.receive(media(SPEECH), 0.2)
    run(stream, 1.0)
    at = bytes(person.heard).find(SPEECH)
    assert at == round(0.2 * g711.RATE_HZ)
    assert person.heard[:at] == g711.SILENCE * at


def test_keys_are_sent_once_and_hanging_up_ends_the_stream() -> None:
    person = Person(keys="4#", enough=4000)
    stream = Stream(FACTS, handset=person)
    sent = run(stream, 5.0)
    assert [message["dtmf"]["digit"] for _, message in of(sent, "dtmf")] == ["4", "#"]
    assert (stream.put_down, stream.problem) == (True, "")
    assert sent[-1][0] < 1.0

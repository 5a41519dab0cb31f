"""The WebRTC detector: its one option, and edges from its frames."""

from rapida.call.events import VoiceFell, VoiceRose
from rapida.vad.webrtc import WebRtc, WebRtcOptions
from tests.vad.sounds import frames, line, speech

Edge = VoiceRose | VoiceFell


def voiced_ms(ulaw: bytes, strictness: int) -> int:
    told: list[Edge] = []
    detector = WebRtc(WebRtcOptions(strictness=strictness)).detector(told.append)
    for position_ms, frame in frames(ulaw):
        detector.feed(position_ms, frame)
    rises = [edge.at_ms for edge in told if isinstance(edge, VoiceRose)]
    falls = [edge.at_ms for edge in told if isinstance(edge, VoiceFell)]
    return sum(fall - rise for rise, fall in zip(rises, falls, strict=False))


def test_a_stricter_detector_takes_less_for_a_voice() -> None:
    ulaw = line(8, -50, (2, speech("go_forward.ulaw", -30)), (5, speech("card.ulaw", -30)))
    lenient, strict = voiced_ms(ulaw, 0), voiced_ms(ulaw, 3)
    assert 500 < strict < lenient

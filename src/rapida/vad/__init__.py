"""Voice activity detection: the catalogue. A new detector is one file beside this one and one line here."""

from ..providers.registry import Entry, Registry
from .base import VoiceActivity

CATALOGUE: Registry[VoiceActivity] = Registry(
    "vad",
    {
        "silero": Entry("rapida.vad.silero:Silero", extra="silero"),
        "webrtc": Entry("rapida.vad.webrtc:WebRtc", extra="webrtc"),
        "energy": Entry("rapida.vad.energy:Energy"),
    },
)

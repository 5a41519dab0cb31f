"""Voice activity detection: the catalogue. A new detector is one file beside this one and one line here."""

from ..providers.registry import CatalogueEntry, Registry
from .base import VoiceActivity

CATALOGUE: Registry[VoiceActivity] = Registry(
    "vad",
    {
        "silero": CatalogueEntry("rapida.vad.silero:Silero", extra="silero"),
        "webrtc": CatalogueEntry("rapida.vad.webrtc:WebRtc", extra="webrtc"),
        "energy": CatalogueEntry("rapida.vad.energy:Energy"),
    },
)

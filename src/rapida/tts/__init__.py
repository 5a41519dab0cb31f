"""Text to speech: the catalogue. A new voice is one file beside this one and one line here."""

from ..providers.registry import CatalogueEntry, Registry
from .base import TextToSpeech

CATALOGUE: Registry[TextToSpeech] = Registry(
    "tts",
    {
        "hibari": CatalogueEntry("rapida.tts.hibari:Hibari", extra="local"),
        "espeak": CatalogueEntry("rapida.tts.espeak:Espeak", extra="local"),
        "elevenlabs": CatalogueEntry("rapida.tts.elevenlabs:ElevenLabs"),
        "tone": CatalogueEntry("rapida.tts.tone:Tone"),
        "written": CatalogueEntry("rapida.tts.written:WrittenLines", listed=False),
    },
)

"""Text to speech: the catalogue. A new voice is one file beside this one and one line here."""

from ..providers.registry import Entry, Registry
from .base import TextToSpeech

CATALOGUE: Registry[TextToSpeech] = Registry(
    "tts",
    {
        "espeak": Entry("rapida.tts.espeak:Espeak", extra="local"),
        "elevenlabs": Entry("rapida.tts.elevenlabs:ElevenLabs"),
        "tone": Entry("rapida.tts.tone:Tone"),
    },
)

"""Speech to text: the catalogue. A new recogniser is one file beside this one and one line here."""

from ..providers.registry import Entry, Registry
from .base import SpeechToText

CATALOGUE: Registry[SpeechToText] = Registry(
    "stt",
    {
        "pocketsphinx": Entry("rapida.stt.pocketsphinx:Pocketsphinx", extra="local"),
        "deepgram": Entry("rapida.stt.deepgram:Deepgram"),
        "scripted": Entry("rapida.stt.scripted:ScriptedStt"),
    },
)

"""Speech to text: the catalogue. A new recogniser is one file beside this one and one line here."""

from ..providers.registry import CatalogueEntry, Registry
from .base import SpeechToText

CATALOGUE: Registry[SpeechToText] = Registry(
    "stt",
    {
        "moonshine": CatalogueEntry("rapida.stt.moonshine:Moonshine", extra="local"),
        "pocketsphinx": CatalogueEntry("rapida.stt.pocketsphinx:Pocketsphinx", extra="local"),
        "deepgram": CatalogueEntry("rapida.stt.deepgram:Deepgram"),
        "scripted": CatalogueEntry("rapida.stt.scripted:ScriptedStt"),
        "typed": CatalogueEntry("rapida.stt.typed:TypedLines", listed=False),
    },
)

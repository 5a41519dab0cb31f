"""What thinks: the catalogue. A new model is one file beside this one and one line here."""

from ..providers.registry import CatalogueEntry, Registry
from .base import LanguageModel

CATALOGUE: Registry[LanguageModel] = Registry(
    "llm",
    {
        "flow": CatalogueEntry("rapida.llm.flow.brain:Flow"),
        "openai": CatalogueEntry("rapida.llm.openai:OpenAICompatible"),
        "scripted": CatalogueEntry("rapida.llm.scripted:ScriptedModel"),
    },
)

"""What thinks: the catalogue. A new model is one file beside this one and one line here."""

from ..providers.registry import Entry, Registry
from .base import LanguageModel

CATALOGUE: Registry[LanguageModel] = Registry(
    "llm",
    {
        "flow": Entry("rapida.llm.flow.brain:Flow"),
        "openai": Entry("rapida.llm.openai:OpenAICompatible"),
        "scripted": Entry("rapida.llm.scripted:ScriptedModel"),
    },
)

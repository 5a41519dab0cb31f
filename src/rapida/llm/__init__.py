"""What thinks: the catalogue. A new model is one file beside this one and one line here."""

from ..registry import Entry, Registry
from .base import LanguageModel

CATALOGUE: Registry[LanguageModel] = Registry(
    "llm",
    {
        "flow": Entry("rapida.llm.flow:Flow"),
        "openai": Entry("rapida.llm.openai:OpenAICompatible"),
        "scripted": Entry("rapida.llm.scripted:ScriptedModel"),
    },
)

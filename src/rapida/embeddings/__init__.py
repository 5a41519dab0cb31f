"""Embeddings, the meaning of texts as numbers: the catalogue. A new one is one file and one line here."""

from ..providers.registry import CatalogueEntry, Registry
from .base import Embedder

CATALOGUE: Registry[Embedder] = Registry(
    "embeddings",
    {
        "minilm": CatalogueEntry("rapida.embeddings.minilm:Minilm", extra="knowledge"),
    },
)

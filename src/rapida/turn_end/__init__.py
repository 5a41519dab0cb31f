"""Turn-end models: the catalogue. A model is one file beside this one and one line here; none ships yet."""

from ..providers.registry import Registry
from .base import TurnEndModel

CATALOGUE: Registry[TurnEndModel] = Registry("turn-end model", {})

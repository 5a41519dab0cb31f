"""Turn-end models: the catalogue. A model is one file beside this one and one line here."""

from ..providers.registry import CatalogueEntry, Registry
from .base import TurnEndModel, TurnEndReader

CATALOGUE: Registry[TurnEndModel | TurnEndReader] = Registry(
    "turn-end model",
    {
        "text": CatalogueEntry("rapida.turn_end.text:TextTurnEnd"),
        "smart_turn": CatalogueEntry("rapida.turn_end.smart_turn:SmartTurn", extra="turn"),
    },
)

"""Tools: the catalogue. A new tool is one file beside this one and one line here."""

from ..providers.registry import CatalogueEntry, Registry
from .base import Tool

CATALOGUE: Registry[Tool] = Registry(
    "tool",
    {
        "calendar": CatalogueEntry("rapida.tools.calendar:Calendar"),
        "choose_by_meaning": CatalogueEntry("rapida.tools.choose_by_meaning:ChooseByMeaning"),
        "clock": CatalogueEntry("rapida.tools.clock:ClockTool"),
        "http": CatalogueEntry("rapida.tools.http:HttpTool"),
        "search_knowledge": CatalogueEntry("rapida.tools.knowledge:SearchKnowledge"),
    },
)

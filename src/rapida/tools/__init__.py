"""Tools: the catalogue. A new tool is one file beside this one and one line here."""

from ..providers.registry import Entry, Registry
from .base import Tool

CATALOGUE: Registry[Tool] = Registry(
    "tool",
    {
        "clock": Entry("rapida.tools.clock:Clock"),
        "http": Entry("rapida.tools.http:HttpTool"),
    },
)

"""The clock: what day and time it is, in a zone, in words a model can use.

Models do not know the date. A flow needs this tool only to speak of the time; it understands dates by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from ..call.tool_requests import ToolSpec
from ..errors import ConfigurationError
from .base import ToolCaller

Now = Callable[[ZoneInfo], datetime]


class ClockOptions(Struct, frozen=True):
    zone: str = "UTC"
    """IANA time zone used when the model names none; write the assistant's own."""


class ClockTool:
    """Tells the present date and time."""

    Options = ClockOptions
    deadline_ms = 0

    def __init__(self, options: ClockOptions, *, now: Now = datetime.now) -> None:
        """Raises `ConfigurationError` for a zone that does not exist."""
        if _zone(options.zone) is None:
            raise ConfigurationError(
                f"clock: there is no time zone {options.zone!r}: write an IANA name such as Europe/Berlin"
            )
        self._default = options.zone
        self._now = now
        self.spec = ToolSpec(
            "clock",
            "Tells the present date, weekday and time of day.",
            {
                "type": "object",
                "properties": {
                    "zone": {
                        "type": "string",
                        "description": f"IANA time zone, such as Europe/Berlin; {options.zone} if left out.",
                    }
                },
            },
        )

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        """Like "Wednesday, 11 March 2026, 14:05 (Europe/Berlin)". Raises `ValueError` for an unknown zone."""
        name = str(arguments.get("zone") or self._default)
        zone = _zone(name)
        if zone is None:
            raise ValueError(f"there is no time zone {name!r}: give an IANA name such as Europe/Berlin")
        now = self._now(zone)
        return f"{now:%A}, {now.day} {now:%B} {now.year}, {now:%H:%M} ({name})"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # ValueError: a name that could be a path
        return None

"""Refusals: what was asked and not served, each counted, and told in a log that a flood cannot fill.

The first of its kind from an address is a line at once; those that follow within a minute are only counted,
and their number is told when the minute is over. What is refused, and why, is decided where it happens.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import structlog

WINDOW_S = 60.0
"""How long one line stands for all refusals of its kind: a person who mends something sees the next one."""
MOST_KINDS = 50
"""How many lines a window may bring, so that many addresses at once are no flood either."""
MOST_CHARACTERS = 200
"""What a stranger wrote is cut to this length."""

What = Literal["webhook", "callback", "socket", "request"]
Count = Callable[[str, str], None]
"""Told (what, reason) of every refusal."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Refused:
    """One refusal. `reason` is a code; `why` is a sentence for whoever reads the log, and nobody else."""

    what: What
    reason: str
    status: int
    why: str
    url: str = ""
    """The address that it was proved against. Of a query it shows only that there was one."""
    address: str = ""
    """Where it came from."""
    host: str = ""
    """The `Host` it named."""


class Refusals:
    """The refusals of one server process."""

    def __init__(
        self, count: Count = lambda what, reason: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds."""
        self._count = count
        self._clock = clock
        self._since = clock()
        self._told: dict[tuple[What, str, str], int] = {}
        """By kind, how many were left untold since its line."""
        self._others = 0

    def tell(self, refused: Refused) -> None:
        """Count a refusal, and write its line if it is the first of its kind in this minute."""
        self._count(refused.what, refused.reason)
        if self._clock() - self._since >= WINDOW_S:
            self.sum_up()
        kind = (refused.what, refused.reason, refused.address)
        if kind in self._told:
            self._told[kind] += 1
        elif len(self._told) >= MOST_KINDS:
            self._others += 1
        else:
            self._told[kind] = 0
            _log.warning(f"{refused.what}_refused", **_facts(refused))

    def sum_up(self) -> None:
        """Tell how many were left untold, and begin a new minute."""
        for (what, reason, address), count in self._told.items():
            if count:
                _log.warning(f"{what}_refused_again", reason=reason, address=address, count=count)
        if self._others:
            _log.warning("refused_from_many_addresses", count=self._others)
        self._told.clear()
        self._others = 0
        self._since = self._clock()

    async def run(self) -> None:
        """Sum up every minute; runs until cancelled."""
        try:
            while True:
                await asyncio.sleep(WINDOW_S)
                self.sum_up()
        finally:
            self.sum_up()


def without_query(url: str) -> str:
    """An address as it may stand in a log: a query may hold a key, and so it is not shown."""
    bare, asked, _ = url.partition("?")
    return f"{bare}?…" if asked else bare


def _facts(refused: Refused) -> dict[str, Any]:
    facts = {
        "reason": refused.reason,
        "status": refused.status,
        "why": refused.why,
        "url": without_query(refused.url),
        "address": refused.address,
        "host": refused.host,
    }
    return {name: _short(value) for name, value in facts.items() if value != ""}


def _short(value: object) -> object:
    if not isinstance(value, str) or len(value) <= MOST_CHARACTERS:
        return value
    return value[:MOST_CHARACTERS] + "…"

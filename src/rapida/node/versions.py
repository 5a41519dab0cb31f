"""Assistant versions kept at hand: a version never changes, so one read serves every later call."""

from __future__ import annotations

from collections import OrderedDict

from ..assistant import Assistant
from ..store import Transaction, assistants

KEPT = 256
"""So many versions of assistants stay in memory: some 10 kB each, and only those that answer calls now."""


class Versions:
    """The assistant versions last asked for."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], Assistant] = OrderedDict()

    def kept(self, assistant_id: int, number: int) -> Assistant | None:
        """One version, if it is at hand: for when the database is not."""
        return self._kept.get((assistant_id, number))

    async def get(self, tx: Transaction, assistant_id: int, number: int) -> Assistant:
        """One version, whole. Raises `NotFound`."""
        key = (assistant_id, number)
        if key not in self._kept:
            self._kept[key] = await assistants.version(tx, assistant_id, number)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

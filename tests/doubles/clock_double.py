"""A clock that goes as every other, until a test lets it stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rapida.node.clock import utc_now


class StoppableClock:
    """Tells the present instant, or the one at which it stands."""

    def __init__(self) -> None:
        self._stands_at: datetime | None = None

    def __call__(self) -> datetime:
        return self._stands_at or utc_now()

    @contextmanager
    def one_instant(self) -> Iterator[None]:
        """What is asked for meanwhile is asked for at one instant, however slowly."""
        self._stands_at = self()
        try:
            yield
        finally:
            self._stands_at = None

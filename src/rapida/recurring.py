"""Which of many equal occurrences are worth a line in the log: the first, then one a minute while it goes on.

What is away is found to be away many times a second. A caller asks here before it logs, and its line says how
often the same was left out before.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Hashable

WINDOW_S = 60.0
"""The same fault is told again after a minute, with how often it was met."""
MOST_KEYS = 200
"""More kinds than this at once are forgotten, oldest first: they are told again."""
_LONGEST_LINE = 300
"""More of a library's first line tells nobody more."""
_KEY_CHARACTERS = 40
"""By its beginning a sentence is known again: what follows are addresses and reasons."""
_NUMBERS = re.compile(r"[0-9]+")
_ERROR_OF_A_DRIVER = re.compile(r"\(\w+\.\w+Error\)")
"""As SQLAlchemy writes it. What many loops of a library meet at once is told once: the database is away."""


class Recurring:
    """Occurrences by key. Belongs to one thread, or to a lock of its owner's."""

    def __init__(self, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._window_s = window_s
        self._clock = clock
        self._told: dict[Hashable, tuple[float, int]] = {}
        """When a key was told last, and how often it was left untold since."""

    def worth(self, key: Hashable) -> int | None:
        """None = leave it untold; else how many were left untold since the last line."""
        now = self._clock()
        at, untold = self._told.pop(key, (now - self._window_s, 0))
        if now - at < self._window_s:
            self._told[key] = (at, untold + 1)
            return None
        while len(self._told) >= MOST_KEYS:
            del self._told[next(iter(self._told))]
        self._told[key] = (now, 0)
        return untold

    def over(self, key: Hashable) -> bool:
        """It is well again: the next one is told at once. Whether it had not been well."""
        return self._told.pop(key, None) is not None


class OneLineEach(logging.Filter):
    """Lets of what a library says only what is worth a line pass, as one line and without its trace.

    `logging` calls it under the lock of nobody: a line more or less does no harm.
    """

    def __init__(self, recurring: Recurring | None = None) -> None:
        super().__init__()
        self._recurring = recurring or Recurring()

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage().partition("\n")[0][:_LONGEST_LINE]
        by_driver = _ERROR_OF_A_DRIVER.search(said)
        key = by_driver[0] if by_driver else _NUMBERS.sub("", said)[:_KEY_CHARACTERS]
        untold = self._recurring.worth((record.levelno, key))
        if untold is None:
            return False
        reason = record.exc_info[1] if record.exc_info else None
        record.msg = said if reason is None else f"{said} ({type(reason).__name__})"
        record.msg += f"; {untold} times more before" if untold else ""
        record.args, record.exc_info, record.exc_text = (), None, None
        return True

"""What time it is, for everything that expires; tests turn it by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

LONGEST_CALL = timedelta(hours=4)
"""The carrier ends a call after this; an older claim was left behind by a crash."""


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)

"""Giving memory that was needed and freed back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Takes some milliseconds. Only glibc keeps freed memory, so that elsewhere there is nothing to do."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)

"""Reading what the loopback carrier's interface answers."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ...errors import ProviderUnavailable

NAME: Final = "loopback"
"""What this carrier is called in the catalogue, in addresses and in errors."""


def read(body: bytes, kind: Any) -> Any:
    """An answer as a value of a kind. Raises `ProviderUnavailable`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as odd:
        raise ProviderUnavailable(NAME, "its answer cannot be understood") from odd

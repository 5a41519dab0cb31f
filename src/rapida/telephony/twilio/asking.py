"""How the parts of Twilio's interface ask: a request of the library, and our errors for what it raises."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol


class AskTwilio(Protocol):
    """Awaits a request. `once`: what one that must not be repeated may have done when it is not answered."""

    def __call__(self, request: Awaitable[Any], *, once: str = "") -> Awaitable[Any]: ...

"""Tools: what an assistant can do besides talking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..llm.base import ToolSpec


class Tool(Protocol):
    """One tool of an assistant. `run` may be called by many calls at once, and only for a confirmed turn."""

    spec: ToolSpec
    deadline_ms: int
    """0 = the assistant's default."""

    async def run(self, arguments: Mapping[str, Any], *, conversation_id: int) -> str:
        """The result as text the model can read. Raises `ProviderError`; bad arguments raise `ValueError`."""
        ...

"""Tools: what an assistant can do besides talking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from ..call.tool_requests import ToolSpec


class ToolCaller(Struct, frozen=True):
    """The call that uses a tool."""

    conversation_id: int
    variables: Mapping[str, str] = {}
    """The assistant's variables and the call's own, those that fill its prompt."""


class Tool(Protocol):
    """One tool of an assistant. `run` may be called by many calls at once, and only for a confirmed turn.

    A tool that holds connections has a coroutine `aclose` as well, which is awaited when the server stops.
    """

    spec: ToolSpec
    deadline_ms: int
    """0 = the assistant's default."""

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        """The result as text the model can read. Raises `ProviderError`; bad arguments raise `ValueError`."""
        ...

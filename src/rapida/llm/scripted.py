"""A model that reads its replies from a list: the simplest `LanguageModel`, for tests and benchmarks.

Each new turn takes the next reply; the same turn asked again gets the same one, or, after a tool call, the
text behind the tool. It can stall or fail where a real one might.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Literal

from msgspec import Struct

from ..errors import ProviderRefused, ProviderUnavailable
from .base import BrainEvent, ReplyRequest, TextDelta, ToolCall

NAME = "scripted"


class ScriptedReply(Struct, frozen=True):
    """One turn's reply."""

    text: str = ""
    tool: str = ""
    """A tool to call when the text is through."""
    arguments: str = "{}"
    then: str = ""
    """What is said when the tool's result is there."""
    ends: Literal["well", "stalls", "unavailable", "refused"] = "well"
    """`stalls`: after the text nothing more comes; `unavailable`, `refused`: it fails there."""


class ScriptedOptions(Struct, frozen=True):
    replies: tuple[ScriptedReply, ...] = (ScriptedReply("Hello."),)
    """The replies, turn by turn; after the last one they begin again."""
    delta_chars: int = 0
    """Stream the text in pieces of this length; 0 = in one."""


class ScriptedModel:
    """The scripted replies, shared by all calls; each call begins with the first."""

    Options = ScriptedOptions

    def __init__(self, options: ScriptedOptions) -> None:
        self._options = options

    async def start(self) -> None:
        """Nothing to load."""

    async def aclose(self) -> None:
        """Nothing to close."""

    def brain(self, prompt: str, variables: Mapping[str, str]) -> ScriptedBrain:
        """The script of one call; prompt and variables change nothing."""
        return ScriptedBrain(self._options)


class ScriptedBrain:
    """How far one call has come. `requests` keeps what was asked, for tests to read."""

    may_transfer = True
    follows_up = False
    opens = False
    missing = ()
    answers = ()

    def __init__(self, options: ScriptedOptions) -> None:
        self._options = options
        self._turns: dict[int, ScriptedReply] = {}
        self.requests: list[ReplyRequest] = []

    async def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        """The reply of this turn. Raises what its `ends` says."""
        self.requests.append(request)
        replies = self._options.replies
        reply = self._turns.setdefault(request.turn_id, replies[len(self._turns) % len(replies)])
        call_id = f"scripted-{request.turn_id}"
        answered = any(message.call_id == call_id for message in request.memory)
        for piece in self._pieces(reply.then if reply.tool and answered else reply.text):
            yield TextDelta(piece)
        if reply.ends == "stalls":
            await asyncio.Event().wait()
        elif reply.ends == "unavailable":
            raise ProviderUnavailable(NAME, "the script says so")
        elif reply.ends == "refused":
            raise ProviderRefused(NAME, "the script says so")
        elif reply.tool and not answered:
            yield ToolCall(call_id, reply.tool, reply.arguments)

    def _pieces(self, text: str) -> list[str]:
        step = self._options.delta_chars or len(text)
        return [text[at : at + step] for at in range(0, len(text), step)] if text else []

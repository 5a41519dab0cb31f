"""`choose_by_meaning`: which choice of a flow's question is meant by words that are none of its phrases.

A flow with this tool asks it when words in common found nothing, so what was decided stands in the journal as
any tool's result, and the flow stays a pure function of what was said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ..call.tool_requests import ToolSpec
from ..errors import ProviderUnavailable
from .base import PlatformServices, ToolCaller

NAME = "choose_by_meaning"


class ChooseByMeaningOptions(Struct, frozen=True):
    embeddings: str = "minilm"
    """What compares meanings; where its extra is not installed nothing is chosen."""


class ChoiceRequest(Struct, frozen=True):
    """What the tool is asked: the caller's words, and each choice with the phrases for it."""

    said: str
    choices: dict[str, tuple[str, ...]]


class ChooseByMeaning:
    """Chooses by one embedder."""

    Options = ChooseByMeaningOptions
    deadline_ms = 0

    def __init__(self, options: ChooseByMeaningOptions) -> None:
        self.embeddings = options.embeddings
        """What is to be made ready before the first question."""
        self._services: PlatformServices | None = None
        phrases = {"type": "array", "items": {"type": "string"}}
        self.spec = ToolSpec(
            NAME,
            "Tells which of several choices a caller's words mean, or that none is meant.",
            {
                "type": "object",
                "properties": {
                    "said": {"type": "string", "description": "The caller's words."},
                    "choices": {
                        "type": "object",
                        "description": "Each choice's name, with phrases that mean it.",
                        "additionalProperties": phrases,
                    },
                },
                "required": ["said", "choices"],
            },
        )

    def serve_with(self, services: PlatformServices) -> None:
        """Take what compares meanings."""
        self._services = services

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        """JSON: `choice` (a name, or empty) and `sure` ("yes", or "no" = to be asked back).

        Raises `ValueError` for arguments of another shape.
        """
        try:
            wanted = msgspec.convert(arguments, ChoiceRequest)
        except msgspec.ValidationError as wrong:
            raise ValueError(f"{wrong}: give `said`, and `choices` with a list of phrases for each") from None
        if self._services is None:
            raise ProviderUnavailable(NAME, "no meanings can be compared here")
        chosen = await self._services.chosen(wanted.said, wanted.choices, embeddings=self.embeddings)
        return json.dumps({"choice": chosen.choice, "sure": "yes" if chosen.sure else "no"})

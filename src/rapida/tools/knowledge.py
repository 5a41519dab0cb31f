"""`search_knowledge`: looks a caller's question up in a page of facts of the project.

A flow says the passage that fits; a model reads the best few and puts its answer together from them. Where
none fits, both are told so, instead of what lies nearest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ..call.tool_requests import ToolSpec
from ..errors import NotFound, ProviderRefused, ProviderUnavailable, StoreError
from .base import PlatformServices, ToolCaller

NAME = "search_knowledge"


class SearchKnowledgeOptions(Struct, frozen=True):
    page: str = "facts"
    """The page of facts that is searched, as `rapida knowledge put` named it."""
    embeddings: str = "minilm"
    """What finds passages by their meaning; empty, or where its extra is not installed: by words."""
    most: int = 3
    """How many passages a model is given."""


class SearchKnowledge:
    """Searches one page."""

    Options = SearchKnowledgeOptions
    deadline_ms = 0

    def __init__(self, options: SearchKnowledgeOptions) -> None:
        self._options = options
        self.page, self.embeddings = options.page, options.embeddings
        """What is to be made ready before the first question."""
        self._services: PlatformServices | None = None
        self.spec = ToolSpec(
            NAME,
            "Looks up facts about the business. Use it before you answer a question about it. If it finds "
            "nothing that fits, say that you do not know.",
            {
                "type": "object",
                "properties": {
                    "question": {"type": "string", "description": "The caller's question, in full."}
                },
                "required": ["question"],
            },
        )

    def serve_with(self, services: PlatformServices) -> None:
        """Take what searches the pages."""
        self._services = services

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        """JSON: `found` ("yes" or "no"), `answer` (what fits best, or empty) and further `passages`.

        Raises `ValueError` without a question, `ProviderRefused` for a page that is not there.
        """
        question = arguments.get("question")
        if not isinstance(question, str) or not question.strip():
            raise ValueError("question is missing: give the caller's question as a text")
        if self._services is None:
            raise ProviderUnavailable(NAME, "no pages of facts can be searched here")
        options = self._options
        try:
            found = await self._services.search(
                caller.project_id, options.page, question, embeddings=options.embeddings, most=options.most
            )
        except NotFound as missing:
            raise ProviderRefused(NAME, str(missing)) from missing
        except StoreError as away:
            raise ProviderUnavailable(NAME, "the facts cannot be read now") from away
        fits = bool(found) and found[0].fits
        passages = [{"title": each.title, "text": each.text} for each in found]
        return json.dumps(
            {
                "found": "yes" if fits else "no",
                "answer": found[0].text if fits else "",
                "passages": passages if fits else [],
            },
            ensure_ascii=False,
        )

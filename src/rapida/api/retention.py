"""For how long a project keeps its conversations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from ..node.node import Node
from ..store import retention as kept
from ..workspace import retention
from ..workspace.etags import etag_of
from .auth import CallerHere
from .forms import Form, IfMatch, router


class RetentionForm(Form):
    """Conversations are deleted so many days after they began; null = never."""

    days: Annotated[int, Field(ge=1, le=36_500)] | None


def routes(node: Node) -> APIRouter:
    """`/v1/retention`."""
    made = router("Conversations")

    @made.get("/v1/retention", operation_id="readRetention", summary="How long conversations are kept")
    async def read_retention(caller: CallerHere, response: Response) -> RetentionForm:
        """For ever, unless it was set."""
        async with node.store.read() as tx:
            days = await kept.days(tx, caller.project_id)
        response.headers["etag"] = etag_of({"days": days})
        return RetentionForm(days=days)

    @made.put(
        "/v1/retention",
        operation_id="setRetention",
        summary="Set how long conversations are kept",
    )
    async def set_retention(
        form: RetentionForm,
        caller: CallerHere,
        response: Response,
        if_match: IfMatch = None,
    ) -> RetentionForm:
        """What is older is deleted within minutes, for good, as if each were deleted by hand."""
        await retention.change(node, caller, form.days, if_match)
        response.headers["etag"] = etag_of({"days": form.days})
        return form

    return made

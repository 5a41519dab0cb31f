"""What happened in a call, as the API shows it: typed, and by the name and detail that its clients know."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field, WithJsonSchema

from ..call.happenings import KINDS
from ..store.event_names import named
from ..store.events import DatedHappening
from .kinds import EventName


def _schema() -> dict[str, Any]:
    """One of all kinds, each told apart by its `kind`."""
    _, components = msgspec.json.schema_components(KINDS)
    for each in components.values():
        each["description"] = " ".join(each["description"].split())
    return {"oneOf": list(components.values())}


class HappeningView(BaseModel):
    """Something that happened around the conversation."""

    at: datetime
    name: EventName
    detail: dict[str, Any]
    happening: Annotated[dict[str, Any], WithJsonSchema(_schema())] = Field(
        description="The same by its kind, with a field for each fact; one that has its default is left out"
    )


def shown(dated: DatedHappening) -> HappeningView:
    """An event of a conversation."""
    name, detail = named(dated.happening)
    happening = msgspec.to_builtins(dated.happening)
    return HappeningView(at=dated.at, name=name, detail=detail, happening=happening)

"""The way of a call to one assistant, looked at now: where it breaks, and what mends it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..node.carriers import Carriers
from ..node.node import Node
from ..workspace import phone_facts
from ..workspace.checks import State
from .auth import CallerHere
from .forms import RowId, router


class StationView(BaseModel):
    """A station of the way, as it was found."""

    name: str = Field(examples=["public host"])
    state: State = Field(description="`skipped` = something before it must be mended first")
    sentence: str
    fix: str = Field(description="What mends it; empty unless it is a fault")
    about: str = Field(description="Which of several it is about: a credential, an assistant")


class PhoneCheckView(BaseModel):
    """The stations in the order in which a call passes them."""

    checked_at: datetime
    stations: list[StationView]


def routes(node: Node, carriers: Carriers) -> APIRouter:
    """`/v1/assistants/{assistant_id}/deployments/phone/check`."""
    made = router("Deployments")

    @made.post(
        "/v1/assistants/{assistant_id}/deployments/phone/check",
        operation_id="checkPhoneDeployment",
        summary="Look at the way of a call",
    )
    async def check_deployment(assistant_id: RowId, caller: CallerHere) -> PhoneCheckView:
        """Asks our own public name, the carrier and the vendors now, as a call would, and changes nothing
        there. It takes as long as the slowest of them. `rapida doctor` looks at the same.
        """
        found = await phone_facts.check(node, carriers, caller, assistant_id)
        stations = [StationView(**asdict(each)) for each in found]
        return PhoneCheckView(checked_at=node.clock(), stations=stations)

    return made

"""Outbound calls: who answers where, and the life of a dialled call from the queue to the first document.

A callee is what a number does when it rings; the conversation itself is the same as for an inbound call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .fields import amd_fields, call_fields
from .orders import NewTwiml
from .report import CallReport
from .running import Outcome, RunningCall, Subscription
from .script import Script

PAUSES_S = {"w": 0.5, "W": 1.0}
KEY_S = 0.25
"""How long a key takes, tone and gap."""
AnsweredBy = Literal[
    "human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown"
]


@dataclass(frozen=True)
class Callee:
    """What a number does when it rings: `after_s` of ringing, then this.

    Without a script whoever answers only listens. Answering-machine detection finds `answered_by`,
    `detection_s` after the answer.
    """

    behaviour: Literal["answers", "busy", "no-answer", "failed"] = "answers"
    after_s: float = 1.0
    answered_by: AnsweredBy = "human"
    detection_s: float = 2.0
    script: Script = field(default_factory=Script)


@dataclass(frozen=True)
class Dial:
    """One accepted request for a call."""

    opening: NewTwiml
    subscription: Subscription
    timeout_s: float = 60.0
    digits: str = ""
    """Keys sent to whoever answers, before the call's TwiML runs; `w` and `W` are pauses."""
    detection: bool = False
    detection_waits: bool = True
    detection_callback: str = ""
    detection_method: str = "POST"
    extra: Mapping[str, str] = field(default_factory=dict[str, str])


async def ring(call: RunningCall, dial: Dial, callee: Callee) -> CallReport:
    """Live one dialled call through: ring, be answered or not, talk."""
    call.become("initiated")
    detecting: asyncio.Task[None] | None = None
    try:
        outcome = await _ringing(call, dial, callee)
        if outcome is None:
            call.become("in-progress")
            await _take_keys(call, dial.digits)
            if dial.detection and dial.detection_waits:
                await call.orders.within(callee.detection_s)
                call.report.answered_by = callee.answered_by
            elif dial.detection:
                detecting = asyncio.create_task(_detect(call, dial, callee))
            outcome = await call.converse(dial.opening, _first_form(call))
    finally:
        if detecting is not None:
            detecting.cancel()
            await asyncio.wait({detecting})
    return await call.finish(outcome)


async def _take_keys(call: RunningCall, digits: str) -> None:
    """The callee hears the keys one after another, with the pauses between them."""
    for key in digits:
        if await call.orders.within(PAUSES_S.get(key, KEY_S)):
            return
        if key not in PAUSES_S:
            call.report.keys += key


async def _ringing(call: RunningCall, dial: Dial, callee: Callee) -> Outcome | None:
    """None once the callee has answered."""
    if callee.behaviour == "failed":
        return Outcome("not answered", "failed")
    call.become("ringing")
    rings_s = dial.timeout_s if callee.behaviour == "no-answer" else min(callee.after_s, dial.timeout_s)
    if await call.orders.within(rings_s):
        call.orders.take()
        return Outcome("canceled", "canceled")
    if callee.behaviour == "busy":
        return Outcome("not answered", "busy")
    if callee.behaviour == "no-answer" or callee.after_s > dial.timeout_s:
        return Outcome("not answered", "no-answer")
    return None


def _first_form(call: RunningCall) -> dict[str, str]:
    form = call_fields(call.facts, "in-progress")
    return form | ({"AnsweredBy": call.report.answered_by} if call.report.answered_by else {})


async def _detect(call: RunningCall, dial: Dial, callee: Callee) -> None:
    """Asynchronous detection: the finding comes while the call goes on."""
    await asyncio.sleep(callee.detection_s)
    call.report.answered_by = callee.answered_by
    call.note(f"detection: answered by {callee.answered_by}")
    if dial.detection_callback:
        form = amd_fields(call.facts, callee.answered_by, round(callee.detection_s * 1000))
        call.callbacks.fire("amd", form, dial.detection_callback, dial.detection_method)

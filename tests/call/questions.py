"""Questions that are answered by keys, and calls in which one was asked."""

from __future__ import annotations

from typing import Any

import msgspec

from rapida.call import events as e

from .driven_call import DrivenCall, Says, answered

MENU = e.Question(kind="choice", keys="12")
PIN = e.Question(kind="digits", min_digits=4, max_digits=4)
CARD = e.Question(
    kind="digits", min_digits=12, max_digits=16, sensitive=True, check="luhn", reprompt="Once more?"
)


def asked(question: e.Question, *replies: Says, text: str = "What is it?", **script: Any) -> DrivenCall:
    """The agent has asked a question and been heard."""
    driven = answered(replies=[Says(text, question=question), *replies], **script)
    driven.caller_says("go on then", for_ms=600)
    return driven.until_heard(text)


def last_answer(driven: DrivenCall) -> tuple[str, str]:
    message = driven.asked[-1].memory[-1]
    return message.kind, message.text


def everything(driven: DrivenCall) -> bytes:
    """All that the core was told and ordered."""
    return msgspec.json.encode([[order for _, order in driven.orders], [event for _, event in driven.events]])

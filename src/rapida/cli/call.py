"""`rapida call`: place one real call through the running server, and follow it to its end.

It is a client of the API like any other: it needs an API key (`rapida keys create`) and a running server.
"""

from __future__ import annotations

import time
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer

from ..errors import RapidaError
from .remote import KeyOption, UrlOption, asked, connected

POLL_S = 0.5
"""How often the call's standing is asked for: soon enough for a person who watches."""
OUTCOMES = {
    "completed": "the call was answered and is over, but no conversation came about",
    "no-answer": "nobody answered",
    "failed": "the carrier could not put the call through",
    "canceled": "it was ended before somebody answered",
    "expired": "its turn did not come in time, so that nobody was called",
    "refused": "the carrier will not place it",
    "no_stream": "its sound never came",
    "stream_refused": "its sound was refused at our door; the server's log says why",
    "unknown": "nobody can tell what became of it",
}
"""What the ends of a call without a conversation mean."""


def call(
    to_number: Annotated[str, typer.Argument(help="Whom to call: +, country code and number.")],
    assistant: Annotated[int, typer.Option(help="The number of the assistant that calls.")],
    key: KeyOption,
    version: Annotated[int, typer.Option(help="Its version; 0 = the published one.", min=0)] = 0,
    from_number: Annotated[str, typer.Option("--from", help="Empty = the phone deployment's own.")] = "",
    ring_s: Annotated[int, typer.Option(help="Seconds to let it ring.", min=5, max=600)] = 60,
    url: UrlOption = "",
    follow: Annotated[bool, typer.Option(help="Wait for the call's end.")] = True,
) -> None:
    """Call somebody, and tell how it goes."""
    form: dict[str, Any] = {
        "assistant": {"assistantId": assistant} | ({"version": version} if version else {}),
        "toNumber": to_number,
        "options": {"ringTimeout": ring_s},
    }
    if from_number:
        form["fromNumber"] = from_number
    try:
        once = {"idempotency-key": uuid4().hex}
        with connected(url, key) as client:
            placed = asked(client, "POST", "/v1/talk/create-phone-call", json=form, headers=once)
            typer.echo(f"conversation {placed['conversation_id']}: {placed['status']}")
            if follow:
                _follow(client, placed["conversation_id"])
    except RapidaError as wrong:
        typer.echo(f"rapida call: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _follow(client: httpx.Client, conversation_id: int) -> None:
    shown = ""
    while True:
        told = asked(client, "GET", f"/v1/conversations/{conversation_id}")
        state = told["call_status"] or told["status"]
        if told["status"] == "ended":
            _tell_end(told)
            return
        if state != shown:
            shown = state
            typer.echo(state)
        time.sleep(POLL_S)


def _tell_end(told: dict[str, Any]) -> None:
    """How a call ended, what that means where it needs words, and what the server knows of its reason."""
    reason: str = told["end_reason"]
    typer.echo(f"ended: {reason} - {OUTCOMES[reason]}" if reason in OUTCOMES else f"ended: {reason}")
    dial: dict[str, Any] = told["dial"] or {}
    for why in (told["unreported"], dial.get("reason")):
        if why:
            typer.echo(why)

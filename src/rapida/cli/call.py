"""`rapida call`: place one real call through the running server, and follow it to its end.

It is a client of the API like any other: it needs an API key (`rapida keys create`) and a running server.
"""

from __future__ import annotations

import time
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer

from ..errors import ConfigurationError, RapidaError
from ..settings import load
from ..settings_read import url as read_url
from .addresses import find

POLL_S = 0.5
"""How often the call's standing is asked for: soon enough for a person who watches."""
TIMEOUT_S = 30.0
"""Longer than a server that dials at once takes to hear from its carrier."""
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
    key: Annotated[str, typer.Option(envvar="RAPIDA_API_KEY", help="An API key of its project.")],
    version: Annotated[int, typer.Option(help="Its version; 0 = the published one.", min=0)] = 0,
    from_number: Annotated[str, typer.Option("--from", help="Empty = the phone deployment's own.")] = "",
    ring_s: Annotated[int, typer.Option(help="Seconds to let it ring.", min=5, max=600)] = 60,
    url: Annotated[
        str, typer.Option(help="The server, as http://HOST:PORT; this data directory's if left out.")
    ] = "",
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
        server = _server(url) if url else f"http://{find(load())}"
        headers = {"authorization": f"Bearer {key}", "idempotency-key": uuid4().hex}
        with httpx.Client(base_url=server, headers=headers, timeout=TIMEOUT_S) as client:
            placed = _asked(client, "POST", "/v1/talk/create-phone-call", json=form)
            typer.echo(f"conversation {placed['conversation_id']}: {placed['status']}")
            if follow:
                _follow(client, placed["conversation_id"])
    except RapidaError as wrong:
        typer.echo(f"rapida call: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _server(url: str) -> str:
    """The server that --url names; plain HTTP goes without saying. Raises `ConfigurationError`."""
    return read_url("--url", url if "://" in url else f"http://{url}")


def _follow(client: httpx.Client, conversation_id: int) -> None:
    shown = ""
    while True:
        told = _asked(client, "GET", f"/v1/conversations/{conversation_id}")
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


def _asked(client: httpx.Client, method: str, path: str, **more: Any) -> dict[str, Any]:
    """The answer's content. Raises `ConfigurationError` with the server's own sentence."""
    try:
        answer = client.request(method, path, **more)
    except httpx.HTTPError as wrong:
        raise ConfigurationError(
            f"no server answers at {client.base_url} ({type(wrong).__name__}): start it with `rapida serve` "
            "in this directory, or name the one that runs with --url"
        ) from wrong
    if answer.is_error:
        raise ConfigurationError(_sentence(answer))
    return answer.json()


def _sentence(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError):
        return f"the server answers with HTTP {answer.status_code}"

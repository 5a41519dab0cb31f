"""`rapida calls`: calls in progress, through a running server. `rapida call` places one."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .remote import KeyOption, UrlOption
from .shown import Columns, JsonOption, asking, listed

app = typer.Typer(help="Calls in progress: list, follow and end them.", no_args_is_help=True)
COLUMNS: Columns = {
    "id": lambda each: each.id,
    "assistant": lambda each: each.assistant_name,
    "direction": lambda each: each.direction,
    "caller": lambda each: each.caller,
    "callee": lambda each: each.callee,
    "status": lambda each: each.status,
    "call": lambda each: each.call_status,
    "since": lambda each: each.started_at or each.created_at,
}


@app.command("list")
def list_calls(key: KeyOption = "", url: UrlOption = "", is_json: JsonOption = False) -> None:
    """Show the calls that go on, and those that wait or ring."""
    with asking("calls", url, key) as api:
        found = [
            *api.conversations.iterate(status="live", limit=100),
            *api.conversations.iterate(status="waiting", limit=100),
        ]
        listed(found, COLUMNS, is_json)


@app.command()
def follow(key: KeyOption = "", url: UrlOption = "") -> None:
    """Print what happens in calls, as it happens, a line of JSON each; Ctrl-C ends it."""
    with asking("calls", url, key) as api:
        for event in api.conversations.follow_calls():
            typer.echo(json.dumps({"event": event.name, "data": event.data}, ensure_ascii=False))


@app.command()
def hangup(
    call: Annotated[int, typer.Argument(help="The number of its conversation.")],
    key: KeyOption = "",
    url: UrlOption = "",
) -> None:
    """End a call politely; one that waits is never dialled."""
    with asking("calls", url, key) as api:
        typer.echo(f"conversation {call}: {api.conversations.hang_up(call).status}")

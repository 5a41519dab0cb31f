"""`rapida conversations`: what was said, through a running server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ..client.generated.conversations_shapes import ConversationDetail
from ..errors import ConfigurationError
from .remote import KeyOption, UrlOption
from .shown import NOTHING, Columns, JsonOption, as_json, asking, listed, text

app = typer.Typer(help="What was said: list, show, mark, export, delete.", no_args_is_help=True)
ConversationArgument = Annotated[int, typer.Argument(help="The conversation's number.")]
COLUMNS: Columns = {
    "id": lambda each: each.id,
    "began": lambda each: each.created_at,
    "assistant": lambda each: f"{each.assistant_name} v{each.assistant_version}",
    "direction": lambda each: each.direction,
    "caller": lambda each: each.caller,
    "callee": lambda each: each.callee,
    "seconds": lambda each: NOTHING if each.duration_ms is None else round(each.duration_ms / 1000),
    "ended": lambda each: each.end_reason or each.status,
    "tags": lambda each: ", ".join(each.tags),
}


@app.command("list")
def list_conversations(
    key: KeyOption = "",
    assistant: Annotated[int, typer.Option(help="Of the assistant with this number; 0 = of all.", min=0)] = 0,
    status: Annotated[
        Literal["waiting", "live", "ended"] | None, typer.Option(help="How far they are.")
    ] = None,
    words: Annotated[str, typer.Option("--text", help="Whole words that were all said.")] = "",
    number: Annotated[str, typer.Option(help="Either side's, as +, country code and number.")] = "",
    tag: Annotated[str, typer.Option(help="Marked so by people.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Begun from then on, in UTC.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 20,
    url: UrlOption = "",
    is_json: JsonOption = False,
) -> None:
    """Show conversations, newest first."""
    with asking("conversations", url, key) as api:
        wanted: dict[str, Any] = {
            "assistant_id": assistant or None,
            "status": status,
            "text": words or None,
            "number": number or None,
            "tag": tag or None,
            "since": None if since is None else since.replace(tzinfo=UTC),
        }
        found = api.conversations.iterate(limit=min(limit, 100), **wanted)
        listed(list(islice(found, limit)), COLUMNS, is_json)


@app.command()
def show(
    conversation: ConversationArgument,
    key: KeyOption = "",
    url: UrlOption = "",
    is_json: JsonOption = False,
) -> None:
    """Print one: who, when, how it ended, and what was said."""
    with asking("conversations", url, key) as api:
        found = api.conversations.read(conversation)
        if is_json:
            as_json(found)
            return
        for line in _told(found):
            typer.echo(line)


@app.command()
def mark(
    conversation: ConversationArgument,
    key: KeyOption = "",
    tags: Annotated[
        list[str] | None, typer.Option("--tag", help="A tag; these are then all. Give it again for more.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="A note; empty = none.")] = None,
    url: UrlOption = "",
) -> None:
    """Tag a conversation, or write a note about it."""
    form: dict[str, Any] = ({"tags": tags} if tags else {}) | ({} if note is None else {"note": note or None})
    with asking("conversations", url, key) as api:
        if not form:
            raise ConfigurationError("say what is to be written: --tag or --note")
        marked = api.conversations.mark(conversation, form)
        typer.echo(f"conversation {conversation}: {', '.join(marked.tags) or 'no tags'}; {text(marked.note)}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where it goes, over what was there.")],
    key: KeyOption = "",
    file_format: Annotated[
        Literal["csv", "jsonl"], typer.Option("--format", help="As a table, or all of it.")
    ] = "csv",
    url: UrlOption = "",
) -> None:
    """Write every conversation of the project to a file, as it comes."""
    with asking("conversations", url, key) as api:
        path = file.expanduser()
        try:
            with path.open("wb") as to:
                for part in api.connection.parts(f"/v1/conversations.{file_format}"):
                    to.write(part)
        except OSError as wrong:
            raise ConfigurationError(f"{path} cannot be written: {wrong}") from wrong


@app.command()
def delete(
    conversation: ConversationArgument,
    key: KeyOption = "",
    sure: Annotated[bool, typer.Option("--yes", help="Ask nobody.")] = False,
    url: UrlOption = "",
) -> None:
    """Delete what was said in one, and its recording, for good."""
    if not sure:
        typer.confirm(f"Delete what was said in conversation {conversation} for good?", abort=True)
    with asking("conversations", url, key) as api:
        api.conversations.delete(conversation)


def _told(found: ConversationDetail) -> Iterator[str]:
    yield f"conversation {found.id}: {found.direction}, {found.caller or NOTHING} → {found.callee or NOTHING}"
    yield f"assistant {found.assistant_id}, version {found.assistant_version}"
    began, how = text(found.started_at or found.created_at), found.end_reason or found.status
    yield f"{began} to {text(found.ended_at)}: {how}"
    if found.tags or found.note:
        yield f"{', '.join(found.tags)}{': ' if found.tags and found.note else ''}{found.note or ''}"
    for turn in found.turns:
        cut = f" [heard: {turn.heard}]" if turn.cut else ""
        yield f"{turn.speaker:>6}  {turn.text}{cut}"

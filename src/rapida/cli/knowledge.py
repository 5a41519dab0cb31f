"""`rapida knowledge`: the pages of facts that assistants answer from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..embeddings import CATALOGUE
from ..embeddings.base import Embedder
from ..errors import ConfigurationError, ExtraMissing
from ..knowledge.search import Knowledge
from ..providers.build import build
from ..store import knowledge as pages
from ..workspace import knowledge_changes
from ..workspace.actor import command_line
from .keys import ProjectOption
from .local_store import opened
from .running import run
from .stored_keys import project_of

app = typer.Typer(help="Write, list, try and remove pages of facts.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="The page's name.")]


@app.command()
def put(
    file: Annotated[Path, typer.Argument(help="A YAML list of `title`, `text` and `asked`, or Markdown.")],
    name: Annotated[
        str, typer.Option(help="The page's name, which the tool `search_knowledge` names.")
    ] = "facts",
    project: ProjectOption = 0,
) -> None:
    """Write a page, or write it anew. Calls in progress answer from it at once."""
    run("knowledge", _put(file.expanduser(), name, project))


@app.command("list")
def list_pages(project: ProjectOption = 0) -> None:
    """Show a project's pages."""
    run("knowledge", _list(project))


@app.command()
def show(name: NameArgument = "facts", project: ProjectOption = 0) -> None:
    """Print a page as it was written, to change it and write it anew."""
    run("knowledge", _show(name, project))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What a caller might ask.")],
    name: Annotated[str, typer.Option(help="The page's name.")] = "facts",
    embeddings: Annotated[str, typer.Option(help="What compares meanings; empty = words alone.")] = "minilm",
    project: ProjectOption = 0,
) -> None:
    """Show which passages of a page fit a question, and whether the best is said to a caller."""
    run("knowledge", _ask(question, name, embeddings, project))


@app.command()
def remove(name: NameArgument, project: ProjectOption = 0) -> None:
    """Remove a page for good."""
    run("knowledge", _remove(name, project))


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigurationError(f"{file} cannot be read: {wrong}") from None


async def _put(file: Path, name: str, project: int) -> None:
    text = _text_of(file)
    async with opened() as node:
        async with node.store.read() as tx:
            owner = await project_of(tx, project)
        page, passages = await knowledge_changes.put(node, command_line(owner), name, text)
    typer.echo(f"{page.name}: version {page.version}, {len(passages)} passages")


async def _list(project: int) -> None:
    async with opened() as node, node.store.read() as tx:
        for page in await pages.of_project(tx, (await project_of(tx, project)).id):
            typer.echo(f"{page.name}\tversion {page.version}\t{page.updated_at:%Y-%m-%d %H:%M} UTC")


async def _show(name: str, project: int) -> None:
    async with opened() as node, node.store.read() as tx:
        page = await pages.find(tx, (await project_of(tx, project)).id, name)
        typer.echo(await pages.text_of(tx, page.id), nl=False)


async def _remove(name: str, project: int) -> None:
    async with opened() as node:
        async with node.store.read() as tx:
            owner = await project_of(tx, project)
        await knowledge_changes.remove(node, command_line(owner), name)


async def _ask(question: str, name: str, embeddings: str, project: int) -> None:
    async def embedder(wanted: str) -> Embedder | None:
        try:
            made = build(CATALOGUE, wanted, {})
        except ExtraMissing as missing:
            typer.echo(f"searched by words: {missing}", err=True)
            return None
        await made.start()
        return made

    async with opened() as node:
        async with node.store.read() as tx:
            owner = await project_of(tx, project)
        knowledge = Knowledge(node.store, embedder)
        found = await knowledge.search(owner.id, name, question, embeddings=embeddings)
    for each in found:
        said = "said" if each.answers and each is found[0] else "not said"
        typer.echo(f"{each.score:.2f}\t{said}\t{each.passage.title}: {each.passage.text}")

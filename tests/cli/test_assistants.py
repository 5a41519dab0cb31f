"""`rapida assistants` against a running server: files go out, come back, and change only what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.acceptance.calling_server import CallingServer, opened
from tests.cli.test_call import a_key
from typer.testing import CliRunner

from rapida.cli import app

BAKERY = """\
name: Bakery
stt: {name: scripted}
llm: {name: scripted}
tts: {name: tone}
prompt: |
  You are kind.
  You are brief.
"""


@dataclass
class Terminal:
    """Somebody with a shell, an API key and a folder of files."""

    calling: CallingServer
    key: str
    folder: Path

    async def types(self, *words: str) -> tuple[int, str]:
        """The exit code, and all that was printed."""
        url = f"http://127.0.0.1:{self.calling.rapida.port}"
        ran = await asyncio.to_thread(
            CliRunner().invoke, app, ["assistants", *words, "--url", url], env={"RAPIDA_API_KEY": self.key}
        )
        return ran.exit_code, ran.output

    def file(self, text: str, name: str = "bakery.yaml") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    async with opened(tmp_path / "data") as calling:
        yield Terminal(calling, await a_key(calling), tmp_path)


async def test_a_file_is_applied_changed_published_and_read_again(terminal: Terminal) -> None:
    path = terminal.file(BAKERY)
    code, told = await terminal.types("apply", path)
    assert code == 0, told
    assert told == f"{path}: 'Bakery' is new\n  Version 1 answers calls from now on.\n"
    _, told = await terminal.types("apply", path)
    assert told.endswith("is unchanged\n")

    terminal.file(BAKERY.replace("brief", "quick") + "turn: {silence_ms: 900}\n")
    changes = ["turn.silence_ms: 700 → 900", "prompt:", "    - You are brief.", "    + You are quick."]
    _, told = await terminal.types("apply", path, "--dry-run")
    assert all(each in told for each in changes), told
    assert "Version" not in told
    _, told = await terminal.types("apply", path)
    assert "Version 2 is a draft: calls go on with version 1 until it is published" in told
    _, told = await terminal.types("list")
    assert told.splitlines()[0].split("\t")[1:] == ["Bakery", "version 1", "draft 2"]
    # Nothing is left to save, and what was saved is still to be published.
    _, told = await terminal.types("apply", path, "--publish")
    assert told.endswith("is unchanged\n  Version 2 answers calls from now on.\n")


async def test_what_is_exported_is_applied_without_a_change(terminal: Terminal) -> None:
    await terminal.types("apply", terminal.file(BAKERY))
    folder = terminal.folder / "exported"
    code, told = await terminal.types("export", str(folder))
    assert code == 0, told
    names = {path.name for path in folder.iterdir()}
    assert "bakery.yaml" in names
    assert set(told.splitlines()) == {str(folder / name) for name in names}
    _, told = await terminal.types("apply", str(folder), "--publish")
    assert len(told.splitlines()) == len(names) >= 2
    assert all(line.endswith("is unchanged") for line in told.splitlines())
    _, told = await terminal.types("show", "Bakery")
    assert told == (folder / "bakery.yaml").read_text(encoding="utf-8")


async def test_of_several_files_none_is_saved_if_one_is_wrong_which_is_named(terminal: Terminal) -> None:
    good, wrong = (
        terminal.file(BAKERY),
        terminal.file(BAKERY.replace("Bakery", "B") + "zone: Mars\n", "b.yaml"),
    )
    code, told = await terminal.types("apply", good, wrong)
    assert code == 1
    assert told.startswith(f"rapida assistants: {wrong}: zone: ")
    _, told = await terminal.types("list")
    assert "Bakery" not in told
    for text, said in (("name: [", "is no YAML"), ("- a\n", "needs a `name`"), ("greeting: Hi\n", "`name`")):
        code, told = await terminal.types("apply", terminal.file(text))
        assert (code, said in told) == (1, True), told
    code, told = await terminal.types("show", "Nobody")
    assert (code, "there is no assistant 'Nobody'; there is " in told) == (1, True)

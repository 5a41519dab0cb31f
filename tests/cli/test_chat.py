"""`rapida chat`: a conversation in writing in the terminal, with and without a server that runs."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from rapida.cli import app

RAPIDA = Path(sys.executable).with_name("rapida")


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAPIDA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("PUBLIC_ASSISTANT_HOST", raising=False)
    return tmp_path / "data"


def rows(data_dir: Path, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(f"sqlite:///{data_dir / 'rapida.db'}")
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(statement))]
    engine.dispose()
    return found


def test_lines_of_a_file_are_answered_one_by_one_by_a_server_of_the_conversations_own(data_dir: Path) -> None:
    told = CliRunner().invoke(app, ["chat", "front DESK"], input="When are you open?\n\nNo, thank you.\n")
    assert told.exit_code == 0, told.output
    said = [line.split(maxsplit=1) for line in told.output.splitlines() if line[:6] in ("agent ", "caller")]
    assert said[0][0] == "agent"
    lines = [words for speaker, words in said if speaker == "caller"]
    assert lines == ["When are you open?", "No, thank you."]
    between = said[said.index(["caller", lines[0]]) + 1 : said.index(["caller", lines[1]])]
    assert any("open" in words for _, words in between), told.output
    assert "ended: " in told.output
    (kept,) = rows(data_dir, "SELECT channel, status FROM conversations")
    assert kept == ("text", "ended")
    (key,) = rows(data_dir, "SELECT name, revoked_at FROM api_keys")
    assert key[0] == "rapida chat"
    assert key[1] is not None


def test_who_is_not_there_is_named_with_those_who_are(data_dir: Path) -> None:
    told = CliRunner().invoke(app, ["chat", "Nobody"])
    assert told.exit_code == 1
    assert "there is no assistant 'Nobody'; there are: front desk" in told.output
    odd = CliRunner().invoke(app, ["chat", "1", "--var", "customer"])
    assert (odd.exit_code, "write it as NAME=VALUE" in odd.output) == (1, True)


def test_a_terminal_shows_what_the_agent_says_and_ctrl_d_hangs_up(data_dir: Path) -> None:
    controller, terminal = pty.openpty()
    command = [str(RAPIDA), "chat", "1"]
    with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, text=True) as chatting:
        os.close(terminal)
        assert chatting.stdout is not None
        assert next(iter(chatting.stdout.readline, "")).startswith("agent   ")
        os.write(controller, b"\x04")
        rest = chatting.stdout.read()
        assert chatting.wait(60) == 0
    os.close(controller)
    assert "ended: caller_hangup" in rest

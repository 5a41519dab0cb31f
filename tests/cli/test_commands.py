"""The table of commands: its summaries, its version, what is said of misspelt settings, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from rapida import __version__
from rapida.cli import COMMANDS, app

HEAVY = ("sqlalchemy", "httpx", "numpy", "fastapi", "uvicorn", "cryptography", "rapida.store", "rapida.app")


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"rapida {__version__}\n")


def test_help_lists_every_command_with_what_it_does() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "160"}).stdout
    for name, (_, summary) in COMMANDS.items():
        assert name in shown
        assert summary in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_there_and_explains_itself(name: str) -> None:
    group: Any = get_command(app)
    assert group.get_command(None, name).help


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_what_needs_no_platform_loads_none_of_it(words: list[str]) -> None:
    """Loading it takes two to four seconds."""
    program = (
        "import sys\nfrom rapida.cli import app\n"
        f"app({words!r}, standalone_mode=False)\n"
        f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1].strip() == "loaded:"


def test_a_misspelt_setting_is_told_by_every_command() -> None:
    result = CliRunner().invoke(app, ["users", "--help"], env={"RAPIDA_DATADIR": "/elsewhere"})
    assert "RAPIDA_DATADIR is no setting of Rapida and changes nothing: did you mean RAPIDA_DATA_DIR?" in (
        result.stderr
    )


@pytest.mark.parametrize("name", ["users", "keys", "vault"])
def test_a_command_of_the_database_loads_it_only_when_it_runs(name: str) -> None:
    program = (
        "import sys\nfrom rapida.cli import app\n"
        f"app([{name!r}, '--help'], standalone_mode=False)\n"
        "print('loaded:', 'rapida.store' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "loaded: False False"


def test_a_shell_completes_the_commands_and_their_options() -> None:
    program = "from rapida.cli import main; main()"
    for words, wanted in (
        ("rapida conv", {"conversations"}),
        ("rapida calls ", {"list", "follow", "hangup"}),
    ):
        completing = {"_RAPIDA_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": words}
        told = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.argv[0] = 'rapida'; {program}"],
            capture_output=True,
            text=True,
            env=os.environ | completing,
            check=False,
        )
        assert all(f'"{each}"' in told.stdout for each in wanted), (told.stdout, told.stderr)

"""Headless administration: users, keys and the vault from the command line, as a person runs them."""

from __future__ import annotations

import base64
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rapida.cli import app
from rapida.workspace.people import CODE_FILE, SetupCode

PASSWORD = "correct horse battery"
Rapida = Callable[..., Result]


def key(number: int) -> str:
    return f"k{number}:{base64.b64encode(bytes([number]) * 32).decode()}"


@pytest.fixture
def rapida(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rapida:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAPIDA_DATA_DIR", str(tmp_path / "data"))
    for name in ("PUBLIC_ASSISTANT_HOST", "RAPIDA_MASTER_KEY", "RAPIDA_DATABASE_URL", "RAPIDA_SETUP_CODE"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, typed: str = "", **environment: Any) -> Result:
        return CliRunner().invoke(app, list(words), input=typed, env=environment)

    return run


def create(rapida: Rapida, email: str = "ada@example.com", *more: str, password: str = PASSWORD) -> Result:
    return rapida("users", "create", email, "--password-stdin", *more, typed=f"{password}\n")


def test_who_forgot_a_password_is_given_a_new_one(rapida: Rapida) -> None:
    create(rapida)
    done = rapida("users", "password", "ada@example.com", "--password-stdin", typed="another good one\n")
    assert (done.exit_code, done.stdout) == (
        0,
        "ada@example.com has a new password, and is signed out everywhere\n",
    )
    unknown = rapida("users", "password", "bob@example.com", "--password-stdin", typed="another good one\n")
    assert (unknown.exit_code, "there is no user bob@example.com" in unknown.stderr) == (1, True)


def test_the_first_user_owns_the_installation_and_gets_a_key_and_the_next_is_what_they_are_told(
    rapida: Rapida, tmp_path: Path
) -> None:
    code_file = tmp_path / "data" / CODE_FILE
    first = create(rapida, "ada@example.com", "--organization", "Engines", "--project", "Desk")
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("rpd_")
    assert not code_file.exists()
    second = create(rapida, "bob@example.com", "--role", "editor")
    assert second.exit_code == 0, second.output
    listed = rapida("users", "list").stdout
    assert [line.split("\t")[1:3] for line in listed.splitlines()] == [
        ["owner", "ada@example.com"],
        ["editor", "bob@example.com"],
    ]


@pytest.mark.parametrize(
    ("email", "password", "role", "said"),
    [
        ("bob@example.com", "short", "viewer", "10 to 256"),
        ("bob", PASSWORD, "viewer", "email"),
        ("bob@example.com", PASSWORD, "king", "no role"),
        ("ADA@example.com", PASSWORD, "viewer", "already a user"),
    ],
)
def test_a_wrong_user_is_refused_in_one_sentence(
    rapida: Rapida, email: str, password: str, role: str, said: str
) -> None:
    assert create(rapida).exit_code == 0
    refused = create(rapida, email, "--role", role, password=password)
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_a_key_is_printed_once_listed_without_its_secret_and_revoked(rapida: Rapida) -> None:
    made = rapida("keys", "create", "CI", "--role", "viewer", "--days", "30")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    listed = rapida("keys", "list")
    assert secret not in listed.output
    assert secret[:12] in listed.stdout
    number = listed.stdout.split("\t")[0]
    assert rapida("keys", "revoke", number).exit_code == 0
    assert "revoked" in rapida("keys", "list").stdout
    assert rapida("keys", "revoke", "99").exit_code == 1
    assert "no role of a key" in rapida("keys", "create", "x", "--role", "owner").stderr
    assert "no project 99" in rapida("keys", "create", "x", "--project", "99").stderr


def test_the_vault_moves_to_a_new_key_that_every_server_has_loaded_before(rapida: Rapida) -> None:
    old, new = key(1), key(2)
    assert rapida("vault", "status", RAPIDA_MASTER_KEY=old).stdout.splitlines()[1] == "k1\t1"
    # The new key behind the old one: loaded everywhere, sealing nothing yet.
    both = rapida("vault", "rotate", RAPIDA_MASTER_KEY=f"{old},{new}")
    assert "0 secrets" in both.stdout
    # The new key first: now it seals, and servers that still have the old one first can open what it seals.
    assert "1 secrets" in rapida("vault", "rotate", RAPIDA_MASTER_KEY=f"{new},{old}").stdout
    assert rapida("vault", "status", RAPIDA_MASTER_KEY=f"{old},{new}").exit_code == 0
    assert rapida("vault", "status", RAPIDA_MASTER_KEY=new).stdout.splitlines()[1] == "k2\t1"
    refused = rapida("vault", "status", RAPIDA_MASTER_KEY=old)
    assert refused.exit_code == 1
    assert "k2" in refused.stderr


def test_a_rotation_names_what_was_altered_and_moves_everything_else(rapida: Rapida, tmp_path: Path) -> None:
    old, new = key(1), key(2)
    assert rapida("vault", "status", RAPIDA_MASTER_KEY=old).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "rapida.db")) as database, database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM credentials").fetchone())
        row |= {"id": 77, "name": "altered", "account": "", "wrapped_key": b"x" * 60}
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO credentials ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    rotated = rapida("vault", "rotate", RAPIDA_MASTER_KEY=f"{new},{old}")
    assert rotated.exit_code == 1
    assert "1 secrets" in rotated.stdout
    assert "credentials 77" in rotated.stderr
    assert rapida("vault", "status", RAPIDA_MASTER_KEY=new).exit_code == 1


def test_a_key_file_alone_is_not_rotated_and_says_how(rapida: Rapida) -> None:
    refused = rapida("vault", "rotate")
    assert refused.exit_code == 1
    assert "RAPIDA_MASTER_KEY" in refused.stderr


def test_the_setup_code_is_the_owners_alone_and_stays_the_same_until_it_is_spent(tmp_path: Path) -> None:
    code = SetupCode(tmp_path, None)
    text = code.prepare()
    assert stat.S_IMODE((tmp_path / CODE_FILE).stat().st_mode) == 0o600
    assert SetupCode(tmp_path, None).prepare() == text
    assert len(text) >= 20
    code.spend()
    assert not (tmp_path / CODE_FILE).exists()
    assert SetupCode(tmp_path, None).prepare() != text
    assert SetupCode(tmp_path, "from-the-environment").prepare() == "from-the-environment"

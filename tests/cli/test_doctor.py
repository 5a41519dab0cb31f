"""`rapida doctor` on real directories: sound as far as it can be without the network, and broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.acceptance.server import opened
from typer.testing import CliRunner

from rapida.cli import app
from rapida.workspace import public_name


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAPIDA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RAPIDA_PORT", "9")  # discard: nobody answers there
    monkeypatch.delenv("PUBLIC_ASSISTANT_HOST", raising=False)
    return tmp_path / "data"


def stations() -> dict[str, str]:
    told = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(told.output)["stations"]
    assert told.exit_code == int(any(each["state"] == "fault" for each in found))
    return {each["name"]: each["state"] for each in found}


def test_what_is_sound_and_what_is_broken_is_told_apart(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stations()["data directory"] == "fault"
    data_dir.mkdir(mode=0o700)
    assert (stations()["data directory"], stations()["database"]) == ("good", "fault")
    assert CliRunner().invoke(app, ["keys", "create", "mine"]).exit_code == 0  # prepares the database
    sound = stations()
    assert [name for name, state in sound.items() if state == "fault"] == ["server", "public host"]
    assert (sound["database"], sound["keys"], sound["disk"]) == ("good", "good", "good")
    data_dir.chmod(0o755)
    assert stations()["data directory"] == "fault"
    data_dir.chmod(0o700)
    monkeypatch.setenv("PUBLIC_ASSISTANT_HOST", "nowhere.invalid")
    assert stations()["DNS"] == "fault"
    monkeypatch.setenv("PUBLIC_ASSISTANT_HOST", "localhost:9")
    assert (stations()["DNS"], stations()["TLS"]) == ("good", "fault")
    monkeypatch.setenv("PUBLIC_ASSISTANT_HOST", "https://calls.example.org")
    assert stations()["settings"] == "fault"


def test_a_person_reads_the_fault_and_below_it_what_mends_it(data_dir: Path) -> None:
    told = CliRunner().invoke(app, ["doctor"])
    assert told.exit_code == 1
    lines = told.output.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("FAIL  public host"))
    assert "PUBLIC_ASSISTANT_HOST is not set" in lines[at]
    assert lines[at + 1].lstrip().startswith("→ set it to")


async def test_our_own_server_refuses_a_media_socket_that_nobody_signed(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", public_host="calls.example.org") as server:
        base = f"http://{server.address}"
        assert await public_name.unsigned_socket(base) == 403
        with pytest.MonkeyPatch.context() as proxy:
            proxy.setattr(public_name, "UPGRADE", {})  # as one that keeps the upgrade to itself
            assert await public_name.unsigned_socket(base) == 404
    assert await public_name.unsigned_socket(base) is None

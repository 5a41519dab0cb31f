"""`rapida models`: what is there, whether it is intact, and what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rapida.cli import app
from rapida.providers import model_files
from rapida.providers.model_files import MODEL_FILES


@pytest.fixture(autouse=True)
def pulled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(model_files, "PULLED", tmp_path)
    return tmp_path


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["models", *arguments])
    return result.exit_code, result.output


def test_each_file_is_listed_with_its_package_its_purpose_and_its_place() -> None:
    code, output = invoke("list")
    assert code == 0
    for name, file in MODEL_FILES.items():
        assert name in output
        assert f"{file.package.name}=={file.package.version}" in output
        assert str(model_files.found(name)) in output


def test_files_that_are_intact_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    found = model_files.found
    monkeypatch.setattr("rapida.cli.models.found", lambda name: None if name == "silero" else found(name))
    code, output = invoke("verify")
    assert code == 0
    assert output.count("  intact  ") == len(MODEL_FILES) - 1
    assert "silero                  absent" in output


def test_a_file_that_differs_is_named_and_the_command_fails() -> None:
    place = model_files.pulled_place(MODEL_FILES["hibari-symbols"])
    place.parent.mkdir(parents=True)
    place.write_text("{}")
    code, output = invoke("verify")
    assert code == 1
    assert output.count("DIFFERS") == 1
    assert str(place) in output


def test_files_are_pulled_out_of_a_folder_without_a_network(tmp_path: Path) -> None:
    installed = model_files.find("minilm").parent
    code, output = invoke("pull", "minilm", "--from", str(installed))
    assert (code, output.strip()) == (0, str(model_files.pulled_place(MODEL_FILES["minilm"])))
    assert Path(output.strip()).is_relative_to(tmp_path)


def test_a_model_that_nobody_knows_is_told() -> None:
    code, output = invoke("pull", "whisper")
    assert code == 1
    assert "there is no model 'whisper'; there is hibari" in output

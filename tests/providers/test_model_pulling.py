"""Model files out of a wheel or a user's folder: each is compared with its hash before it is kept."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from rapida.errors import ConfigurationError
from rapida.providers import model_files, model_pulling
from rapida.providers.model_files import MODEL_FILES, find, found, names_of
from rapida.providers.model_pulling import packages_of, pull, take

[MOONSHINE] = packages_of("moonshine")
FILES = names_of("moonshine-voice")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    place = tmp_path / "moonshine.whl"
    with zipfile.ZipFile(place, "w") as made:
        for name in FILES:
            made.write(find(name), MODEL_FILES[name].path)
        made.writestr("moonshine_voice/__init__.py", "raise SystemExit")
    return place


@pytest.fixture(autouse=True)
def pulled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wheel: Path) -> Path:
    """A machine whose platform has no wheel of the ear."""
    installed = model_files._installed_files
    monkeypatch.setattr(
        model_files,
        "_installed_files",
        lambda package: [] if package == "moonshine-voice" else installed(package),
    )
    monkeypatch.setattr(model_files, "PULLED", tmp_path / "pulled")
    return tmp_path / "pulled"


def test_a_model_is_named_by_how_its_files_begin() -> None:
    assert [each.name for each in packages_of("moonshine")] == ["moonshine-voice"]
    assert [each.name for each in packages_of("hibari-tagger")] == ["hibari-tts"]
    for wrong in ("whisper", ""):
        with pytest.raises(ConfigurationError, match="there is hibari, moonshine, smart, minilm, silero"):
            packages_of(wrong)


def test_the_files_of_a_wheel_are_taken_and_found_and_nothing_else(wheel: Path, pulled: Path) -> None:
    assert found("moonshine-encoder") is None
    places = take(MOONSHINE, wheel)
    assert [found(name) for name in FILES] == places
    assert sorted(each for each in pulled.rglob("*") if each.is_file()) == sorted(places)


def test_the_files_of_a_folder_are_taken_by_their_names_alone(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as whole:
        whole.extractall(tmp_path / "whole")
    flat = tmp_path / "flat"
    flat.mkdir()
    for name in FILES:
        shutil.copy(tmp_path / "whole" / MODEL_FILES[name].path, flat)
    assert [place.name for place in take(MOONSHINE, flat)] == [
        Path(MODEL_FILES[name].path).name for name in FILES
    ]


def test_of_a_wheel_with_a_file_that_differs_none_is_taken(tmp_path: Path, pulled: Path) -> None:
    other = tmp_path / "other.whl"
    with zipfile.ZipFile(other, "w") as made:
        for name in FILES:
            made.writestr(MODEL_FILES[name].path, b"other")
    with pytest.raises(ConfigurationError, match="is not the file 'moonshine-encoder' that we know"):
        take(MOONSHINE, other)
    assert not pulled.exists()


@pytest.mark.parametrize("source", ["absent.whl", "."])
def test_a_place_without_the_files_is_told(tmp_path: Path, source: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"holds no moonshine_voice/.*: name a wheel of moonshine-voice==0"
    ):
        take(MOONSHINE, tmp_path / source)


def test_a_pull_asks_for_one_wheel_by_its_hash_and_keeps_only_the_files(
    monkeypatch: pytest.MonkeyPatch, wheel: Path, pulled: Path
) -> None:
    asked: list[list[str]] = []

    def run(command: Sequence[str], folder: Path) -> str:
        asked.append(list(command))
        assert not list(folder.glob("*.toml"))
        wanted = Path(command[command.index("-r") + 1]).read_text()
        assert wanted == f"moonshine-voice==0.1.0 --hash=sha256:{MOONSHINE.wheel_sha256}\n"
        with zipfile.ZipFile(wheel) as whole:
            whole.extractall(command[command.index("--target") + 1])
        return ""

    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert [found(name) for name in FILES] != pull(MOONSHINE, run)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(model_pulling, "find_spec", lambda name: True)
    assert pull(MOONSHINE, run) == [found(name) for name in FILES]
    uv, pip = asked
    assert uv[:3] == ["/bin/uv", "pip", "install"]
    assert uv[-2:] == ["--python-platform", "x86_64-manylinux_2_34"]
    assert pip[:3] == [sys.executable, "-m", "pip"]
    assert pip[-2:] == ["--platform", "manylinux_2_34_x86_64"]
    for command in asked:
        assert {"--no-deps", "--require-hashes"} <= set(command)
    assert len([each for each in pulled.rglob("*") if each.is_file()]) == len(FILES)


def test_a_pull_that_fails_says_why_and_what_else_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    with pytest.raises(
        ConfigurationError, match=r"could not be fetched: no route\. Fetch its wheel .* with --from"
    ):
        pull(MOONSHINE, lambda command, folder: "no route")


def test_where_there_is_neither_uv_nor_pip_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(model_pulling, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="neither uv nor pip"):
        pull(MOONSHINE)

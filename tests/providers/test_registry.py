"""A catalogue imports nothing until asked, and says in one sentence what is wrong with a name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rapida import embeddings, llm, stt, tools, tts, turn_end, vad
from rapida.errors import ExtraMissing, UnknownName
from rapida.providers.registry import CatalogueEntry, Registry

CATALOGUES = (
    stt.CATALOGUE,
    llm.CATALOGUE,
    tts.CATALOGUE,
    vad.CATALOGUE,
    tools.CATALOGUE,
    turn_end.CATALOGUE,
    embeddings.CATALOGUE,
)


def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


def test_a_name_is_imported_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_module(tmp_path, monkeypatch, "lazily_found", "class Voice: ...")
    catalogue: Registry[object] = Registry("tts", {"lazy": CatalogueEntry("lazily_found:Voice")})
    assert list(catalogue) == ["lazy"]
    assert "lazily_found" not in sys.modules
    assert catalogue.load("lazy").__name__ == "Voice"
    assert catalogue.load("lazy") is catalogue.load("lazy")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="there is silero, webrtc, energy; did you mean 'silero'"):
        vad.CATALOGUE.load("silera")


def test_a_family_without_members_says_so() -> None:
    with pytest.raises(UnknownName, match="there is no turn-end model called 'smart'; there is none yet"):
        Registry[object]("turn-end model", {}).load("smart")


def test_a_missing_package_is_answered_with_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_module(tmp_path, monkeypatch, "wants_more", "import a_package_nobody_has.inner")
    catalogue: Registry[object] = Registry("stt", {"more": CatalogueEntry("wants_more:Ear", extra="local")})
    with pytest.raises(ExtraMissing) as missing:
        catalogue.load("more")
    assert missing.value.extra == "local"
    assert "stt 'more' needs the package 'a_package_nobody_has'" in str(missing.value)
    assert "uv sync --extra local" in str(missing.value)


@pytest.mark.parametrize("extra", ["", "local"])
def test_a_mistake_of_our_own_is_not_taken_for_a_missing_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    inner = "rapida.no_such_room" if extra else "a_package_nobody_has"
    write_module(tmp_path, monkeypatch, f"wrong_{extra or 'plain'}", f"import {inner}")
    catalogue: Registry[object] = Registry(
        "stt", {"x": CatalogueEntry(f"wrong_{extra or 'plain'}:Ear", extra=extra)}
    )
    with pytest.raises(ModuleNotFoundError) as found:
        catalogue.load("x")
    assert found.value.name == inner


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda catalogue: catalogue.family)
def test_every_name_a_catalogue_lists_can_be_loaded(catalogue: Registry[object]) -> None:
    for name in catalogue:
        assert isinstance(catalogue.load(name), type)


def test_listing_the_catalogues_imports_no_provider() -> None:
    script = (
        "import sys, rapida.stt, rapida.llm, rapida.tts, rapida.vad, rapida.tools, rapida.turn_end\n"
        "print([name for name in ('onnxruntime', 'pocketsphinx', 'webrtcvad', 'httpx', 'numpy') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

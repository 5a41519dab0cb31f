"""The voice and the ear that need no key are the best that the machine has."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import pytest

from rapida import stt, tts
from rapida.providers import local_speech, model_files
from rapida.providers.local_speech import LOCAL, LocalChoice, local_choice


def without(monkeypatch: pytest.MonkeyPatch, *modules: str, files_of: str = "") -> None:
    """A machine for which there is no wheel of these."""

    def found(name: str) -> ModuleSpec | None:
        return None if name in modules else find_spec(name)

    monkeypatch.setattr(local_speech, "find_spec", found)
    lost = model_files.names_of(files_of)
    whole = model_files.found
    monkeypatch.setattr(model_files, "found", lambda name: None if name in lost else whole(name))


def test_every_choice_is_in_its_catalogue() -> None:
    assert {each.name for each in LOCAL["tts"]} <= set(tts.CATALOGUE)
    assert {each.name for each in LOCAL["stt"]} <= set(stt.CATALOGUE)


def test_a_machine_with_all_packages_gets_the_better_ones() -> None:
    assert local_choice("tts") == LocalChoice("hibari", ())
    assert local_choice("stt") == LocalChoice("moonshine", ())


def test_a_machine_without_onnxruntime_gets_the_others_and_is_told_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, "onnxruntime")
    for family, name, better in (("tts", "espeak", "hibari"), ("stt", "pocketsphinx", "moonshine")):
        choice = local_choice("tts" if family == "tts" else "stt")
        assert choice.name == name
        [why] = choice.lacking
        assert why.startswith(f"{better}: the package 'onnxruntime' is not installed here")


def test_a_machine_whose_wheel_of_the_ear_is_missing_is_told_how_to_pull_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, files_of="moonshine-voice")
    assert local_choice("tts").name == "hibari"
    choice = local_choice("stt")
    assert choice.name == "pocketsphinx"
    assert "`rapida models pull moonshine-encoder`" in choice.lacking[0]


def test_where_nothing_is_installed_the_last_one_is_named_and_says_itself_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, "onnxruntime", "espeakng_loader")
    assert local_choice("tts").name == "espeak"

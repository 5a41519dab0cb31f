"""A configured provider becomes an object, or one sentence about what is wrong with its configuration."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from msgspec import Struct

from rapida import llm, stt, tools, tts, vad
from rapida.errors import ConfigurationError, UnknownName
from rapida.providers.build import build
from rapida.providers.registry import CatalogueEntry, Registry

SECRET = "s3cr3t-that-must-not-show"


class Options(Struct, frozen=True):
    voice: str = "en"
    rate: int = 100


class Credential(Struct, frozen=True):
    api_key: str
    region: int = 1


class Free:
    Options = Options

    def __init__(self, options: Options) -> None:
        self.options = options


class Paid:
    Options = Options
    Credential = Credential

    def __init__(self, options: Options, credential: Credential) -> None:
        self.options = options
        self.credential = credential


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Registry[Any]:
    module = ModuleType("voices_of_a_test")
    module.__dict__.update(Free=Free, Paid=Paid)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Registry(
        "tts", {name: CatalogueEntry(f"{module.__name__}:{name.title()}") for name in ("free", "paid")}
    )


def test_options_are_checked_and_filled_with_their_defaults(catalogue: Registry[Any]) -> None:
    assert build(catalogue, "free", {}).options == Options()
    assert build(catalogue, "free", {"rate": "120"}).options == Options(rate=120)


def test_a_provider_with_a_credential_gets_it_opened(catalogue: Registry[Any]) -> None:
    made = build(catalogue, "paid", {"voice": "de"}, {"api_key": SECRET, "region": "2"})
    assert made.options == Options("de")
    assert made.credential == Credential(SECRET, 2)


def test_a_credential_nobody_asked_for_is_not_handed_over(catalogue: Registry[Any]) -> None:
    assert isinstance(build(catalogue, "free", {}, {"api_key": SECRET}), Free)


@pytest.mark.parametrize(
    ("name", "options", "secret", "problem"),
    [
        ("free", {"speed": 1}, None, "tts 'free' has no option 'speed'; it has voice, rate"),
        ("free", {"rate": "fast"}, None, r"tts 'free': option: .*`\$\.rate`"),
        ("paid", {}, None, "tts 'paid' needs a credential: create one and name its id"),
        ("paid", {}, {"region": "1"}, "tts 'paid': credential field: .*api_key"),
        ("paid", {}, {"key": SECRET}, "tts 'paid' has no credential field 'key'; it has api_key, region"),
        ("paid", {}, {"api_key": "x", "region": SECRET}, r"tts 'paid': credential field: .*`\$\.region`"),
    ],
)
def test_what_is_wrong_is_named_without_any_value(
    catalogue: Registry[Any], name: str, options: dict[str, Any], secret: dict[str, str] | None, problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem) as wrong:
        build(catalogue, name, options, secret)
    assert SECRET not in str(wrong.value)
    assert wrong.value.__cause__ is None


def test_a_name_no_catalogue_lists_is_refused(catalogue: Registry[Any]) -> None:
    with pytest.raises(UnknownName, match="there is no tts called 'gratis'; there is free, paid"):
        build(catalogue, "gratis", {})


@pytest.mark.parametrize("family", [stt, llm, tts, vad, tools], ids=lambda module: module.__name__)
def test_every_provider_declares_its_options_and_its_credential(family: ModuleType) -> None:
    for name in family.CATALOGUE:
        found = family.CATALOGUE.load(name)
        assert issubclass(found.Options, Struct)
        declared = getattr(found, "Credential", None)
        assert declared is None or issubclass(declared, Struct)

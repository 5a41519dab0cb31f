"""What can be configured, as the providers themselves say, and where their secrets may go."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rapida import tts
from rapida.assistant import Assistant, Provider
from rapida.errors import InvalidField, UnknownName
from rapida.llm.openai import OpenAIOptions
from rapida.providers import addresses
from rapida.providers.elevenlabs import ElevenLabsCredential
from rapida.providers.registry import CatalogueEntry, Registry
from rapida.providers.vendor import VendorCredential
from rapida.stt.deepgram import DeepgramOptions
from rapida.tools.http import HttpTool
from rapida.workspace import catalogue


def test_every_catalogued_provider_is_offered_with_its_own_declaration() -> None:
    found = {(each.family, each.name): each for each in catalogue.declarations()}
    assert set(found) == {(family, name) for family, all_ in catalogue.FAMILIES.items() for name in all_}
    speech = found["tts", "elevenlabs"]
    assert speech.options is not None
    assert speech.credential is not None
    assert "voice_id" in speech.options.__struct_fields__
    assert speech.credential.__struct_fields__ == ("api_key",)
    assert speech.credential is ElevenLabsCredential
    assert found["tts", "tone"].credential is None


def test_a_provider_that_is_not_installed_is_offered_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lonely: Registry[Any] = Registry(
        "voice", {"lonely": CatalogueEntry("no_such_package.voice:V", extra="lonely")}
    )
    monkeypatch.setattr(catalogue, "FAMILIES", {"tts": lonely})
    [declaration] = catalogue.declarations()
    assert (declaration.options, declaration.credential) == (None, None)
    assert "rapida[lonely]" in declaration.missing
    with pytest.raises(InvalidField, match=r"tts\.name: .*rapida\[lonely\]"):
        catalogue.known("tts", "tts", Provider("lonely"))
    with pytest.raises(InvalidField, match=r"provider: .*rapida\[lonely\]"):
        catalogue.credential_of("lonely")


def test_an_unknown_provider_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="tone"):
        catalogue.declaration("tts", "nobody")
    with pytest.raises(InvalidField, match=r"tts\.name: .*tone"):
        catalogue.known("tts", "tts", Provider("nobody"))


@pytest.mark.parametrize("name", ["tone", "nobody"])
def test_who_takes_no_credential_is_told_who_does(name: str) -> None:
    assert catalogue.credential_of("twilio").__struct_fields__[0] == catalogue.account_field("twilio")
    with pytest.raises(InvalidField, match=r"provider: .*deepgram, elevenlabs.*twilio"):
        catalogue.credential_of(name)


def test_everything_an_assistant_names_is_named_with_its_field() -> None:
    voice, look_up = Provider("tone"), Provider("http", {"name": "look_up"})
    assistant = Assistant(
        1, 1, "A", stt=Provider("scripted"), llm=Provider("openai"), tts=voice, tools=(look_up, look_up)
    )
    named = list(catalogue.named_providers(assistant))
    assert ("tts", "tts", voice) in named
    assert [each for each in named if each[1] == "tools"] == [
        ("tools[0]", "tools", look_up),
        ("tools[1]", "tools", look_up),
    ]
    assert {field for field, _, _ in named} <= {
        "stt",
        "llm",
        "tts",
        "vad",
        "turn_end",
        "tools[0]",
        "tools[1]",
    }


def test_every_name_has_one_credential_type_in_whatever_families_it_serves() -> None:
    taken: dict[str, set[type[msgspec.Struct]]] = {}
    for each in catalogue.declarations():
        if each.credential is not None:
            taken.setdefault(each.name, set()).add(each.credential)
    assert {name: found for name, found in taken.items() if len(found) > 1} == {}
    for name, found in taken.items():
        assert {catalogue.credential_of(name)} == found


class Ear:
    """The same vendor in another family."""

    Options = DeepgramOptions
    Credential = ElevenLabsCredential


def test_a_vendor_in_several_families_takes_one_credential_though_one_of_them_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    families: dict[str, Registry[Any]] = {
        "tts": tts.CATALOGUE,
        "stt": Registry("stt", {"elevenlabs": CatalogueEntry(f"{__name__}:Ear")}),
        "llm": Registry("llm", {"elevenlabs": CatalogueEntry("no_such_package.llm:M", extra="lonely")}),
    }
    monkeypatch.setattr(catalogue, "FAMILIES", families)
    assert catalogue.credential_of("elevenlabs") is ElevenLabsCredential


def test_a_vendors_credential_goes_to_the_host_that_its_providers_ask_by_themselves() -> None:
    vendors = [
        (each, each.credential)
        for each in catalogue.declarations()
        if each.credential is not None and issubclass(each.credential, VendorCredential)
    ]
    assert {each.name for each, _ in vendors} >= {"openai", "deepgram", "elevenlabs"}
    for each, credential in vendors:
        assert each.options is not None
        [default] = [f.default for f in msgspec.structs.fields(each.options) if f.name == "base_url"]
        assert addresses.origin(default) == addresses.origin(credential.vendor.home)
        assert credential.vendor.name == each.name


OPENAI = "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("options", "host"),
    [
        (OpenAIOptions("m"), None),
        (OpenAIOptions("m", base_url="https://API.openai.com/v2"), None),
        (OpenAIOptions("m", base_url="https://llm.example.org/v1"), "https://llm.example.org/v1"),
        (DeepgramOptions(), None),
        # A web socket begins as a request: its host is written as https in a credential.
        (DeepgramOptions(base_url="wss://ears.example.org"), "https://ears.example.org"),
    ],
)
def test_a_secret_goes_to_the_host_it_was_given_for(options: msgspec.Struct, host: str | None) -> None:
    catalogue.check_address("llm", options, host)


@pytest.mark.parametrize(
    ("options", "host", "only"),
    [
        (OpenAIOptions("m", base_url="https://llm.example.org/v1"), None, "api.openai.com"),
        (OpenAIOptions("m"), "https://llm.example.org/v1", "llm.example.org"),
        (OpenAIOptions("m", base_url="http://api.openai.com/v1"), None, "api.openai.com"),
        (OpenAIOptions("m", base_url="https://api.openai.com:444/v1"), None, "api.openai.com"),
        (OpenAIOptions("m", base_url="https://api.openai.com.evil.org/v1"), None, "api.openai.com"),
        (OpenAIOptions("m", base_url="https://api.openai.com@evil.org/v1"), None, "api.openai.com"),
        (OpenAIOptions("m", base_url="https://[::1"), None, "api.openai.com"),
        (DeepgramOptions(base_url="ws://api.deepgram.com"), None, "api.deepgram.com"),
        (DeepgramOptions(base_url="wss://ears.example.org"), "http://ears.example.org", "ears.example.org"),
    ],
)
def test_a_secret_goes_nowhere_else(options: msgspec.Struct, host: str | None, only: str) -> None:
    with pytest.raises(InvalidField, match=only) as refused:
        catalogue.check_address("llm", options, host)
    assert refused.value.field == "llm.options.base_url"


def test_an_address_without_a_home_needs_a_credentials_host() -> None:
    given = {"name": "look_up", "description": "d", "url": "https://shop.example.org/orders"}
    options = msgspec.convert(given, HttpTool.Options)
    with pytest.raises(InvalidField, match="no host"):
        catalogue.check_address("tools[0]", options, None)
    catalogue.check_address("tools[0]", options, "https://shop.example.org")


@pytest.mark.parametrize(
    ("family", "name", "options", "base_url", "address"),
    [
        ("llm", "openai", {}, "https://llm.example.org/v1", "https://llm.example.org/v1"),
        ("llm", "openai", {"base_url": "https://a.example"}, "https://b.example", "https://a.example"),
        ("stt", "deepgram", {}, "https://ear.example.org", "wss://ear.example.org"),
        ("llm", "openai", {}, None, None),
        ("tts", "tone", {}, "https://b.example", None),
    ],
)
def test_a_credentials_address_stands_for_one_that_the_options_leave_out(
    family: str, name: str, options: dict[str, Any], base_url: str | None, address: str | None
) -> None:
    declared = catalogue.declaration(family, name).options
    assert catalogue.with_address(declared, options, base_url).get("base_url") == address

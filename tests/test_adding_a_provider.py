"""The page for those who add a provider: every file that it names is there, and its examples work."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rapida.call.commands import Message
from rapida.errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from rapida.llm.base import ReplyRequest, TextDelta
from rapida.providers.build import build
from rapida.providers.registry import CatalogueEntry, Registry
from rapida.tools.base import ToolCaller
from tests.doubles.http_double import Conduct, HttpDouble, Request

ROOT = Path(__file__).parent.parent
PAGE, _, _ = (ROOT / "docs" / "adding-a-provider.md").read_text(encoding="utf-8").partition("## A carrier")
EXAMPLE = re.compile(r"```python\n# (\S+)\.py\n(.*?)```", re.DOTALL)
KEY = "do-not-show-me"


def test_every_file_that_the_page_names_is_there() -> None:
    named = re.findall(r"`((?:\w+/)*\w+\.(?:py|toml|md))`", PAGE)
    examples = {f"{path}.py" for path, _ in EXAMPLE.findall(PAGE)}
    assert len(named) > 30
    places = (ROOT, ROOT / "src" / "rapida", ROOT / "docs")
    assert [
        each for each in named if each not in examples and not any((at / each).is_file() for at in places)
    ] == []


def test_every_file_of_the_vendor_kit_is_on_the_page() -> None:
    kit = {f"providers/{path.name}" for path in (ROOT / "src" / "rapida" / "providers").glob("*.py")}
    told = set(re.findall(r"`(providers/\w+\.py)`", PAGE))
    assert kit - told == {"providers/__init__.py", "providers/registry.py"}


@pytest.fixture
def examples() -> Iterator[dict[str, ModuleType]]:
    """The page's examples as modules, in the places that it names."""
    made = dict[str, ModuleType]()
    for path, source in EXAMPLE.findall(PAGE):
        name = f"rapida.{path.replace('/', '.')}"
        module = ModuleType(name)
        module.__package__ = name.rpartition(".")[0]
        sys.modules[name] = module
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
        made[path] = module
    yield made
    for module in made.values():
        del sys.modules[module.__name__]


@dataclass
class Example(HttpDouble):
    """The vendor of the examples."""

    def pieces(self, request: Request) -> list[bytes]:
        if request.path.endswith("/v1/chat"):
            return [b'data: {"text": "Good "}\n\n', b'data: {"text": "morning."}\n\n']
        return [b"\x20" * 800, b"\x30" * 800]


@pytest.fixture
async def vendor() -> AsyncIterator[Example]:
    async with Example().running() as double:
        yield double


def made(family: str, path: str, options: dict[str, Any], secret: dict[str, str] | None = None) -> Any:
    return build(Registry[Any](family, {"example": CatalogueEntry(path)}), "example", options, secret)


@pytest.mark.usefixtures("examples")
async def test_the_shortest_voice_speaks_and_fails_as_a_voice_must(vendor: Example) -> None:
    voice = made("tts", "rapida.tts.example:ExampleVoice", {"base_url": vendor.url}, {"api_key": KEY})
    await voice.start()
    assert b"".join([sound.ulaw async for sound in voice.synthesize("Hello.")]) == vendor_sound()
    assert vendor.requests[0].headers["authorization"] == f"Bearer {KEY}"
    vendor.conducts = [Conduct(refuse=404, error={"error": KEY}), Conduct(after=1, then="drop")]
    with pytest.raises(ProviderRefused, match="example: there is no such voice"):
        _ = [sound async for sound in voice.synthesize("Hello.")]
    with pytest.raises(ProviderUnavailable, match="example: the connection"):
        _ = [sound async for sound in voice.synthesize("Hello.")]
    await voice.aclose()
    with pytest.raises(ConfigurationError, match="base_url"):
        made("tts", "rapida.tts.example:ExampleVoice", {"base_url": "example.com"}, {"api_key": KEY})


def vendor_sound() -> bytes:
    return b"\x20" * 800 + b"\x30" * 800


@pytest.mark.usefixtures("examples")
async def test_the_shortest_model_streams_its_reply(vendor: Example) -> None:
    model = made("llm", "rapida.llm.example:ExampleModel", {"base_url": vendor.url}, {"api_key": KEY})
    await model.start()
    asked = ReplyRequest(1, (Message("user", "hello"),))
    told = [event async for event in model.brain("You are {{name}}.", {"name": "Ada"}).reply(asked)]
    assert told == [TextDelta("Good "), TextDelta("morning.")]
    warm_up, chat = vendor.requests
    assert (warm_up.path, chat.json["messages"][0]["content"]) == ("/v1/me", "You are Ada.")
    await model.aclose()


@pytest.mark.usefixtures("examples")
async def test_the_shortest_tool_answers() -> None:
    die = made("tool", "rapida.tools.example:Die", {"sides": 1})
    assert (die.spec.name, await die.run({}, ToolCaller(1))) == ("roll", "1")


def test_the_examples_of_one_vendor_take_one_credential(examples: dict[str, ModuleType]) -> None:
    voice, model = examples["tts/example"].ExampleVoice, examples["llm/example"].ExampleModel
    assert voice.Credential is model.Credential is examples["providers/example"].ExampleCredential

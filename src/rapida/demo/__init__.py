"""The assistant that a new install has, as data beside this file.

Only reads it: who stores the assistant and gives it its id is the store's business, and what the simulated
caller says to it is the demo command's.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import msgspec
import yaml

from ..assistant import Assistant
from ..providers.local_speech import local_choice

FREE_EAR = "moonshine"
FREE_SPEECH, BY_PHRASES = "free_speech.yaml", "by_phrases.yaml"
FACTS = "facts.yaml"
"""The page of facts that the front desk answers from, under the name `facts`."""


def front_desk(assistant_id: int, version: int = 1) -> Assistant:
    """The front-desk assistant under the id and version that the store gave it.

    It uses a flow, Silero, and the best voice and ear that this machine has without a key: the extras `local`
    and `silero`, and no keys. Where the ear hears a question's phrases only, its flow is one of phrases.
    """
    return written(FREE_SPEECH if hears_free_speech() else BY_PHRASES, assistant_id, version)


def hears_free_speech() -> bool:
    """Whether this machine's ear without a key hears whatever is said."""
    return local_choice("stt").name == FREE_EAR


def facts() -> str:
    """The page of facts, as it is written."""
    return resources.files(__name__).joinpath(FACTS).read_text(encoding="utf-8")


def written(file: str, assistant_id: int, version: int = 1) -> Assistant:
    """The front desk of one of the files, with the voice of this machine."""
    text = resources.files(__name__).joinpath(file).read_text(encoding="utf-8")
    fields: dict[str, Any] = yaml.safe_load(text)
    fields["tts"] = {"name": local_choice("tts").name}
    return msgspec.convert({"id": assistant_id, "version": version, **fields}, Assistant)

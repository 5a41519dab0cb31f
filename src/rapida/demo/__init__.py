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

FRONT_DESK = "front_desk.yaml"


def front_desk(assistant_id: int, version: int = 1) -> Assistant:
    """The front-desk assistant under the id and version that the store gave it.

    It uses pocketsphinx, a flow, Silero and the best voice that this machine has without a key: the extras
    `local` and `silero`, and no keys.
    """
    text = resources.files(__name__).joinpath(FRONT_DESK).read_text(encoding="utf-8")
    fields: dict[str, Any] = yaml.safe_load(text)
    fields["tts"] = {"name": local_choice("tts").name}
    return msgspec.convert({"id": assistant_id, "version": version, **fields}, Assistant)

"""An assistant as a YAML file that people keep, change and send back: what is read can be written unchanged.

Only what differs from the defaults of its language stands in a file. A credential stands there by its name,
and by its number only where another has that name too; no secret ever does.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
import yaml

from ..assistant import Assistant, Provider
from ..store.credentials import Credential
from . import named_credentials, phrases

WIDTH = 110
"""Columns of a line of a file: as wide as our own code."""
_NOBODY = {"name": ""}


def written(assistant: Assistant, kept: list[Credential]) -> str:
    """The file of a version; `kept` are the credentials of its project."""
    plain: dict[str, Any] = msgspec.to_builtins(assistant)
    usual: dict[str, Any] = msgspec.to_builtins(_usual(assistant.language))
    del usual["name"], usual["language"]
    found: dict[str, Any] = {}
    for name, value in plain.items():
        if name in ("id", "version") or (name in usual and value == usual[name]):
            continue
        if name in named_credentials.FAMILIES:
            found[name] = None if value is None else _provider(value, kept)
        elif name == "tools":
            found[name] = [_provider(each, kept) for each in value]
        elif name == "variables":
            found[name] = value
        elif isinstance(value, dict):
            below = cast("dict[str, Any]", usual[name])
            found[name] = {k: v for k, v in cast("dict[str, Any]", value).items() if v != below[k]}
        else:
            found[name] = value
    return yaml.dump(found, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)


def _usual(language: str) -> Assistant:
    """An assistant of the language in which nobody has written anything."""
    sent = phrases.in_language({"language": language})
    fields = {"id": 0, "version": 0, "name": "", **dict.fromkeys(("stt", "llm", "tts"), _NOBODY), **sent}
    return msgspec.convert(fields, Assistant)


def _provider(plain: dict[str, Any], kept: list[Credential]) -> dict[str, Any]:
    provider = msgspec.convert(plain, Provider)
    found: dict[str, Any] = {"name": provider.name}
    if provider.credential_id is not None:
        name = named_credentials.name_of(kept, provider.credential_id)
        found |= {"credential_id": provider.credential_id} if name is None else {"credential": name}
    if provider.options:
        found["options"] = provider.options
    return found


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, which can be read and compared line by line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)

"""Assistants to begin with, as data beside this file; what each leaves open is chosen by `chosen_parts.py`.

A template says everything but who hears, thinks and speaks. What a request says itself goes before it, field
by field; of `variables` and of a provider's options, name by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal, cast

import msgspec
import yaml
from msgspec import Struct

from ...errors import InvalidField
from ...nearest import meant

Mind = Literal["model", "flow"]


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """One template, as its file has it."""

    about: str
    """What it does and what it needs, for whoever chooses."""
    mind: Mind
    """Whether a language model decides what is said, or a flow."""
    assistant: dict[str, Any]
    """The fields of an assistant, without `stt`, `llm` and `tts`."""
    script: str = ""
    """A flow's text."""


@cache
def templates() -> Mapping[str, Template]:
    """Every template by its name, which is its file's."""
    found = {
        file.name.removesuffix(".yaml"): msgspec.convert(yaml.safe_load(file.read_text("utf-8")), Template)
        for file in resources.files(__name__).iterdir()
        if file.name.endswith(".yaml")
    }
    return dict(sorted(found.items()))


def template(name: object) -> Template:
    """Raises `InvalidField`."""
    known = templates()
    if not isinstance(name, str) or name not in known:
        raise InvalidField("template", f"there is no template {name!r}{meant(str(name), tuple(known))}")
    return known[name]


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any], *, deep: tuple[str, ...]) -> dict[str, Any]:
    """`under` with what `over` says instead; the mappings called `deep` are laid over each other likewise."""
    whole = {**under, **over}
    for name in deep:
        below, above = under.get(name), over.get(name)
        if isinstance(below, dict) and isinstance(above, dict):
            whole[name] = {**cast("dict[str, Any]", below), **cast("dict[str, Any]", above)}
    return whole

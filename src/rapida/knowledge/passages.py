"""A page of facts, cut into passages that each answer something: out of YAML or Markdown. Pure.

A passage is spoken as it stands, so it is short: an entry of the YAML list, or what stands under a heading of
the Markdown, cut between paragraphs where that is long. Questions that it answers (`asked`, or quotations
with `>`) make it easier to find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec
import yaml
from msgspec import Struct

from ..errors import ConfigurationError
from ..text.markdown import plain

MOST_PASSAGES = 500
"""Of one page: each is compared with every question, and embedded when the page is first asked."""
MOST_CHARS = 600
"""Of one passage: some 40 seconds of speech."""
WORDS_TOGETHER = 60
"""Paragraphs under one heading are one passage up to so many words, which are 25 seconds of speech."""
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")


class Passage(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer. `asked` are questions that it answers, in the words of those who ask."""

    title: str
    text: str
    asked: tuple[str, ...] = ()


def read(page: str, name: str) -> tuple[Passage, ...]:
    """The passages of a page. Raises `ConfigurationError` that says where it is wrong and what to write."""
    entries = _entries(page)
    found = _from_entries(entries, name) if entries is not None else tuple(_from_markdown(page))
    if not found:
        raise ConfigurationError(
            f"page {name!r} has no passages: write a YAML list of entries with `title` and `text`, or "
            "Markdown headings with text under them"
        )
    if len(found) > MOST_PASSAGES:
        raise ConfigurationError(
            f"page {name!r} has {len(found)} passages, and {MOST_PASSAGES} are the most: split it"
        )
    for number, passage in enumerate(found, 1):
        if problem := _problem(passage):
            raise ConfigurationError(f"page {name!r}, passage {number} ({passage.title!r}): {problem}")
    return found


def _problem(passage: Passage) -> str:
    if not passage.text.strip():
        return "it has no text: write what is to be said"
    if len(passage.text) > MOST_CHARS:
        return (
            f"its text has {len(passage.text)} characters, and {MOST_CHARS} are what a caller listens to: "
            "make several passages of it"
        )
    return ""


def _entries(page: str) -> list[Any] | None:
    """The entries of a YAML list of mappings; None = it is none, and so Markdown."""
    try:
        tree: Any = yaml.load(page, yaml.BaseLoader)  # noqa: S506 - a BaseLoader, which builds no objects
    except yaml.YAMLError:
        return None
    is_list = isinstance(tree, list) and any(isinstance(each, dict) for each in cast("list[Any]", tree))
    return cast("list[Any]", tree) if is_list else None


def _from_entries(entries: list[Any], name: str) -> tuple[Passage, ...]:
    found: list[Passage] = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(msgspec.convert(entry, Passage))
        except msgspec.ValidationError as wrong:
            raise ConfigurationError(
                f"page {name!r}, entry {number}: {_plainly(str(wrong))}; an entry has `title`, `text` "
                "and, as a list, `asked`"
            ) from None
    return tuple(found)


def _plainly(wrong: str) -> str:
    return wrong.replace("`array`", "a list").replace("`object`", "a mapping").replace("Object ", "it ")


def _from_markdown(page: str) -> Iterator[Passage]:
    section = _Section("")
    for block in re.split(r"\n\s*\n|^(?=#{1,6} )", page, flags=re.MULTILINE):
        first, _, rest = block.strip().partition("\n")
        if heading := _HEADING.fullmatch(first):
            yield from section.passages()
            section = _Section(heading[1])
            section.add(rest)
        else:
            section.add(block)
    yield from section.passages()


class _Section:
    """What stands under one heading: paragraphs, and as quotations (`>`) the questions that they answer."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._paragraphs: list[str] = []
        self._asked: list[str] = []

    def add(self, block: str) -> None:
        lines = block.strip().splitlines()
        self._asked += [line.lstrip("> ").strip() for line in lines if line.startswith(">")]
        text = " ".join(plain("\n".join(line for line in lines if not line.startswith(">"))).split())
        if text:
            self._paragraphs.append(text)

    def passages(self) -> Iterator[Passage]:
        """Neighbouring paragraphs together, as long as that is one passage to listen to."""
        text = ""
        for paragraph in self._paragraphs:
            if text and len(f"{text} {paragraph}".split()) > WORDS_TOGETHER:
                yield self._passage(text)
                text = ""
            text = f"{text} {paragraph}".strip()
        if text:
            yield self._passage(text)

    def _passage(self, text: str) -> Passage:
        return Passage(self._title or text[:40], text, tuple(each for each in self._asked if each))

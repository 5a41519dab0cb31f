"""Which voices espeak-ng has, read from the files of its data: the library itself is never loaded here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .base import ListedVoice

MOST_NAMED = 4
"""More proposals help nobody who mistyped one name."""
LIKE = 0.7
"""Below it (of difflib's 0 to 1), two letters in common make a language of two letters look near."""

_WHOLE_NAME = re.compile(r"^name\s+(\S.*?)\s*$", re.MULTILINE)
_NAME = re.compile(r"^name\s+(\S+)\s*$", re.MULTILINE)
_LANGUAGE = re.compile(r"^language\s+(\S+)", re.MULTILINE)


def problem(voice: str) -> str:
    """What is wrong with a voice (its variant aside), naming the nearest there are; empty = nothing."""
    wanted = voice.partition("+")[0].lower()
    there = _files()
    # The files are read only for a voice that is none of them: a call that begins lists two folders at most.
    if not there or wanted in there or wanted in _read()[0]:
        return ""
    nearest = " or ".join(map(repr, _nearest(wanted)))
    return f"espeak-ng has no voice {voice!r}: write {nearest}"


@cache
def listed() -> tuple[ListedVoice, ...]:
    """The voices of all languages, by their names; none where espeak-ng is not installed."""
    return tuple(
        sorted(
            (
                ListedVoice(id=name, name=called.replace("_", " "), language=language)
                for name, path in _files().items()
                if "lang" in path.parts
                for called, language in _said_in(path)
            ),
            key=lambda voice: voice.name,
        )
    )


def _said_in(path: Path) -> Iterator[tuple[str, str]]:
    """A voice's own name and its first language, where its file tells both."""
    text = path.read_text("utf-8", errors="replace")
    called, language = _WHOLE_NAME.search(text), _LANGUAGE.search(text)
    if called and language:
        yield called[1], language[1]


def _nearest(wanted: str) -> list[str]:
    """Voices of that language, else those spelled alike, else the ones of most callers."""
    names, languages = _read()
    primary = wanted.partition("-")[0]
    same = sorted(
        {*languages.get(wanted, ()), *languages.get(primary, ())}, key=lambda each: (len(each), each)
    )
    alike = [
        names.get(each, each) for each in get_close_matches(wanted, [*_files(), *names], MOST_NAMED, LIKE)
    ]
    return (same or list(dict.fromkeys(alike)) or ["en-us", "en-gb", "de", "fr"])[:MOST_NAMED]


@cache
def _files() -> Mapping[str, Path]:
    """By name in small letters, which is how espeak-ng compares; empty where it is not installed."""
    spec = find_spec("espeakng_loader")
    if spec is None or spec.origin is None:
        return {}
    data = Path(spec.origin).parent / "espeak-ng-data"
    found = [*(data / "lang").rglob("*"), *(data / "voices").rglob("*")]
    return {each.name.lower(): each for each in found if each.is_file()}


@cache
def _read() -> tuple[Mapping[str, str], Mapping[str, list[str]]]:
    """The voices' own names ("german") and their languages, each with the file names that have it."""
    names: dict[str, str] = {}
    languages: dict[str, list[str]] = {}
    for name, path in _files().items():
        if "lang" not in path.parts:
            continue
        text = path.read_text("utf-8", errors="replace")
        if called := _NAME.search(text):
            names[called[1].lower()] = name
        spoken = _LANGUAGE.findall(text)
        for language in dict.fromkeys(each.lower() for each in (*spoken, name.partition("-")[0])):
            languages.setdefault(language, []).append(name)
    return names, languages

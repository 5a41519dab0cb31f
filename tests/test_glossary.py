"""Names of classes and modules are words of docs/glossary.md or plain English, and each has one meaning."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "rapida"
PAGE = ROOT / "docs" / "glossary.md"
PLAIN = Path(__file__).with_name("plain_english.txt")
MOST_WORDS = 40
METAPHORS = frozenset(
    [
        "backstage",
        "cast",
        "desk",
        "doorkeeper",
        "errand",
        "errands",
        "house",
        "letters",
        "lobby",
        "mailbag",
        "mailbox",
        "mouth",
        "office",
        "offers",
        "rehearsal",
        "scene",
        "scenes",
        "stage",
        "surroundings",
        "switchyard",
        "tape",
        "wish",
        "yard",
    ]
)
"""Words of theatre, house, office and the telephone exchange, which explain nothing to a newcomer."""
_ROW = re.compile(r"^\| ([a-z-]+) \| (.+) \|$", re.MULTILINE)
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z0-9]*|[A-Z]+")


def modules(of: Path = SOURCE) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(of.rglob("*.py")):
        # The generated client has the names of the API's document.
        if not {"versions", "generated"} & set(path.parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def names(of: Path = SOURCE) -> Iterator[tuple[str, str]]:
    """Each word of a name of a room, a module or a public class, and where it stands."""
    for path, tree in modules(of):
        where = str(path.relative_to(of))
        for part in path.relative_to(of).with_suffix("").parts:
            yield from ((word, where) for word in part.strip("_").split("_"))
        for name in public_classes(tree):
            yield from ((word.lower(), f"{where}: {name}") for word in _WORD.findall(name))


def public_classes(tree: ast.Module) -> list[str]:
    return [
        each.name for each in tree.body if isinstance(each, ast.ClassDef) and not each.name.startswith("_")
    ]


def glossary() -> dict[str, str]:
    return dict(_ROW.findall(PAGE.read_text(encoding="utf-8")))


def plain() -> set[str]:
    return set(PLAIN.read_text(encoding="utf-8").split())


def forms(word: str) -> set[str]:
    """A word of the glossary as it may stand in a name: alone, or more than one of it."""
    return {word, word.replace("-", ""), f"{word}s", f"{word.removesuffix('y')}ies"}


def test_the_glossary_is_short_and_says_each_meaning_in_one_sentence() -> None:
    words = glossary()
    assert 30 <= len(words) <= MOST_WORDS
    assert list(words) == sorted(words)
    assert {word: meaning for word, meaning in words.items() if not meaning.endswith(".")} == {}


def test_every_name_is_made_of_words_of_the_glossary_or_of_plain_english() -> None:
    known = plain().union(*(forms(word) for word in glossary()))
    unknown = defaultdict[str, list[str]](list)
    for word, where in names():
        if word and word not in known:
            unknown[word].append(where)
    assert unknown == {}, (
        "choose a plainer name, or add the word to the glossary or to tests/plain_english.txt"
    )


def test_no_name_is_a_metaphor() -> None:
    named = [each for of in (SOURCE, ROOT / "tests", ROOT / "bench") for each in names(of)]
    assert [where for word, where in named if word in METAPHORS] == []
    assert plain() & METAPHORS == set()


def test_the_list_of_plain_english_holds_no_word_that_no_name_uses() -> None:
    assert plain() - {word for word, _ in names()} == set()


def test_a_public_class_has_its_name_for_itself() -> None:
    """The simulated carrier and the client are programs of their own, so their names are counted apart."""
    places = defaultdict[tuple[str, str], list[str]](list)
    for path, tree in modules():
        program = next((each for each in ("simulator", "client") if each in path.parts), "")
        for name in public_classes(tree):
            places[program, name].append(str(path.relative_to(SOURCE)))
    assert {name: where for (_, name), where in places.items() if len(where) > 1} == {}

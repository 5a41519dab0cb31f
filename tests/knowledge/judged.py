"""Two pages of facts and what callers ask: which questions are answered, and by which passage."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from msgspec import Struct

from rapida.embeddings.base import Embedder
from rapida.knowledge import passages
from rapida.knowledge.index import Index, middle, texts_of
from rapida.knowledge.passages import Passage

HERE = Path(__file__).parent
QUESTIONS: dict[str, Any] = yaml.safe_load((HERE / "questions.yaml").read_text(encoding="utf-8"))
PAGES = {
    "practice": resources.files("rapida.demo").joinpath("facts.yaml").read_text(encoding="utf-8"),
    "shop": (HERE / "shop.yaml").read_text(encoding="utf-8"),
}


class Counts(Struct):
    """Of questions that a passage answers: answered by it, by another, or refused; and of those none does."""

    right: int = 0
    wrong: int = 0
    silent: int = 0
    refused: int = 0
    invented: int = 0


def page(name: str, *, asked: bool = True) -> tuple[Passage, ...]:
    """A page's passages, with the questions that they name or without."""
    found = passages.read(PAGES[name], name)
    return found if asked else tuple(Passage(each.title, each.text) for each in found)


async def judged(name: str, embedder: Embedder | None, *, asked: bool = True) -> Counts:
    """Every question of a page's lists, asked once; without an embedder by words."""
    held = page(name, asked=asked)
    index = Index(held)
    if embedder is not None:
        vectors = np.stack([middle(await embedder.embed(texts_of(each))) for each in held])
        index = Index(held, vectors, embedder.answers_at)
    counts = Counts()
    lists = QUESTIONS[name]
    for question, title in [*lists["answered"].items(), *((each, "") for each in lists["unanswered"])]:
        vector = None if embedder is None else (await embedder.embed([question]))[0]
        best = index.search(question, vector, 1)[0]
        if not title:
            counts.invented += best.answers
            counts.refused += not best.answers
        elif not best.answers:
            counts.silent += 1
        elif best.passage.title == title:
            counts.right += 1
        else:
            counts.wrong += 1
    return counts


async def both(embedder: Embedder | None, *, asked: bool = True) -> Counts:
    """The counts of both pages together."""
    one, other = [await judged(name, embedder, asked=asked) for name in PAGES]
    return Counts(*(getattr(one, each) + getattr(other, each) for each in Counts.__struct_fields__))

"""Which questions a page answers: held to the lists that the thresholds were measured on."""

from __future__ import annotations

from rapida.embeddings.minilm import Minilm, MinilmOptions
from rapida.knowledge.index import Index
from rapida.knowledge.passages import Passage
from tests.knowledge.judged import QUESTIONS, both

PARKING = Passage("Parking", "Behind the house.", ("Where can I park my car",))
HOURS = Passage("Hours", "We are open on weekdays.", ("When are you open",))


def test_the_lists_are_long_enough_to_say_something() -> None:
    assert sum(len(each["unanswered"]) for each in QUESTIONS.values()) >= 60
    assert sum(len(each["answered"]) for each in QUESTIONS.values()) >= 60


async def test_by_meaning_most_questions_are_answered_and_those_without_an_answer_are_refused() -> None:
    minilm = Minilm(MinilmOptions())
    counts = await both(minilm)
    assert counts.refused / (counts.refused + counts.invented) >= 0.95
    assert counts.right / (counts.right + counts.wrong + counts.silent) >= 0.75
    assert counts.wrong / (counts.right + counts.wrong + counts.silent) <= 0.03
    bare = await both(minilm, asked=False)
    assert bare.refused / (bare.refused + bare.invented) >= 0.95
    assert bare.right / (bare.right + bare.wrong + bare.silent) >= 0.5
    await minilm.aclose()


async def test_by_words_fewer_are_answered_and_as_many_refused() -> None:
    counts = await both(None)
    assert counts.refused / (counts.refused + counts.invented) >= 0.95
    assert counts.right / (counts.right + counts.wrong + counts.silent) >= 0.5


def test_words_are_compared_without_endings_and_little_words() -> None:
    index = Index([PARKING, HOURS, *(Passage(f"P{n}", f"Something else {n}.") for n in range(8))])
    found = index.search("is there parking for cars?", None, 2)
    assert (found[0].passage, found[0].answers) == (PARKING, True)
    assert not index.search("what is it and where is it", None, 1)[0].answers
    assert index.search("", None, 1)[0].answers is False


def test_no_more_passages_are_found_than_asked_for() -> None:
    assert len(Index([PARKING, HOURS]).search("parking", None, 1)) == 1
    assert Index([]).search("parking", None, 3) == []

"""What a question leads one to expect."""

from __future__ import annotations

import pytest

from rapida.call.events import Question
from rapida.stt.expected import phrases_for


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(kind="yes_no"), {"yes", "no thank you"}),
        (Question(kind="choice", phrases=("Opening hours", "billing")), {"Opening hours", "billing"}),
        (Question(phrases=("Zephyrix",)), {"Zephyrix"}),
        (Question(kind="choice", phrases=("repairs",), also=("broken",)), {"repairs", "broken"}),
        (Question(kind="digits"), {"oh", "nine"}),
        (Question(kind="phone"), {"zero"}),
        (Question(kind="date"), {"tomorrow", "friday", "march"}),
    ],
    ids=lambda each: getattr(each, "kind", ""),
)
def test_each_kind_of_question_expects_its_own_words(question: Question, expected: set[str]) -> None:
    phrases = phrases_for(question)
    assert expected <= set(phrases)
    assert len(set(phrases)) == len(phrases)


def test_an_open_question_expects_nothing() -> None:
    assert phrases_for(Question()) == ()


def test_phrases_of_a_question_are_expected_besides_those_of_its_kind() -> None:
    assert {"yes", "that is fine"} <= set(
        phrases_for(Question(kind="yes_no", phrases=("yes", "that is fine")))
    )

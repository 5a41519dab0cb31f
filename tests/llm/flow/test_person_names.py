import pytest

from rapida.llm.flow import person_names


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Anna Miller.", "Anna Miller"),
        ("anna miller", "Anna Miller"),
        ("My name is Anna Miller.", "Anna Miller"),
        ("Yes, it's Anna Miller, M-Y-L-L-A-R.", "Anna Myllar"),
        ("Miller. M I double L E R.", "Miller"),
        ("M. I. L. L. E. R.", "Miller"),
        ("No, M-Y-L-L-E-R.", "Myller"),
        ("I'm Anna. A-N-N-A. Last name Smith, S M Y T H.", "Anna Smyth"),
        ("M as in Mike, O, E", "Moe"),
        ("This is Peter O'Neill speaking.", "Peter O'Neill"),
        ("Jean-Luc Picard, please", "Jean-Luc Picard"),
        ("What do you mean?", None),
        ("I don't know.", None),
        ("Friday.", None),
        ("Yes.", None),
        ("That's right.", None),
        ("I would like an appointment", None),
        ("one two three", None),
        ("", None),
    ],
)
def test_a_name_is_understood_as_it_is_said_or_spelled(said: str, meant: str | None) -> None:
    assert person_names.name_in(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "This is Anna Miller, I would like an appointment.",
            ("Anna Miller", "I would like an appointment"),
        ),
        (
            "An appointment under the name of Peter van Dam please",
            ("Peter van Dam", "An appointment  please"),
        ),
        ("This is Anna Miller I needed appointment.", ("Anna Miller", "I needed appointment")),
        ("I'm looking for Friday", None),
        ("I'm Friday", None),
        ("Anna Miller", None),
    ],
)
def test_in_a_sentence_a_name_is_one_that_is_introduced(said: str, meant: tuple[str, str] | None) -> None:
    assert person_names.introduced_name(said) == meant

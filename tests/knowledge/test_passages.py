import pytest

from rapida.errors import ConfigurationError
from rapida.knowledge import passages
from rapida.knowledge.passages import Passage

MARKDOWN = """
# Parking

> Where can I leave my car?
> Is it free?

You can park **behind** the building.
It costs nothing.

## Hours
We are open on weekdays.
"""


def test_a_page_is_a_list_of_entries() -> None:
    page = "# a comment\n- title: Parking\n  text: Behind the house.\n  asked: [Where can I park]\n"
    assert passages.read(page, "facts") == (Passage("Parking", "Behind the house.", ("Where can I park",)),)


def test_a_page_is_markdown_with_a_passage_for_each_heading() -> None:
    assert passages.read(MARKDOWN, "facts") == (
        Passage(
            "Parking",
            "You can park behind the building. It costs nothing.",
            ("Where can I leave my car?", "Is it free?"),
        ),
        Passage("Hours", "We are open on weekdays."),
    )


def test_text_without_a_heading_is_a_passage_too_and_long_text_is_several() -> None:
    page = "First things.\n\n" + "\n\n".join(" ".join(["word"] * 40) for _ in range(3))
    found = passages.read(page, "facts")
    assert [len(each.text.split()) for each in found] == [42, 40, 40]
    assert found[0].title == "First things. word word word word word wo"[:40]


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("", "page 'facts' has no passages"),
        ("# Only a heading", "page 'facts' has no passages"),
        ("- title: A\n  text: ' '\n", "passage 1 ('A'): it has no text"),
        ("- title: A\n", "entry 1: it missing required field `text`"),
        ("- title: A\n  text: b\n  wrong: c\n", "entry 1: it contains unknown field `wrong`"),
        ("- title: A\n  text: b\n  asked: c\n", "entry 1: Expected a list, got `str`"),
        (f"- title: A\n  text: {'long ' * 200}\n", "are what a caller listens to: make several"),
        ("- {title: A, text: b}\n" * 501, "501 passages, and 500 are the most"),
    ],
)
def test_what_is_wrong_with_a_page_is_told_with_its_place(page: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        passages.read(page, "facts")
    assert told in str(wrong.value)

"""Sentences come early, whole, and the same however the text was cut into deltas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.text.sentences import Sentences


def sentences_of(*deltas: str, max_chars: int = 200, language: str = "en-US") -> list[str]:
    splitter = Sentences(language, max_chars=max_chars)
    found: list[str] = []
    for delta in deltas:
        found += splitter.feed(delta)
    return found + splitter.finish()


@pytest.mark.parametrize(
    "text",
    [
        "Hello there. | How are you?",
        "Wait! | Really? | Yes.",
        "Dr. Smith will see you at 3.14 Main St. today. | Please wait.",
        "Mr. and Mrs. J. R. Tolkien called. | Twice.",
        "Take one, e.g. the red one. | Or i.e. the blue one.",
        "Press no. 5 now. | No. | I mean six.",
        "It is room No. 5. | Then turn left.",
        "Call ext. 42 on Jan. 3rd. | Not in Feb. | Please.",
        "It costs $3.50. | That is all.",
        "The code is 5. | Then go on.",
        "Open at 5 p.m. Eastern time. | Closed at 9 a.m. | The rest is easy.",
        "He lives in the U.S. Virgin Islands. | She left the U.S. | They did not.",
        "Acme Inc. | We sell things. | Acme Inc. sells things.",
        "Apples, pears, etc. are here. | Also plums, etc. | Please choose.",
        "So do I. | Then we agree.",
        "Go to https://example.com/a.b?c=d. | Or write to jane.doe@example.com. | Bye.",
        "Version 1.2.3 is out. | Try it.",
        "Well... maybe. | Hmm… let me see. | And then... | Nothing.",
        'She said "Stop!" and left. | "Why?" she asked. | "Because." | He nodded.',
        "(It is late.) | Good night.",
        "Really?! | Yes!!! | Fine.",
        "ok. | sure. | what is next?",
        "今日は。 | 元気ですか？ | はい",
        "本当に？！ | やった！！",
        "No end mark",
        "One sentence only.",
        "The iPhone 5. | It is old.",
        "Vitamin C. is good for J. Doe.",
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str) -> None:
    wanted = [part.strip() for part in text.split("|")]
    assert sentences_of(" ".join(wanted)) == sentences_of(*" ".join(wanted)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("You can:\n- book a table\n- cancel one\n", ["You can:", "book a table", "cancel one"]),
        ("1. Open the door.\n2. Close it.", ["1. Open the door.", "2. Close it."]),
        ("# Hours\nWe open at nine", ["Hours", "We open at nine"]),
        ("a wrapped\nline goes on. Yes.", ["a wrapped line goes on.", "Yes."]),
        ("first part\n\nsecond part", ["first part", "second part"]),
        ("**Hello there. How are** you?", ["Hello there.", "How are you?"]),
        ("See [our page](https://example.com/a_b). Bye.", ["See our page.", "Bye."]),
        ("***\n---\n...\n", []),
        ("   \n ", []),
        ("", []),
    ],
)
def test_lines_and_markdown_become_speakable(text: str, wanted: list[str]) -> None:
    assert sentences_of(text) == wanted


def test_the_first_sentence_comes_as_soon_as_the_next_begins() -> None:
    splitter = Sentences()
    assert splitter.feed("Good morning") == []
    assert splitter.feed(".") == []
    assert splitter.feed(" H") == ["Good morning."]
    assert splitter.feed("ow can I help?") == []
    assert splitter.finish() == ["How can I help?"]


def test_a_finished_splitter_is_as_new() -> None:
    splitter = Sentences()
    splitter.feed("left over")
    assert splitter.finish() == ["left over"]
    assert splitter.finish() == []


def test_a_long_run_is_cut_at_a_clause() -> None:
    clause = "and then another thing that we have to talk about at some length"
    found = sentences_of(f"{clause}, {clause}, {clause}, {clause}")
    assert found == [f"{clause}, {clause}, {clause},", clause]


def test_a_long_run_without_clauses_is_cut_between_words_but_not_inside_a_phone_number() -> None:
    for spare_chars in range(14):
        words = "word " * 37 + "x" * spare_chars
        found = sentences_of(f"{words} 415 555 0132 and more and more and more")
        assert sum("415 555 0132" in piece for piece in found) == 1
        assert len(found) == 2
        assert all(len(piece) <= 200 for piece in found)


def test_an_endless_word_is_not_cut() -> None:
    word = "x" * 500
    assert sentences_of(f"{word} and on") == [word, "and on"]


PIECES = st.sampled_from(
    [
        "hello", "Hello", "I", "The", "Dr", "no", "No", "etc", "p.m", "a", "J", "U.S", "3.14", "5", "$4.20",
        "e.g", "example.com", "Jan", ".", ".", ". ", "! ", "? ", "...", "… ", ", ", "; ", " — ", ": ", " ",
        " ", "\n", "\n\n", "\n- ", '"', '." ', "(", ")", "**", "'s", "1. ", "。", "-",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=60).map("".join)


LANGUAGES = {
    "de-DE": (
        "Am 3. März sind wir da. | Danach nicht.",
        "Ich habe z. B. morgen Zeit. | Passt das?",
        "Es sind ca. 5 km bis zur Nr. 7. | Bitte warten Sie.",
        "Fr. Dr. Müller kommt am Mo. um 9 Uhr. | Sie ist Ärztin.",
        "Im 2. Stock usw. | Die Tür ist offen.",
        "Das war 2025. | Und heute?",
        "Er fragte: „Wann?“ | Ich weiß es nicht.",
        "Brot, Milch usw. kaufen wir morgen.",
    ),
    "fr": (
        "M. Dupont et Mme Petit sont là. | Bonjour !", "Il y a p. ex. le 5. | C'est tout.",
        "Art. 5 du code. | Voilà.",
    ),
    "es-MX": (
        "La Sra. García y el Dr. Paz. | ¿Qué día?", "Vive en EE. UU. desde 2020. | Es el núm. 5. | ¡Bien!",
    ),
    "it": ("Il sig. Rossi e la sig.ra Bianchi. | Va bene?", "Pane, latte ecc. | Il resto domani."),
    "pl": ("To jest 3. dzień. | Tak.",),
    "hi": ("नमस्ते। | आप कैसे हैं?",),
    "ar": ("كيف حالك؟ | أنا بخير.",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text"), [(code, text) for code, texts in LANGUAGES.items() for text in texts]
)
def test_sentences_end_by_the_rules_of_their_language(language: str, text: str) -> None:
    wanted = [part.strip() for part in text.split("|")]
    written = " ".join(wanted)
    assert sentences_of(written, language=language) == sentences_of(*written, language=language) == wanted


@given(TEXTS, st.sampled_from([*LANGUAGES, "xx"]))
def test_in_every_language_the_cuts_between_deltas_do_not_matter(text: str, language: str) -> None:
    assert sentences_of(*text, language=language) == sentences_of(text, language=language)


@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=20), st.sampled_from([20, 60, 200]))
def test_the_cuts_between_deltas_do_not_matter(text: str, sizes: list[int], max_chars: int) -> None:
    deltas: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[len(deltas) % len(sizes)]
        deltas.append(text[at : at + size])
        at += size
    assert sentences_of(*deltas, max_chars=max_chars) == sentences_of(text, max_chars=max_chars)


@given(TEXTS, st.sampled_from([20, 60, 200]))
def test_nothing_that_can_be_said_is_lost_doubled_or_moved(text: str, max_chars: int) -> None:
    def said(of: str) -> str:
        return "".join(character for character in of if character.isalnum())

    assert said("".join(sentences_of(text, max_chars=max_chars))) == said(text)


@given(st.lists(st.sampled_from(["word", "Two", "3.14", "Dr.", "end.", "what?", "so,"]), max_size=80))
def test_the_sentences_joined_are_the_text(words: list[str]) -> None:
    text = " ".join(words)
    assert " ".join(sentences_of(text)) == text


@given(
    st.lists(st.sampled_from(["word", "Then", "3.14", "No. 5", "Dr. Smith", "end.", "what?"]), max_size=80)
)
def test_neither_a_number_nor_an_abbreviation_is_ever_split(words: list[str]) -> None:
    found = sentences_of(" ".join(words))
    for whole, broken in (("3.14", "3."), ("No. 5", "No."), ("Dr. Smith", "Dr.")):
        assert sum(piece.count(whole) for piece in found) == words.count(whole)
        assert not any(piece.endswith(broken) for piece in found)

"""Tokens: enough chance, shown once, kept as a digest."""

from __future__ import annotations

from rapida.vault import tokens


def test_a_key_says_what_it_is_and_no_two_are_alike() -> None:
    made = [tokens.new_api_key() for _ in range(50)]
    assert len({each.text for each in made}) == 50
    assert all(each.text.startswith(tokens.KEY_PREFIX) and len(each.text) > 40 for each in made)
    assert all(each.text.startswith(each.prefix) and len(each.prefix) == 12 for each in made)


def test_what_is_kept_is_neither_the_token_nor_shown() -> None:
    made = tokens.new_session()
    assert made.digest == tokens.digest(made.text)
    assert made.text not in made.digest
    assert made.text not in repr(made)
    assert made.digest not in repr(made)


def test_the_token_of_forms_differs_from_the_digest_and_by_session() -> None:
    one, other = tokens.new_session().text, tokens.new_session().text
    assert tokens.csrf_of(one) == tokens.csrf_of(one)
    assert len({tokens.csrf_of(one), tokens.csrf_of(other), tokens.digest(one), one}) == 4


def test_comparing_takes_any_text() -> None:
    assert tokens.same("a\udcff", "a\udcff")
    assert not tokens.same("é", "e")
    assert tokens.digest("\udcff") != tokens.digest("")

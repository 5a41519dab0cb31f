"""Variables in prompts: filled when known, inaudible when not."""

from __future__ import annotations

import pytest

from rapida.text.template import fill, missing, names


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("Hello {{name}}!", "Hello Ada!"),
        ("{{ name }} and {{name}}", "Ada and Ada"),
        ("{{name}}{{last-name}}", "AdaLovelace"),
        ("Dear {{user.city}}", "Dear London"),
        ("Hello {{nobody}}, welcome.", "Hello, welcome."),
        ("Hello {{nobody}} and all", "Hello  and all"),
        ("{{nobody}}", ""),
        ("{{ }} {{1}} {{a b}} {name} {{name", "{{ }} {{1}} {{a b}} {name} {{name"),
        ("{{sly}}", "{{name}}"),
        ("no slots", "no slots"),
    ],
)
def test_slots_are_filled(template: str, wanted: str) -> None:
    variables = {"name": "Ada", "last-name": "Lovelace", "user.city": "London", "sly": "{{name}}"}
    assert fill(template, variables) == wanted


def test_the_names_of_a_template_are_told_once_and_in_order() -> None:
    assert names("{{b}} {{a}} {{b}} {{ c.d }}") == ("b", "a", "c.d")


def test_missing_names_are_those_without_a_value() -> None:
    assert missing("{{a}} {{b}} {{c}}", {"a": "x", "b": ""}) == ("b", "c")

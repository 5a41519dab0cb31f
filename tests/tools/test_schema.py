from typing import Any

import pytest

from rapida.tools.schema import check_arguments, problem_of_schema

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "enum": ["Oslo", "Rome"]},
        "days": {"type": "integer"},
        "share": {"type": "number"},
        "sure": {"type": "boolean"},
        "any": {},
    },
    "required": ["city"],
}


def test_arguments_that_fit_pass():
    check_arguments(PARAMETERS, {"city": "Oslo", "days": 3, "share": 1, "sure": True, "any": [1]})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "city is missing"),
        ({"city": "Paris"}, "city must be one of Oslo, Rome"),
        ({"city": "Oslo", "days": "3"}, "days must be of type integer"),
        ({"city": "Oslo", "days": True}, "days must be of type integer"),
        ({"city": "Oslo", "sure": 1}, "sure must be of type boolean"),
        ({"city": "Oslo", "town": "x"}, "there is no parameter town; there is city, days"),
    ],
)
def test_what_does_not_fit_is_told_in_words_for_the_model(arguments: dict[str, Any], told: str):
    with pytest.raises(ValueError, match=told):
        check_arguments(PARAMETERS, arguments)


def test_everything_wrong_is_told_at_once():
    with pytest.raises(ValueError, match="city is missing; days must"):
        check_arguments(PARAMETERS, {"days": "x"})


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, '"type": "object"'),
        ({"type": "object", "properties": {"a": 1}}, "properties.a must be an object"),
        ({"type": "object", "properties": {"a": {"type": "text"}}}, "one of string"),
        ({"type": "object", "properties": {}, "required": ["a"]}, "'a'"),
    ],
)
def test_a_wrong_declaration_is_named(parameters: dict[str, Any], told: str):
    assert told in problem_of_schema(parameters)


def test_a_good_declaration_has_no_problem():
    assert problem_of_schema(PARAMETERS) == ""

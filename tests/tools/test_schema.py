from typing import Any

import pytest

from rapida.errors import ConfigurationError
from rapida.tools.schema import Parameters, problem_of_schema

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
STRICT = {**PARAMETERS, "additionalProperties": False}


def test_arguments_that_fit_pass() -> None:
    given = {"city": "Oslo", "days": 3.0, "share": 1, "sure": True, "any": [1], "more": None}
    Parameters(PARAMETERS).check(given)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, '"city" is a required property'),
        ({"city": "Paris"}, 'city: "Paris" is not one of "Oslo" or "Rome"'),
        ({"city": "Oslo", "days": "3"}, 'days: "3" is not of type "integer"'),
        ({"city": "Oslo", "days": True}, 'days: true is not of type "integer"'),
        ({"city": "Oslo", "days": 3.5}, 'days: 3.5 is not of type "integer"'),
        ({"city": "Oslo", "sure": 1}, 'sure: 1 is not of type "boolean"'),
        ({"city": "Oslo", "town": "x"}, "'town' was unexpected"),
    ],
)
def test_what_does_not_fit_is_told_in_words_for_the_model(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError) as caught:
        Parameters(STRICT).check(arguments)
    assert told in str(caught.value)


def test_everything_wrong_is_told_at_once_and_no_long_argument_is_quoted_whole() -> None:
    with pytest.raises(ValueError, match="required property") as caught:
        Parameters(PARAMETERS).check({"days": "x" * 10_000})
    assert "days: " in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("parameters", "fits", "not_fits"),
    [
        ({}, {"a": 1}, None),
        ({"properties": {"a": True}}, {"a": 1}, None),
        ({"properties": {"a": False}}, {}, {"a": 1}),
        ({"type": ["object", "null"]}, {}, None),
        ({"properties": {"a": {"type": ["string", "null"]}}}, {"a": None}, {"a": 1}),
        ({"properties": {"a": {"const": 7}}}, {"a": 7}, {"a": 8}),
        ({"properties": {"a": {"minLength": 2, "maxLength": 3}}}, {"a": "ab"}, {"a": "a"}),
        ({"properties": {"a": {"pattern": "^(?=.*[0-9])[a-z0-9]+$"}}}, {"a": "a1"}, {"a": "a"}),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"b": 1}, {"c": 1}),
        ({"allOf": [{"$ref": "#/$defs/p"}], "$defs": {"p": {"required": ["a"]}}}, {"a": 1}, {}),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1, "b": 1}, {"a": 1}),
        ({"patternProperties": {"^x-": {"type": "string"}}}, {"x-a": "b"}, {"x-a": 1}),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"c": 1}, {"a": 1}),
        (
            {"properties": {"a": {"items": {"type": "integer"}, "uniqueItems": True}}},
            {"a": [1]},
            {"a": [1, 1]},
        ),
        (
            {"properties": {"a": {"prefixItems": [{"type": "integer"}], "items": False}}},
            {"a": [1]},
            {"a": [1, 2]},
        ),
        ({"properties": {"a": {"$ref": "#"}}}, {"a": {"a": {}}}, {"a": 1}),
        (
            {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "properties": {"a": {"minimum": 1, "exclusiveMinimum": True}},
            },
            {"a": 2},
            {"a": 1},
        ),
        ({"title": "T", "x-order": 1, "properties": {"a": {"example": 1, "default": 2}}}, {"a": 1}, None),
    ],
)
def test_what_json_schema_allows_is_accepted_and_meant(
    parameters: dict[str, Any], fits: dict[str, Any], not_fits: dict[str, Any] | None
) -> None:
    if "$ref" in str(parameters.get("properties")):
        parameters = {"type": "object", **parameters}
    read = Parameters(parameters)
    read.check(fits)
    if not_fits is not None:
        with pytest.raises(ValueError, match=r"\w"):
            read.check(not_fits)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"type": "array"}, "must allow an object"),
        ({"type": ["string", "null"]}, "must allow an object"),
        ({"type": "object", "properties": {"a": 1}}, "properties.a: 1 is not of type"),
        ({"type": "object", "properties": {"a": {"type": "text"}}}, "properties.a.type"),
        ({"type": "object", "required": "a"}, "required"),
        ({"properties": {"a": {"pattern": "("}}}, "properties.a.pattern"),
        ({"properties": {"a": {"minimum": "x"}}}, "properties.a.minimum"),
        ({"$ref": "#/$defs/nowhere"}, "nowhere"),
        ({"$schema": "http://example.com/our-own"}, "our-own"),
        ({"$ref": "http://127.0.0.1:1/schema.json"}, "Retrieval is disabled"),
        ({"$ref": "file:///etc/hostname"}, "Retrieval is disabled"),
    ],
)
def test_a_declaration_that_no_arguments_could_meet_is_named(parameters: dict[str, Any], told: str) -> None:
    assert told in problem_of_schema(parameters)
    with pytest.raises(ConfigurationError):
        Parameters(parameters)


def test_a_good_declaration_has_no_problem() -> None:
    assert problem_of_schema(PARAMETERS) == ""


def test_a_pattern_that_could_take_for_ever_takes_no_time() -> None:
    read = Parameters({"properties": {"a": {"pattern": "^(a+)+$"}}})
    with pytest.raises(ValueError, match="does not match"):
        read.check({"a": "a" * 5000 + "!"})


def test_a_model_is_told_the_type_and_the_properties_also_where_they_were_left_out() -> None:
    assert Parameters({}).told == {"type": "object", "properties": {}}
    assert Parameters(PARAMETERS).told == PARAMETERS


def test_parameters_are_known_by_name_in_what_the_schema_is_combined_of() -> None:
    read = Parameters(
        {
            "allOf": [{"$ref": "#/$defs/place"}, {"properties": {"day": {}}}],
            "oneOf": [{"properties": {"hour": {}}, "required": ["hour"]}, {"properties": {"part": {}}}],
            "$defs": {"place": {"properties": {"city": {}}, "required": ["city"]}},
        }
    )
    assert read.properties == {"city", "day", "hour", "part"}
    assert read.required == {"city"}

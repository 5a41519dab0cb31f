"""A tool's parameters: a JSON Schema that is read by its standard, and arguments that are held to it.

The library knows the drafts 4 to 2020-12. It is told to fetch nothing: a `$ref` leads into the schema itself.
What it finds wrong is put so that a model can mend it, or whoever declares the tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

import jsonschema_rs

from ..errors import ConfigurationError

TOLD_PROBLEMS = 5
"""A model mends a few faults at once; more of them only fill its context."""
TOLD_CHARS = 200
"""A model mends the first few faults, and a fault may quote a whole argument."""
_WHERE: Mapping[str, tuple[str, ...]] = {"properties": ("allOf", "anyOf", "oneOf"), "required": ("allOf",)}
"""In what a schema is combined of: all that may be declared, and what is required in any case."""
_DEEPEST = 8
"""A schema that refers to itself has no bottom."""


class Parameters:
    """Compiled parameters."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises `ConfigurationError` for what is no JSON Schema, or one that no arguments could meet."""
        declared = dict(schema)
        kinds = declared.get("type", "object")
        if kinds != "object" and not (isinstance(kinds, list) and "object" in kinds):
            raise ConfigurationError(
                'parameters must allow an object, which is what arguments are: write "type": "object"'
            )
        try:
            self._validator = jsonschema_rs.validator_for(declared, offline=True)
        except ValueError as wrong:
            raise ConfigurationError(f"parameters are no JSON Schema: {_sentence(wrong)}") from None
        self.told: dict[str, Any] = {"type": "object", "properties": {}, **declared}
        """What a model is told: some want the type and the properties written, which may be left out."""
        self.properties = frozenset(_named(declared, declared, "properties"))
        """The parameters that are declared by name, at the top or in what the top is combined of."""
        self.required = frozenset(_named(declared, declared, "required"))

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises `ValueError` with everything that does not fit, as sentences for the model."""
        wrong = list(islice(self._validator.iter_errors(dict(arguments)), TOLD_PROBLEMS))
        if wrong:
            raise ValueError("; ".join(_sentence(each) for each in wrong))


def problem_of_schema(parameters: Mapping[str, Any]) -> str:
    """What is wrong with a declaration of parameters; empty = nothing."""
    try:
        Parameters(parameters)
    except ConfigurationError as wrong:
        return str(wrong)
    return ""


def _sentence(wrong: ValueError) -> str:
    """Where it is wrong, and what; the library's own text goes on with the whole schema."""
    if not isinstance(wrong, jsonschema_rs.ValidationError):
        return str(wrong)[:TOLD_CHARS]
    where = ".".join(str(step) for step in wrong.instance_path)
    message = wrong.message
    if len(message) > TOLD_CHARS:  # what is wrong with a long argument stands behind it
        message = f"{message[: TOLD_CHARS // 2]}…{message[-TOLD_CHARS // 2 :]}"
    return f"{where}: {message}" if where else message


def _named(schema: object, whole: Mapping[str, Any], keyword: str, depth: int = 0) -> Iterator[str]:
    """The names that `properties` or `required` list, in a schema and in those it is combined of."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    part = cast("dict[str, Any]", schema)
    yield from part.get(keyword, ())
    for combined in _WHERE[keyword]:
        for each in part.get(combined, ()):
            yield from _named(each, whole, keyword, depth + 1)
    reference = part.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        yield from _named(_at(whole, reference), whole, keyword, depth + 1)


def _at(whole: Any, pointer: str) -> Any:
    """The part of a schema that a local reference names (RFC 6901)."""
    found = whole
    for step in pointer.removeprefix("#/").split("/"):
        try:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            return None
    return found

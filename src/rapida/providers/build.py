"""How a configured provider becomes an object: options and credential are checked against its declaration.

A provider class declares `Options` and, if it needs a secret, `Credential`, both msgspec Structs; forms, API
schema and docs are drawn from the same declaration. Construction is `Class(options)` or
`Class(options, credential)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from ..errors import ConfigurationError
from .registry import Registry

T = TypeVar("T")


def build(
    catalogue: Registry[T], name: str, options: Mapping[str, Any], secret: Mapping[str, str] | None = None
) -> T:
    """Construct the provider `name` of a family.

    Raises `UnknownName`, `ExtraMissing`, or `ConfigurationError` naming the option or credential field that
    is wrong; the message never carries a credential's value.
    """
    found: Any = catalogue.load(name)
    arguments = [_convert(catalogue.family, name, "option", dict(options), found.Options)]
    if (declared := getattr(found, "Credential", None)) is not None:
        if secret is None and any(field.required for field in msgspec.structs.fields(declared)):
            raise ConfigurationError(
                f"{catalogue.family} {name!r} needs a credential: create one and name its id"
            )
        arguments.append(_convert(catalogue.family, name, "credential field", dict(secret or {}), declared))
    return found(*arguments)


def _convert(family: str, name: str, what: str, values: dict[str, Any], into: type[Any]) -> Any:
    known = into.__struct_fields__
    if unknown := sorted(values.keys() - set(known)):
        raise ConfigurationError(
            f"{family} {name!r} has no {what} {unknown[0]!r}; it has {', '.join(known) or 'none'}"
        )
    try:
        return msgspec.convert(values, into, strict=False)
    except msgspec.ValidationError as wrong:
        # msgspec names the field and the types, never the value itself.
        raise ConfigurationError(f"{family} {name!r}: {what}: {wrong}") from None

"""`{{name}}` in a prompt or sentence → the value of that variable.

A caller must never hear a pair of braces, so a name without a value leaves nothing behind (and no blank
before a comma); whoever configures an assistant can ask for `missing` names beforehand and refuse. Values are
data: braces in them are not looked at again. Braces that hold no name stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SLOT = re.compile(r"( ?)\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}(?=([,.;:!?])?)")


def fill(template: str, variables: Mapping[str, str]) -> str:
    """`template` with every slot replaced by its variable; unknown ones by nothing."""

    def value_of(slot: re.Match[str]) -> str:
        blank, name, punctuation = slot.groups()
        value = variables.get(name, "")
        return value if punctuation and not value else blank + value

    return _SLOT.sub(value_of, template)


def is_name(text: str) -> bool:
    """Whether a template can ask for a variable of that name."""
    return names(f"{{{{{text}}}}}") == (text,)


def names(template: str) -> tuple[str, ...]:
    """The variables a template asks for, each once, in order of appearance."""
    return tuple(dict.fromkeys(slot.group(2) for slot in _SLOT.finditer(template)))


def missing(template: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The variables a template asks for that have no value."""
    return tuple(name for name in names(template) if not variables.get(name))

"""Names and docstrings of the generated client: from the OpenAPI document's to Python's."""

from __future__ import annotations

import keyword
import re
import textwrap

WIDTH = 104


def class_name(name: str) -> str:
    """A schema's or a subject's name as a class's."""
    page = re.fullmatch(r"Page_(\w+?)(?:View)?_", name)
    if page:
        return f"PageOf{page[1]}"
    return re.sub(r"\W", "", name.replace("Api", "Api"))


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().replace("-", "_")


def safe(name: str) -> str:
    """A name that Python lets stand for a field or a parameter."""
    plain = snake(name)
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def doc(text: str, indent: int) -> list[str]:
    """A docstring, with its lines broken."""
    blanks = " " * indent
    told = " ".join(text.replace("\\", "\\\\").split())
    lines = textwrap.wrap(told, WIDTH - indent - 6, break_long_words=False) or [""]
    if len(lines) == 1:
        return [f'{blanks}"""{lines[0]}"""']
    return [f'{blanks}"""{lines[0]}', *(f"{blanks}{line}" for line in lines[1:]), f'{blanks}"""']

"""Every number by which the core decides carries its reason, or the measurement that it came from."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import rapida.call

SOURCES = {
    path.name: ast.parse(path.read_text("utf-8")) for path in Path(rapida.call.__file__).parent.glob("*.py")
}


def _numbers(source: ast.Module) -> Iterator[tuple[str, bool]]:
    """Each numeric constant of a module, and whether a sentence stands under it."""
    for one, after in itertools.pairwise([*source.body, ast.Pass()]):
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() | float())):
                yield name, isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            case _:
                pass


def test_every_number_says_why_it_is_what_it_is() -> None:
    found = {(file, name): told for file, source in SOURCES.items() for name, told in _numbers(source)}
    assert len(found) > 20
    assert [each for each, told in found.items() if not told] == []

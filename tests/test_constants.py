"""Every number by which a module decides carries its reason, or the measurement that it came from."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import rapida

ROOT = Path(rapida.__file__).parent
# What a migration wrote down is history.
FILES = [path for path in sorted(ROOT.rglob("*.py")) if "migrations" not in path.parts]


def is_number(value: ast.expr | None) -> bool:
    """Whether it is a number, a tuple of numbers, a product of some, or a length of time."""
    match value:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float()) | ast.Call(func=ast.Name(id="timedelta")):
            return True
        case ast.UnaryOp(operand=one):
            return is_number(one)
        case ast.BinOp(left=left, right=right):
            return is_number(left) or is_number(right)
        case ast.Tuple(elts=[*several]) if several:
            return all(is_number(each) for each in several)
        case _:
            return False


def numbers(source: str) -> Iterator[tuple[str, bool]]:
    """Each number of a module, and whether a sentence stands under it, beside it or above its group."""
    lines = source.splitlines()
    for one, after in itertools.pairwise([*ast.parse(source).body, ast.Pass()]):
        if isinstance(one, ast.Assign | ast.AnnAssign) and is_number(one.value):
            target = one.targets[0] if isinstance(one, ast.Assign) else one.target
            under = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            yield ast.unparse(target), under or is_commented(lines, one.lineno - 1)


def is_commented(lines: list[str], at: int) -> bool:
    if "#" in lines[at]:
        return True
    above = at - 1
    while lines[above] and not lines[above].startswith((" ", "#", '"')) and " = " in lines[above]:
        above -= 1
    return lines[above].startswith("#")


def test_every_number_says_why_it_is_what_it_is() -> None:
    found = {
        f"{path.relative_to(ROOT)} {name}": told
        for path in FILES
        for name, told in numbers(path.read_text("utf-8"))
    }
    assert len(found) > 300
    assert [each for each, told in found.items() if not told] == []


def test_a_number_without_a_reason_is_found() -> None:
    source = (
        'A_S = 1.0\nB = (1, -2)\n"""Why."""\n\n# Why.\nC = 8 * A_S\nD: int = 4\n\nE = timedelta(hours=1)\n'
    )
    assert dict(numbers(source)) == {"A_S": False, "B": True, "C": True, "D": True, "E": False}

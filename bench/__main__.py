"""`python -m bench`: run rows of the table, write their figures, and redraw README.md's table."""

from __future__ import annotations

import argparse
import sys

from . import drive, report
from .rows import ROWS


def main() -> int:
    """Returns 0 whatever the figures are: a benchmark tells, it does not judge."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="+", help=f"all, or the beginning of names: {', '.join(ROWS)}")
    parser.add_argument("--calls", type=int, help="instead of the row's own number")
    parser.add_argument("--seconds", type=float, help="of measuring, per run")
    parser.add_argument("--repeats", type=int, default=drive.REPEATS)
    parser.add_argument("--keep", action="store_true", help="write the figures to bench/results/")
    options = parser.parse_args()
    chosen = [
        row for row in ROWS.values() if "all" in options.rows or row.name.startswith(tuple(options.rows))
    ]
    if not chosen:
        parser.error(f"no row begins with {' or '.join(options.rows)}; there is {', '.join(ROWS)}")
    keep = options.keep or "all" in options.rows
    for row in chosen:
        print(f"{row.name}: {row.title}", file=sys.stderr, flush=True)
        figures = drive.run(
            row,
            calls=options.calls or row.calls,
            seconds=options.seconds or row.seconds,
            repeats=options.repeats,
        )
        if keep:
            report.keep(row, figures)
        print(report.line(row, figures), flush=True)
    if keep:
        report.redraw()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench`: run rows of the table, write their figures, and redraw README.md's table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from . import (
    archive,
    dashboard,
    drive,
    ear,
    first_caller,
    outbound,
    reliability,
    report,
    soak,
    ten_calls,
    voice,
)
from .rows import PEERS, PLATFORM, ROWS, PlatformRow, Row
from .turns import row as turns
from .turns import verdicts
from .turns.sounds import NoRecordings


def main() -> int:
    """Returns 0 whatever the figures are, but for `reliability`: a benchmark tells, it does not judge."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "rows",
        nargs="+",
        help="all, peers, soak, archive, dashboard, first, ten, reliability, turns, verdicts, speech, or "
        f"names: {', '.join([*ROWS, *PLATFORM])}",
    )
    parser.add_argument("--calls", type=int, help="instead of the row's own number")
    parser.add_argument("--seconds", type=float, help="of measuring, per run")
    parser.add_argument("--repeats", type=int, help="instead of the row's own number")
    parser.add_argument("--keep", action="store_true", help="write the figures to bench/results/")
    options = parser.parse_args()
    match options.rows:
        case ["reliability"]:
            figures = reliability.run(options.repeats or reliability.RUNS)
            report.write("reliability", figures)
            report.redraw()
            return 0 if figures["good"] >= figures["needed"] and figures["newcomer_greeted"] else 1
        case ["first"]:
            figures = first_caller.run(options.repeats or first_caller.RUNS)
            report.write("first", figures)
            report.redraw()
            return 0 if figures["first_s"] <= first_caller.MAX_S else 1
        case ["ten"]:
            figures = ten_calls.run(options.calls or ten_calls.CALLS)
            print(*ten_calls.lines(figures), sep="\n", flush=True)
            _keep(ten_calls.NAME, figures, keep=options.keep)
        case ["turns"]:
            return _turns(keep=options.keep)
        case ["speech"]:
            return _speech(keep=options.keep)
        case ["verdicts"]:
            return _verdicts(keep=options.keep)
        case ["archive"]:
            count = options.calls or archive.CONVERSATIONS
            figures = archive.run(count)
            print(*archive.lines(figures), sep="\n", flush=True)
            _keep(archive.NAME, {"conversations": count, "figures": figures}, keep=options.keep)
            return 0
        case ["dashboard"]:
            rows = options.calls or dashboard.ROWS
            figures = dashboard.run(rows)
            print(*dashboard.lines(figures), sep="\n", flush=True)
            _keep(dashboard.NAME, {"rows": rows, "figures": figures}, keep=options.keep)
        case ["soak"]:
            return soak.main(options.calls or soak.CALLS)
        case ["peers"]:
            _run(list(PEERS.values()), options, keep=True)
        case ["all"]:
            _run([*ROWS.values(), *PLATFORM.values()], options, keep=True)
        case names:
            known = {**ROWS, **PLATFORM}
            chosen = [row for name, row in known.items() if name.startswith(tuple(names))]
            if not chosen:
                parser.error(f"no row begins with {' or '.join(names)}; there is {', '.join(known)}")
            _run(chosen, options, keep=options.keep)
    return 0


def _turns(*, keep: bool) -> int:
    """Human speech, at the defaults; needs recordings, and says so."""
    try:
        figures = turns.run()
    except NoRecordings as none:
        print(none, file=sys.stderr)
        return 1
    for name, found in figures.items():
        print(f"{name}:", *turns.verdict(name, found), sep="\n  ", flush=True)
    _keep(turns.NAME, {"figures": figures}, keep=keep)
    return 0


def _speech(*, keep: bool) -> int:
    """What the local voices are understood to say, what the local ear understands, and what they cost."""
    for name, figures, lines in (
        (voice.NAME, spoken := voice.run(), voice.lines(spoken)),
        (ear.NAME, heard := ear.run(), ear.lines(heard)),
    ):
        print(*lines, sep="\n", flush=True)
        _keep(name, {"figures": figures}, keep=keep)
    return 0


def _verdicts(*, keep: bool) -> int:
    """Turn-end models beside silence; needs recordings, and says so."""
    try:
        figures = verdicts.run()
    except NoRecordings as none:
        print(none, file=sys.stderr)
        return 1
    for model, found in figures.items():
        print(verdicts.verdict(model, found), flush=True)
    _keep(verdicts.NAME, {"figures": figures}, keep=keep)
    return 0


def _keep(name: str, figures: dict[str, Any], *, keep: bool) -> None:
    if keep:
        report.write(name, figures)
        report.redraw()


def _run(rows: Sequence[Row | PlatformRow], options: argparse.Namespace, *, keep: bool) -> None:
    for row in rows:
        print(f"{row.name}: {row.title}", file=sys.stderr, flush=True)
        if isinstance(row, PlatformRow):
            figures = outbound.run(row, calls=options.calls, repeats=options.repeats)
        else:
            figures = drive.run(
                row,
                calls=options.calls or row.calls,
                seconds=options.seconds or row.seconds,
                repeats=options.repeats or drive.REPEATS,
            )
        if keep:
            report.keep(row, figures)
            report.redraw()
        print(report.line(row, figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Results on disk, and the table in README.md that is drawn from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import archive, dashboard, ear, first_caller, measure, ten_calls, voice
from .rows import PEERS, PLATFORM, ROWS, PlatformRow, Row
from .turns import row as turns
from .turns import verdicts

HERE = Path(__file__).parent
RESULTS = HERE / "results"
README = HERE / "README.md"


def keep(row: Row | PlatformRow, figures: dict[str, Any]) -> None:
    """Write one row's figures with the machine they were taken on."""
    write(row.name, figures)


def write(name: str, figures: dict[str, Any]) -> None:
    """Write figures under a name."""
    RESULTS.mkdir(exist_ok=True)
    result = {
        "row": name,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": measure.describe(),
        **figures,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def line(row: Row | PlatformRow, figures: dict[str, Any]) -> str:
    """One line of the table: what, how many, the marks and what was measured."""
    median = figures["median"]
    cells = [
        f"{name} {_number(median.get(name))} (≤ {_number(goal)}) {_verdict(median.get(name), goal)}"
        for name, goal in row.goals.items()
    ]
    noise = ", noisy" if figures["noisy"] else ""
    commit = figures.get("machine", {}).get("commit", "this version")
    if isinstance(row, PlatformRow):
        return f"| {row.title} | {'<br>'.join(cells)}{noise} | {commit} |"
    cells += [f"{name} {_number(median.get(name))}" for name in row.shows]
    cpu = f"{_number(median['cpu_us'])} µs, {_number(median['calls_per_core'])} calls/core"
    taken = f"{figures['seconds']:g} s at {commit}"
    return f"| {row.title} | {figures['calls']} | {'<br>'.join(cells)} | {cpu}{noise} | {taken} |"


def redraw() -> None:
    """Put the kept figures of all rows into README.md."""
    kept = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))
    }
    text = README.read_text(encoding="utf-8")
    tables = {
        "table": _table,
        "platform": _platform,
        "demo": _demo,
        "first": _first,
        "ten": _ten,
        "turns": _turns,
        "voice": _voice,
        "verdicts": _verdicts,
        "ear": _ear,
        "archive": _archive,
        "dashboard": _dashboard,
        "peers": _peers,
    }
    for name, draw in tables.items():
        drawn = draw(kept)
        before, begin, rest = text.partition(f"<!-- {name}: drawn, do not edit -->")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        text = f"{before}{begin}\n\n{drawn}\n\n{end}{after}"
    README.write_text(text, encoding="utf-8")


def _table(kept: dict[str, Any]) -> str:
    rows = _lines(kept, ROWS)
    machines = {
        ", ".join(f"{name} {value}" for name, value in result["machine"].items() if name != "commit")
        for result in kept.values()
    }
    head = ["| | calls | marks to reach | CPU per call-second | taken |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, "", *(f"Taken on: {machine}." for machine in sorted(machines))])


def _platform(kept: dict[str, Any]) -> str:
    return "\n".join(["| | marks to reach | taken at |", "|---|---|---|", *_lines(kept, PLATFORM)])


def _demo(kept: dict[str, Any]) -> str:
    if (told := kept.get("reliability")) is None:
        return ""
    return (
        f"{told['good']} of {told['runs']} calls reached their end by speech ({told['needed']} must). "
        f"From the command to the greeting's first sound: {told['greeting_median_s']} s, "
        f"at the worst {told['greeting_worst_s']} s (≤ 10). For a newcomer, from `make demo` in a fresh "
        f"clone with the packages in uv's cache: {told.get('newcomer_greeting_s', '–')} s (≤ 60). "
        f"From the caller's last sound to the agent's first: p50 {told.get('reply_p50_ms', '–')} ms (≤ 650), "
        f"p95 {told.get('reply_p95_ms', '–')} ms (≤ 900)."
    )


def _ten(kept: dict[str, Any]) -> str:
    if (told := kept.get(ten_calls.NAME)) is None:
        return "Not measured yet."
    return "\n".join(f"* {each}." for each in ten_calls.lines(told))


def _first(kept: dict[str, Any]) -> str:
    if (told := kept.get("first")) is None:
        return ""
    return (
        f"From the first webhook to the first sound, medians of {told['runs']} starts: {told['first_s']} s "
        f"for the first caller (≤ {first_caller.MAX_S}), {told['second_s']} s for the second."
    )


def _turns(kept: dict[str, Any]) -> str:
    """What was measured, each with both kinds of recogniser, beside its mark."""
    if (told := kept.get(turns.NAME)) is None:
        return ""
    finals, interims = told["figures"]["finals"], told["figures"]["interims"]
    lines = ["| | mark | words when speech has stopped | words as they are spoken |", "|---|---|---|---|"]
    for name, goal in turns.GOALS.items():
        other = turns.STRICTER.get("interims", {}).get(name, goal)
        mark = f"≤ {_number(goal)}" + (f", ≤ {_number(other)}" if other != goal else "")
        cells = [f"{_number(n)} {_verdict(n, g)}" for n, g in ((finals[name], goal), (interims[name], other))]
        lines.append(f"| {name} | {mark} | {cells[0]} | {cells[1]} |")
    beside = [name for name in finals if name not in turns.GOALS and not name.endswith("_late_p95_ms")]
    lines += [f"| {name} | | {_number(finals[name])} | {_number(interims[name])} |" for name in beside]
    return "\n".join([*lines, "", _taken(told)])


def _verdicts(kept: dict[str, Any]) -> str:
    if (told := kept.get(verdicts.NAME)) is None:
        return ""
    return f"{verdicts.table(told['figures'])}\n\n{_taken(told)}"


def _ear(kept: dict[str, Any]) -> str:
    if (told := kept.get(ear.NAME)) is None:
        return ""
    return f"{ear.table(told['figures'])}\n\n{_taken(told)}"


def _taken(told: dict[str, Any]) -> str:
    return f"Taken at {told.get('machine', {}).get('commit', 'this version')}."


def _voice(kept: dict[str, Any]) -> str:
    if (told := kept.get(voice.NAME)) is None:
        return ""
    return "\n".join([*voice.lines(told["figures"]), "", _taken(told)])


def _archive(kept: dict[str, Any]) -> str:
    if (told := kept.get(archive.NAME)) is None:
        return ""
    count = f"{told['conversations']:,} conversations."
    return "\n".join([*archive.lines(told["figures"]), "", f"{count} {_taken(told)}"])


def _dashboard(kept: dict[str, Any]) -> str:
    if (told := kept.get(dashboard.NAME)) is None:
        return "Not measured yet."
    return "\n".join([*dashboard.lines(told["figures"]), "", f"{told['rows']:,} rows. {_taken(told)}"])


def _lines(kept: dict[str, Any], rows: Mapping[str, Row | PlatformRow]) -> list[str]:
    return [line(row, kept[name]) for name, row in rows.items() if name in kept]


def _peers(kept: dict[str, Any]) -> str:
    """Each framework's cost at the same number of calls, as a multiple of ours with Silero."""
    lines = ["| | calls | CPU per call-second | times ours |", "|---|---|---|---|"]
    for name, row in PEERS.items():
        if name not in kept:
            continue
        cpu_us = kept[name]["median"]["cpu_us"]
        ours = kept.get("ours-silero", {}).get("median", {}).get("cpu_us")
        times = f"{cpu_us / ours:.1f}" if ours and not name.startswith("ours") else ""
        lines.append(f"| {row.title} | {kept[name]['calls']} | {_number(cpu_us)} µs | {times} |")
    if {"pipecat-silero", "silero-300"} <= kept.keys():
        full, peer = (kept[name]["median"]["cpu_us"] for name in ("silero-300", "pipecat-silero"))
        lines += [
            "",
            f"Near the limit of each, Pipecat with Silero costs {peer / full:.1f} times our full cycle.",
        ]
    return "\n".join(lines)


def _verdict(value: float | None, goal: float) -> str:
    if value is None:
        return "?"
    return "✓" if value <= goal else "✗"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

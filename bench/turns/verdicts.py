"""Turn-end models beside silence alone: how often each cuts in, and how soon it answers.

The callers are recordings of people (`sounds.py`), heard by the product's own recogniser: they pause for 800
ms inside a sentence, or say it whole and wait for the answer. A few call at a time, so that no one waits for
another.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from . import row, sounds
from .situations import Caller, pausing, saying

NAME = "verdicts"
MODELS = ("", "text", "smart_turn")
"""Empty: silence alone."""
PAUSE_MS = 800
TOGETHER = 4
GOALS = {"cut_in_percent": 10.0, "answer_p50_ms": 650.0, "answer_p95_ms": 900.0}

Figures = dict[str, float]


def run(folder: str | None = None) -> dict[str, Figures]:
    """The figures of each model. Raises `NoRecordings`."""
    clips = sounds.recordings(folder)
    return {model or "silence": _figures(clips, model) for model in MODELS}


def _callers(clips: list[sounds.Clip]) -> Iterator[Caller]:
    for clip in clips:
        for before, after in sounds.pausing_places(clip):
            yield Caller("pause", pausing(before, after, PAUSE_MS), clips=[before, after])
        yield Caller("whole", saying(clip), clips=[clip])


def _figures(clips: list[sounds.Clip], model: str) -> Figures:
    options = ("--ear", "moonshine", *(("--turn-end", model) if model else ()))
    callers, cut_in, pauses, answers = list(_callers(clips)), 0, 0, list[float]()
    for first in range(0, len(callers), TOGETHER):
        for caller, phone, _ in row.calls_of(callers[first : first + TOGETHER], "short", options):
            end = phone.said[-1].ended
            if caller.situation == "pause":
                pauses += 1
                cut_in += bool(phone.heard_ms(phone.said[0].ended, phone.said[1].began))
            elif later := [at for at, _ in phone.played if at > end]:
                answers.append(1000 * (min(later) - end))
    answers.sort()
    return {
        "pauses": pauses,
        "cut_in_percent": round(100 * cut_in / pauses, 1),
        "answers": len(answers),
        "answer_p50_ms": round(statistics.median(answers)),
        "answer_p95_ms": round(answers[min(len(answers) - 1, round(0.95 * len(answers)))]),
    }


def verdict(model: str, found: Figures) -> str:
    """One line: what was measured, and what was to be reached."""
    marks = [
        f"{name} {found[name]:g} (≤ {goal:g}) {'✓' if found[name] <= goal else '✗'}"
        for name, goal in GOALS.items()
    ]
    return f"{model}: {', '.join(marks)}; {found['pauses']:g} pauses, {found['answers']:g} answers"


def table(figures: dict[str, Figures]) -> str:
    """The figures for README.md."""
    names = [*GOALS, "pauses", "answers"]
    lines = [f"| | mark | {' | '.join(figures)} |", "|---|---" + "|---" * len(figures) + "|"]
    for name in names:
        goal = GOALS.get(name)
        cells = [
            f"{found[name]:g}" + ("" if goal is None else " ✓" if found[name] <= goal else " ✗")
            for found in figures.values()
        ]
        lines.append(f"| {name} | {'' if goal is None else f'≤ {goal:g}'} | {' | '.join(cells)} |")
    return "\n".join(lines)

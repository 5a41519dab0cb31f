"""Runs the callers and says what came of it, in figures."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from .. import drive
from . import situations, sounds
from .caller import Callers, Phone
from .situations import Caller

NAME = "turns"
EARS = {"finals": (), "interims": ("--interims",)}
"""Recognisers that tell words when speech has stopped, or while it goes on."""
GOALS: Mapping[str, float] = {
    **{f"pause_{ms}_cut_in_percent": 2 for ms in (300, 450, 600)},
    "pause_700_cut_in_percent": 10,
    **{f"pause_{ms}_talk_over_max_ms": 300 for ms in situations.PAUSES_MS},
    **{f"pause_{ms}_split": 0 for ms in situations.PAUSES_MS},
    "nod_stopped_percent": 10,
    "interruption_missed": 0,
    "interruption_quiet_p50_ms": 550,
    "interruption_quiet_p95_ms": 900,
    **{f"noise_{-db}_{what}": 0 for db in situations.NOISE_DB for what in ("stopped", "ended")},
    "snr_5_missed": 1,
}
STRICTER: Mapping[str, Mapping[str, float]] = {"interims": {"nod_stopped_percent": 0}}
MOST_LATE_MS = 20.0
"""Callers whose frames leave later than one frame's time measure themselves."""

Told = Mapping[str, Any]
Figures = dict[str, float]
Calls = list[tuple[Caller, Phone, Told]]


def run(folder: str | None = None) -> dict[str, Figures]:
    """The figures with either kind of recogniser. Raises `NoRecordings`."""
    clips = sounds.recordings(folder)
    return {ear: figures(clips, options) for ear, options in EARS.items()}


def figures(clips: list[sounds.Clip], options: tuple[str, ...]) -> Figures:
    """One run of every situation."""
    found: Figures = {}
    for greeting, made in (
        ("short", situations.with_short_greeting),
        ("long", situations.with_long_greeting),
    ):
        found |= call(list(made(clips)), greeting, options)
    return found


def call(callers: list[Caller], greeting: str, options: tuple[str, ...]) -> Figures:
    """Let them all call at once, in real time: the figures of each situation."""
    calls: defaultdict[str, Calls] = defaultdict(list)
    found: Figures = {}
    for caller, phone, told in calls_of(callers, greeting, options, found):
        calls[caller.situation].append((caller, phone, told))
    for name, those in calls.items():
        measured = _SCENES[name.partition("_")[0]](those)
        found |= {f"{name}_calls": len(those)} | {f"{name}_{what}": n for what, n in measured.items()}
    return found


def calls_of(
    callers: list[Caller], greeting: str, options: tuple[str, ...], found: Figures | None = None
) -> Calls:
    """Let them all call at once, in real time: what each phone heard and what the server tells of its call.

    `found` gets how late the callers themselves were. Raises `RuntimeError` when a call broke.
    """
    arguments = ["turns", "--greeting", greeting, *options]
    with ExitStack() as open_ones:
        server = open_ones.enter_context(drive.process([*drive.OURS, "bench.serve", *arguments], core=0))
        port = drive.line(server)["port"]
        phones = [_phone(number, caller) for number, caller in enumerate(callers)]
        parts = [caller.part(phone) for caller, phone in zip(callers, phones, strict=True)]
        crowd = Callers(phones, parts, port, lambda order: drive.tell(server, order))
        crowd.run()
        told = drive.ask(server, "report")
    if told["broken"]:
        raise RuntimeError(f"{told['broken']} calls broke: see above")
    if found is not None:
        found[f"{greeting}_late_p95_ms"] = round(crowd.late_p95_ms, 1)
    if crowd.late_p95_ms > MOST_LATE_MS:
        print(f"  noisy: callers were {crowd.late_p95_ms:.0f} ms late", file=sys.stderr)
    return [
        (caller, phone, told["calls"][str(number)])
        for number, (caller, phone) in enumerate(zip(callers, phones, strict=True))
    ]


def _phone(number: int, caller: Caller) -> Phone:
    return Phone(number) if caller.background is None else Phone(number, caller.background)


def verdict(ear: str, found: Figures) -> list[str]:
    """One line per mark: what was measured, what was to be reached."""
    goals = {**GOALS, **STRICTER.get(ear, {})}
    return [
        f"{name} {found[name]:g} (≤ {goal:g}) {'✓' if found[name] <= goal else '✗'}"
        for name, goal in goals.items()
        if name in found
    ]


# What each situation asks


def _pauses(calls: Calls) -> Figures:
    """Whether the agent began in the pause, how long both were heard, and whether one sentence became two."""
    talked_over, split = list[float](), 0
    for caller, phone, told in calls:
        first, second = phone.said
        if phone.heard_ms(first.ended, second.ended):
            talked_over.append(phone.heard_ms(second.began, second.ended))
        whole = " ".join(clip.words for clip in caller.clips)
        split += _said(told) != [whole] or told["asked"][-1:] != [[whole]]
    return {
        "cut_in_percent": round(100 * len(talked_over) / len(calls), 1),
        "talk_over_max_ms": round(max(talked_over, default=0.0)),
        "split": split,
    }


def _nods(calls: Calls) -> Figures:
    return {
        "stopped_percent": round(100 * sum(_stopped(told) for _, _, told in calls) / len(calls), 1),
        "answered": sum(bool(told["asked"]) for _, _, told in calls),
    }


def _interruptions(calls: Calls) -> Figures:
    """Whether the agent stopped for good and answered, and when the phone last made a sound."""
    quiet, missed = list[float](), 0
    for caller, phone, told in calls:
        (said,) = phone.said
        if not _stopped(told) or not _asked(told, caller.clips[0].words):
            missed += 1
            continue
        last = max(min(to, said.ended) for at, to in phone.played if at < said.ended)
        quiet.append(1000 * (last - said.began))
    return {"missed": missed, "quiet_p50_ms": _share(quiet, 0.5), "quiet_p95_ms": _share(quiet, 0.95)}


def _noise(calls: Calls) -> Figures:
    return {
        "stopped": sum(_stopped(told) for _, _, told in calls),
        "ended": sum(told["reason"] == "unclear" for _, _, told in calls),
    }


def _noisy_turns(calls: Calls) -> Figures:
    """Whether what was said was answered, and how long after its end."""
    delays = list[float]()
    for caller, phone, told in calls:
        answers = [at for at, _ in phone.played if phone.said and at > phone.said[0].began]
        if answers and _asked(told, caller.clips[0].words):
            delays.append(1000 * (min(answers) - phone.said[0].ended))
    return {
        "missed": len(calls) - len(delays),
        "answer_p50_ms": _share(delays, 0.5),
        "answer_max_ms": _share(delays, 1.0),
    }


_SCENES: dict[str, Callable[[Calls], Figures]] = {
    "pause": _pauses,
    "nod": _nods,
    "interruption": _interruptions,
    "noise": _noise,
    "snr": _noisy_turns,
}


def _said(told: Told) -> list[str]:
    return [line["text"] for line in told["lines"] if (line["speaker"], line["kind"]) == ("caller", "said")]


def _asked(told: Told, words: str) -> bool:
    return any(words in said for asked in told["asked"] for said in asked)


def _stopped(told: Told) -> bool:
    """Whether the greeting was not heard to its end."""
    line = next(line for line in told["lines"] if line["speaker"] == "agent")
    return bool(line["cut"]) or line["heard"] != line["text"]


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[round((len(ordered) - 1) * share)]) if ordered else float("nan")

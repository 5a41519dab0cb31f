"""What the caller does on a call, as data: steps, each with a *when* and a *what*; from Python or from YAML.

Here scripts are only written down and checked. `caller` performs them, `sounds` turns what is said to sound.

    name: front desk
    noise_dbfs: -60                                  # the caller's surroundings; left out = digital silence
    steps:
      - {after_agent: true, say: I would like a table}   # the agent has finished; a number = ms of silence
      - {while_agent: 800, cough: 250}                   # 800 ms after the agent began, 250 ms long
      - {after_agent: true, keys: "0412#"}               # w in the keys waits half a second
      - {at: 30, wav: thanks.wav}                        # seconds of the stream; also ulaw, tone
      - {wait: 2}                                        # seconds after the step before
      - hang_up
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from ...errors import ConfigurationError

# ---- when


@dataclass(frozen=True)
class At:
    """At `at_s` seconds of the stream."""

    at_s: float


@dataclass(frozen=True)
class Wait:
    """`seconds` after the step before it ended."""

    seconds: float = 0.0


@dataclass(frozen=True)
class AfterAgent:
    """When the agent has spoken since the step before and been silent for `silence_ms`, no mark pending."""

    silence_ms: float = 700.0


@dataclass(frozen=True)
class WhileAgent:
    """`ms` after the agent's sound began, while it still sounds."""

    ms: float = 500.0


When = At | Wait | AfterAgent | WhileAgent

# ---- what


@dataclass(frozen=True)
class Say:
    """Words, spoken by the local voice."""

    text: str


@dataclass(frozen=True)
class PlayWav:
    path: Path


@dataclass(frozen=True)
class PlayUlaw:
    """Raw mu-law 8 kHz, from a file or given."""

    ulaw: bytes | Path


@dataclass(frozen=True)
class Keys:
    """Digits pressed one after another, `interval_ms` apart; `w` waits half a second."""

    keys: str
    interval_ms: float = 300.0


@dataclass(frozen=True)
class Cough:
    ms: float = 250.0


@dataclass(frozen=True)
class Tone:
    hz: float = 440.0
    ms: float = 500.0


@dataclass(frozen=True)
class HangUp:
    pass


@dataclass(frozen=True)
class Nothing:
    """Only the wait."""


What = Say | PlayWav | PlayUlaw | Keys | Cough | Tone | HangUp | Nothing


@dataclass(frozen=True)
class Step:
    """One step: `what` is done when `when` holds; the call fails if that takes over `patience_s`."""

    when: When
    what: What
    patience_s: float = 30.0


@dataclass(frozen=True)
class Script:
    """A caller. `noise_dbfs` is the noise of the caller's surroundings; None = digital silence."""

    steps: tuple[Step, ...] = ()
    name: str = "caller"
    noise_dbfs: float | None = None
    limit_s: float = 300.0
    seed: int = 0


DEFAULT = Script(
    (
        Step(AfterAgent(), Say("Hello. What can you do for me?")),
        Step(AfterAgent(), Say("Thank you. Goodbye.")),
        Step(AfterAgent(), HangUp(), patience_s=8.0),
    ),
    name="default",
)
"""For a phone that was told nothing: it listens, asks, thanks and hangs up."""


# ---- YAML


def load(path: Path) -> Script:
    """Read a script file. Raises `ConfigurationError` naming the file, the step and what to write instead."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as wrong:
        raise ConfigurationError(f"the script {path} cannot be read: {wrong.strerror}") from wrong
    return parse(text, source=str(path), folder=path.parent)


def parse(text: str, *, source: str = "script", folder: Path = Path()) -> Script:
    """Read a script; paths in it are relative to `folder`. Raises `ConfigurationError`."""
    try:
        written: Any = yaml.safe_load(text)
    except yaml.YAMLError as wrong:
        raise ConfigurationError(f"{source} is no YAML: {wrong}") from wrong
    if not isinstance(written, dict):
        raise ConfigurationError(f"{source} must be a mapping with a list called `steps`")
    fields = cast("dict[str, Any]", written)
    if unknown := sorted(set(map(str, fields)) - {"steps", "name", "noise_dbfs", "limit_s", "seed"}):
        raise ConfigurationError(f"{source} has no field {unknown[0]!r}")
    steps = fields.get("steps")
    if not isinstance(steps, list) or not steps:
        raise ConfigurationError(f"{source}: `steps` must be a list with at least one step")
    read = _StepReader(source, folder)
    noise_dbfs = fields.get("noise_dbfs")
    return Script(
        tuple(read.step(number, step) for number, step in enumerate(cast("list[Any]", steps), 1)),
        name=str(fields.get("name", Path(source).stem)),
        noise_dbfs=None if noise_dbfs is None else _number(f"{source}: noise_dbfs", noise_dbfs, least=-120.0),
        limit_s=_number(f"{source}: limit_s", fields.get("limit_s", 300)),
        seed=int(_number(f"{source}: seed", fields.get("seed", 0))),
    )


_WHEN: Mapping[str, Callable[[str, Any], When]] = {
    "at": lambda where, value: At(_number(where, value)),
    "wait": lambda where, value: Wait(_number(where, value)),
    "after_agent": lambda where, value: AfterAgent() if value is True else AfterAgent(_number(where, value)),
    "while_agent": lambda where, value: WhileAgent() if value is True else WhileAgent(_number(where, value)),
}
_WHAT = ("say", "wav", "ulaw", "keys", "cough", "tone", "hang_up")


class _StepReader:
    def __init__(self, source: str, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def step(self, number: int, written: Any) -> Step:
        where = f"{self._source}: step {number}"
        if written == "hang_up":
            return Step(Wait(), HangUp())
        if not isinstance(written, dict):
            raise ConfigurationError(f"{where} must be a mapping such as {{after_agent: true, say: Hello}}")
        fields = {str(key): value for key, value in cast("dict[Any, Any]", written).items()}
        if unknown := sorted(fields.keys() - {*_WHEN, *_WHAT, "patience_s"}):
            known = ", ".join((*_WHEN, *_WHAT, "patience_s"))
            raise ConfigurationError(f"{where} has {unknown[0]!r}; a step knows {known}")
        whens, whats = [key for key in _WHEN if key in fields], [key for key in _WHAT if key in fields]
        if len(whens) > 1 or len(whats) > 1:
            raise ConfigurationError(
                f"{where} has both {' and '.join(whens if len(whens) > 1 else whats)}: choose one"
            )
        if not whens and not whats:
            raise ConfigurationError(f"{where} says neither when nor what")
        when = _WHEN[whens[0]](f"{where}: {whens[0]}", fields[whens[0]]) if whens else Wait()
        what = self._what(where, whats[0], fields[whats[0]]) if whats else Nothing()
        return Step(when, what, _number(f"{where}: patience_s", fields.get("patience_s", 30)))

    def _what(self, where: str, key: str, value: Any) -> What:
        where = f"{where}: {key}"
        readers: Mapping[str, Callable[[], What]] = {
            "say": lambda: Say(_string(where, value)),
            "wav": lambda: PlayWav(self._file(where, value)),
            "ulaw": lambda: PlayUlaw(self._file(where, value)),
            "keys": lambda: Keys(check_keys(where, value)),
            "cough": lambda: Cough() if value is True else Cough(_number(where, value)),
            "tone": lambda: _tone(where, value),
            "hang_up": HangUp,
        }
        return readers[key]()

    def _file(self, where: str, value: Any) -> Path:
        path = self._folder / _string(where, value)
        if not path.is_file():
            raise ConfigurationError(f"{where}: there is no file {path}")
        return path


def check_keys(where: str, value: Any) -> str:
    """Digits of a telephone, or a `ConfigurationError`."""
    if not isinstance(value, str):
        raise ConfigurationError(f'{where} must be in quotes, such as "0123#", so that no digit is lost')
    if not re.fullmatch(r"[0-9A-D*#w]+", value):
        raise ConfigurationError(f"{where} may hold 0–9, A–D, *, # and w (half a second), not {value!r}")
    return value


def _tone(where: str, value: Any) -> Tone:
    if value is True:
        return Tone()
    if not isinstance(value, dict) or set(cast("dict[Any, Any]", value)) - {"hz", "ms"}:
        raise ConfigurationError(f"{where} must be true or {{hz: 440, ms: 500}}")
    fields = cast("dict[str, Any]", value)
    return Tone(_number(f"{where}.hz", fields.get("hz", 440)), _number(f"{where}.ms", fields.get("ms", 500)))


def _number(where: str, value: Any, least: float = 0.0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise ConfigurationError(f"{where} must be a number of at least {least:g}, not {value!r}")
    return float(value)


def _string(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{where} must be a text")
    return value

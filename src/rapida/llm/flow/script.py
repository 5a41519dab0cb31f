"""A flow as data: its YAML text becomes frozen structs, or one error that lists everything to mend.

Decides which fields exist and how each is written; whether the whole holds together is `flow_check`'s, what a
call does with it `flow_run`'s, and what the fields mean to their author stands in `flow`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, Literal, TypeVar, cast, get_args

import msgspec
import yaml
from msgspec import Struct

from ...assistant import BargeIn
from ...errors import ConfigurationError
from ...nearest import meant

Kind = Literal["yes_no", "choice", "digits", "phone", "date", "time", "number", "name", "free"]

NAME = re.compile(r"[a-z][a-z0-9_]*")


class Choice(Struct, frozen=True):
    """One answer of a `choice` question."""

    phrases: tuple[str, ...]
    """What the recogniser listens for; two to four distinct phrases of several syllables work best."""
    also: tuple[str, ...] = ()
    """Further wordings that count, for recognisers that hear free speech."""
    key: str = ""
    says: str = ""
    """How the agent names it when it fills in the slot; empty = the first phrase."""


class Ask(Struct, frozen=True):
    """A question that fills one slot."""

    slot: str
    kind: Kind
    question: str
    choices: dict[str, Choice] = {}
    min_digits: int = 0
    max_digits: int = 0
    terminator: str = "#"
    sensitive: bool = False
    check: Literal["", "luhn"] = ""
    region: str = "US"
    earliest: str = "07:00"
    latest: str = "18:59"
    least: int = 1
    most: int = 99
    units: tuple[str, ...] = ()
    anytime: bool = False
    once: bool = False
    corrected: str = ""
    confirm: str = ""
    retries: int = 2
    reprompts: tuple[str, ...] = ()
    barge_in: Literal["", "always", "words", "never"] = ""
    silence_ms: int = 0


class ToolUse(Struct, frozen=True):
    """A tool call: its arguments are templates, its result goes into slots."""

    name: str
    arguments: dict[str, str] = {}
    save: str | dict[str, str] = ""


class LookUp(Struct, frozen=True):
    """Looks the caller's own words up with a tool, and says what was found."""

    tool: str = "search_knowledge"
    unknown: str = "I am sorry, I do not know that."


class Rule(Struct, frozen=True):
    """Go to a state, if `when` is one of the values `is` (any value at all if `is` is left out)."""

    goto: str
    when: str = ""
    values: str | tuple[str, ...] = msgspec.field(default=(), name="is")

    @property
    def wanted(self) -> tuple[str, ...]:
        return (self.values,) if isinstance(self.values, str) else self.values


class State(Struct, frozen=True):
    """One state as written: it speaks, does at most one thing, and goes on."""

    say: str = ""
    ask: Ask | None = None
    tool: ToolUse | None = None
    answer: LookUp | None = None
    transfer: str = ""
    end: bool = False
    next: str | dict[str, str] | tuple[Rule, ...] = ()
    failed: str = ""
    forget: tuple[str, ...] = ()

    @property
    def slot(self) -> str:
        """The slot that this state fills and that a short `next` speaks of; "" if none or several."""
        if self.ask:
            return self.ask.slot
        return self.tool.save if self.tool and isinstance(self.tool.save, str) else ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """`next`, whichever way it was written, as rules; the first that holds wins."""
        if isinstance(self.next, str):
            return (Rule(self.next),)
        if isinstance(self.next, tuple):
            return self.next
        named = [Rule(goto, self.slot, value) for value, goto in self.next.items() if value != "else"]
        return (*named, *(Rule(goto) for value, goto in self.next.items() if value == "else"))


class Script(Struct, frozen=True):
    """A whole flow. `start` empty = the first state."""

    states: dict[str, State]
    start: str = ""
    variables: dict[str, str] = {}
    failed: str = ""
    unclear: str = "Sorry, I did not catch that."
    again: str = "Let us try that again."
    corrected: str = "All right, {{value}}."
    meant: str = "Do you mean: {{value}}?"
    questions: str = ""
    anywhere: dict[str, tuple[str, ...]] = {}
    """State → phrases that lead there from any question."""

    @property
    def first(self) -> str:
        return self.start or next(iter(self.states))

    @property
    def slots(self) -> dict[str, Ask | None]:
        """Every slot that some state fills, with its question (None when a tool fills it)."""
        found: dict[str, Ask | None] = {}
        for state in self.states.values():
            if state.ask:
                found[state.ask.slot] = state.ask
            elif state.tool and state.tool.save:
                names = (state.tool.save,) if isinstance(state.tool.save, str) else state.tool.save
                found.update(dict.fromkeys(names))
        return found

    @property
    def wishes(self) -> Ask:
        """What leads elsewhere from any question, as a choice among states."""
        return Ask("", "choice", "", {state: Choice(phrases) for state, phrases in self.anywhere.items()})

    @property
    def anytime(self) -> dict[str, Ask]:
        """The questions whose answers are taken out of any sentence, by slot."""
        return {slot: ask for slot, ask in self.slots.items() if ask and ask.anytime}


def read(text: str, name: str) -> Script:
    """The flow in `text`. Raises `ConfigurationError` listing every field that is wrong."""
    problems: list[str] = []
    tree = _load(text, name)
    written: Any = tree.pop("states", None)
    if not isinstance(written, dict) or not written:
        raise ConfigurationError(
            f"flow {name}: it has no states: write `states:` and under it, indented, `name:` for each state"
        )
    states: dict[str, State] = {}
    for key, value in cast("dict[str, Any]", written).items():
        where = f"state {key!r}"
        if not NAME.fullmatch(key):
            problems.append(f"{where}: a name is lower-case letters, digits and _, and begins with a letter")
        if state := _convert(where, value, State, problems):
            states[key] = state
    script = _convert("top level", {**tree, "states": {}}, Script, problems)
    refuse(name, problems)
    return msgspec.structs.replace(cast("Script", script), states=states)


class FlowProblems(ConfigurationError):
    """Everything that is wrong with a flow, a sentence each."""

    def __init__(self, name: str, problems: list[str]) -> None:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        several = f"flow {name} has {len(problems)} problems:{listed}"
        super().__init__(several if len(problems) > 1 else f"flow {name}: {problems[0]}")
        self.problems = tuple(problems)


def refuse(name: str, problems: list[str]) -> None:
    """Raise one `FlowProblems` for all `problems`, if there are any."""
    if problems:
        raise FlowProblems(name, problems)


class _Loader(yaml.BaseLoader):
    """Builds only text, lists and mappings, so that `yes`, `no` and `0123` stay what their author wrote."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        name = str(key.value)
        if not isinstance(key, yaml.ScalarNode) or name in seen:
            problem = f"{name!r} stands here twice" if name in seen else "a name must be plain text"
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _load(text: str, name: str) -> dict[str, Any]:
    try:
        tree: Any = yaml.load(text, _Loader)  # noqa: S506 - a BaseLoader, which builds no objects
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigurationError(f"flow {name}: {place}{wrong.problem}") from None
    except yaml.YAMLError as wrong:
        raise ConfigurationError(f"flow {name}: it is not YAML: {wrong}") from None
    if not isinstance(tree, dict):
        raise ConfigurationError(f"flow {name}: it is no YAML mapping: begin with `states:`")
    return cast("dict[str, Any]", tree)


T = TypeVar("T", bound=Struct)

NESTED: dict[type[Struct], dict[str, type[Struct]]] = {
    State: {"ask": Ask, "tool": ToolUse, "answer": LookUp, "next": Rule},
    Ask: {"choices": Choice},
}
"""Fields that hold structs: one, a list of them, or (`choices`) one under each name."""

ALLOWED: dict[str, tuple[str, ...]] = {
    "ask.kind": get_args(Kind),
    "ask.check": ("luhn",),
    "ask.barge_in": get_args(BargeIn),
}


def _convert(where: str, value: Any, into: type[T], problems: list[str]) -> T | None:
    """`value` as a struct, or None and its problems."""
    before = len(problems)
    _find_unknown(where, value, into, problems)
    if len(problems) > before:
        return None
    try:
        return msgspec.convert(value, into, strict=False)
    except msgspec.ValidationError as wrong:
        problems.append(f"{where}{_plainly(str(wrong))}")
        return None


def _find_unknown(where: str, value: Any, into: type[Struct], problems: list[str]) -> None:
    if not isinstance(value, dict):
        problems.append(f"{where}: here belongs a mapping of {', '.join(into.__struct_encode_fields__)}")
        return
    fields = cast("dict[str, Any]", value)
    for key, inner in fields.items():
        if key not in into.__struct_encode_fields__:
            problems.append(f"{where}: there is no field {key!r}{meant(key, into.__struct_encode_fields__)}")
        elif (child := NESTED.get(into, {}).get(key)) is not None:
            for place, one in _children(key, inner):
                _find_unknown(f"{where}, {place}", one, child, problems)


def _children(key: str, inner: Any) -> list[tuple[str, Any]]:
    if isinstance(inner, list):
        return [(f"{key} number {at}", one) for at, one in enumerate(cast("list[Any]", inner), 1)]
    if key == "choices" and isinstance(inner, dict):
        return [(f"choice {name!r}", one) for name, one in cast("dict[str, Any]", inner).items()]
    # A `next` that is a name or a mapping of answers holds no structs.
    return [] if key == "next" else [(f"field {key!r}", inner)]


def _plainly(wrong: str) -> str:
    """msgspec's sentence with the field named the way its author wrote it."""
    problem, _, path = wrong.partition(" - at `$.")
    field = path.rstrip("`").removesuffix("[...]")
    if allowed := ALLOWED.get(field):
        problem = f"write one of {', '.join(allowed)}"
    problem = (
        problem.replace("`array`", "list").replace("`object`", "mapping").replace("Object missing", "missing")
    )
    return f", field {field!r}: {problem}" if field else f": {problem}"

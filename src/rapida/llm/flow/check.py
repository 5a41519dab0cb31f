"""Whether a flow holds together: names that exist, states that can be reached, loops that listen.

Works on the structs of `flow_script` and only reports; every problem is a sentence that names the state and
says what to write.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
import phonenumbers

from ...nearest import meant
from ...text import template
from ...text.day_times import is_time
from .script import NAME, Ask, Script, State

MAX_DIGITS = 32
"""No number that people type is longer: a card's has at most 19 digits."""
MAX_RETRIES = 10
"""A caller who has failed so often needs a person."""
KEYS = "0123456789*#"
ANYTIME = ("choice", "date", "time", "number", "name")
"""Kinds that can be told apart in a sentence about something else."""
ONLY_FOR = {"number": ("least", "most", "units"), "time": ("earliest", "latest")}
_DEFAULTS = {each.name: each.default for each in msgspec.structs.fields(Ask)}
CALLABLE = re.compile(r"\+[1-9][0-9]{6,14}|sips?:\S+")
"""A number as E.164 writes it, or an address of somebody's own exchange."""


def problems_of(script: Script) -> list[str]:
    """Everything that is wrong with `script`; empty = it may answer calls."""
    found = [*_top_level(script)]
    for name, state in script.states.items():
        found += [f"state {name!r}: {problem}" for problem in _state(script, state)]
    # A flow whose states do not join cannot be judged on what can be reached.
    return found or [*_unreachable(script), *_deaf_loops(script)]


def _top_level(script: Script) -> Iterator[str]:
    for field, goto in (("start", script.start), ("failed", script.failed)):
        if goto and goto not in script.states:
            yield f"{field}: there is no state {goto!r}{meant(goto, tuple(script.states))}"
    if script.questions:
        yield from _questions(script)
    for goto, phrases in script.anywhere.items():
        if goto not in script.states:
            yield f"anywhere: there is no state {goto!r}{meant(goto, tuple(script.states))}"
        if not phrases or not all(phrase.strip() for phrase in phrases):
            yield f"anywhere: write the phrases that lead to {goto!r}, and no empty one"
    for name in (*script.variables, *script.slots):
        if not NAME.fullmatch(name):
            yield f"the name {name!r} must be lower-case letters, digits and _, beginning with a letter"
    for field, text in (("corrected", script.corrected), ("meant", script.meant)):
        for name in template.names(text):
            if name not in (known := ("value", *script.variables)):
                yield f"{field}: {{{{{name}}}}} is neither the value nor a variable{meant(name, known)}"
    for name in script.variables.keys() & script.slots.keys():
        yield f"{name!r} is both a variable and a slot: rename one of them"


def _questions(script: Script) -> Iterator[str]:
    goto = script.questions
    if goto not in script.states:
        yield f"questions: there is no state {goto!r}{meant(goto, tuple(script.states))}"
    elif script.states[goto].answer is None:
        yield f"questions: the state {goto!r} answers nothing: write `answer: {{}}` in it"
    elif not script.states[goto].next:
        leading = [name for name, state in script.states.items() if goto in _targets(script, state)]
        if leading or goto == script.first:
            yield f"state {goto!r}: where to go on, when it is led to? Write `next: <state>`"


def _state(script: Script, state: State) -> Iterator[str]:
    deeds = [
        name
        for name, there in (
            ("ask", state.ask),
            ("tool", state.tool),
            ("answer", state.answer),
            ("transfer", state.transfer),
            ("end", state.end),
        )
        if there
    ]
    if len(deeds) > 1:
        yield f"it does {' and '.join(deeds)}: give each a state of its own"
    if not deeds and not state.say:
        yield "it does nothing: write `say`, `ask`, `tool`, `answer`, `transfer` or `end: true`"
    for slot in state.forget:
        if slot not in script.slots:
            yield f"forget: no state fills a slot {slot!r}{meant(slot, tuple(script.slots))}"
    yield from _next(script, state, final=bool(state.transfer or state.end))
    yield from _failed(script, state)
    if state.transfer and "{{" not in state.transfer and not CALLABLE.fullmatch(state.transfer):
        yield (
            f"transfer: nobody can be called at {state.transfer!r}: write +, country code and number, such "
            "as +14155550100, or a sip: address"
        )
    if state.ask:
        yield from _ask(state.ask)
        yield from _anytime(script, state.ask)
    yield from _texts(script, state)


def _next(script: Script, state: State, *, final: bool) -> Iterator[str]:
    if final and state.next:
        yield "nothing follows `transfer` or `end`: remove `next`"
    if not final and not state.next and not _goes_back(script, state):
        yield "where to go on? Write `next: <state>`"
    if isinstance(state.next, dict) and not state.slot:
        yield "a `next` of answers needs a state that asks (or saves) one slot: write rules with `when`"
        return
    rules = state.rules
    for rule in rules:
        if rule.goto not in script.states:
            yield f"next: there is no state {rule.goto!r}{meant(rule.goto, tuple(script.states))}"
        if rule.when:
            yield from _condition(script, rule.when, rule.wanted)
        elif rule is not rules[-1]:
            yield f"next: the rules behind `goto: {rule.goto}` can never be met; give it a `when`"
    if rules and rules[-1].when and not _covers_all(script, state):
        yield "next: say where to go otherwise (`else: <state>`, or a last rule without `when`)"


def _goes_back(script: Script, state: State) -> bool:
    """Whether it only answers what is asked in between, and the open question follows by itself."""
    return state.answer is not None and script.states.get(script.questions) is state


def _condition(script: Script, slot: str, wanted: tuple[str, ...]) -> Iterator[str]:
    if slot not in script.slots:
        yield f"next: no state fills a slot {slot!r}{meant(slot, tuple(script.slots))}"
        return
    ask = script.slots[slot]
    if ask and ask.sensitive and wanted:
        yield f"next: the slot {slot!r} is sensitive: nobody but a tool sees its value"
    if ask and (known := _answers(ask)):
        for value in wanted:
            if value not in known:
                yield f"next: {slot!r} can not become {value!r}{meant(value, known)}"


def _answers(ask: Ask) -> tuple[str, ...]:
    return {"yes_no": ("yes", "no"), "choice": tuple(ask.choices)}.get(ask.kind, ())


def _covers_all(script: Script, state: State) -> bool:
    """Whether the rules speak of every answer that this state's question can have."""
    answers = set(_answers(state.ask)) if state.ask else set[str]()
    spoken_of = {value for rule in state.rules if rule.when == state.slot for value in rule.wanted}
    return bool(answers) and answers <= spoken_of


def _failed(script: Script, state: State) -> Iterator[str]:
    if state.failed and state.failed not in script.states:
        yield f"failed: there is no state {state.failed!r}{meant(state.failed, tuple(script.states))}"
    if state.failed and not (state.ask or state.tool):
        yield "`failed` belongs to a state that asks or uses a tool: remove it"
    if (state.ask or state.tool) and not (state.failed or script.failed):
        yield "where to go when it does not succeed? Write `failed: <state>` here, or once at the top level"


def _ask(ask: Ask) -> Iterator[str]:
    if not ask.question.strip():
        yield "ask.question is empty: write the words of the question"
    if not 0 <= ask.retries <= MAX_RETRIES:
        yield f"ask.retries: write a number from 0 to {MAX_RETRIES}"
    if ask.terminator not in KEYS:
        yield f"ask.terminator: write a key, one of {KEYS}, or nothing"
    if ask.silence_ms < 0:
        yield "ask.silence_ms: write how many milliseconds of silence end an answer, or 0"
    if ask.kind == "choice":
        yield from _choices(ask)
    elif ask.choices:
        yield f"ask.choices belong to `kind: choice`, not to {ask.kind}"
    if ask.kind == "digits":
        if not 0 < (ask.min_digits or ask.max_digits) <= ask.max_digits <= MAX_DIGITS:
            yield f"ask.max_digits: write how many digits at most (1 to {MAX_DIGITS}), not below min_digits"
    elif ask.min_digits or ask.max_digits or ask.sensitive or ask.check:
        yield f"min_digits, max_digits, sensitive and check belong to `kind: digits`, not to {ask.kind}"
    yield from _bounds(ask)
    if ask.kind == "phone" and ask.region not in phonenumbers.SUPPORTED_REGIONS:
        yield f"ask.region: write the two capitals of a country, as US or DE, not {ask.region!r}"
    if ask.sensitive and ask.confirm:
        yield "ask.confirm: sensitive digits are never read back: remove it"


def _bounds(ask: Ask) -> Iterator[str]:
    """Fields that belong to one kind of question, and what they may be."""
    for kind, names in ONLY_FOR.items():
        written = [name for name in names if getattr(ask, name) != _DEFAULTS[name]]
        if ask.kind != kind and written:
            yield f"ask.{written[0]} belongs to `kind: {kind}`, not to {ask.kind}"
    if not 0 <= ask.least <= ask.most:
        yield "ask.most: write the largest number that counts, not below `least`"
    for name in ("earliest", "latest"):
        if not is_time(getattr(ask, name)):
            yield f"ask.{name}: write hours and minutes, as 08:30 or 14:00, not {getattr(ask, name)!r}"
    if ask.earliest > ask.latest:
        yield "ask.latest: write a time that is not before `earliest`"


def _anytime(script: Script, ask: Ask) -> Iterator[str]:
    """What is taken out of any sentence must be told apart in it."""
    if ask.anytime and ask.kind not in ANYTIME:
        yield f"ask.anytime belongs to {', '.join(ANYTIME)}, not to {ask.kind}: remove it"
    if not ask.corrected:
        return
    if not ask.anytime:
        yield "ask.corrected needs `anytime: true`: without it no correction is heard once it is answered"
    if (goto := ask.corrected) not in script.states:
        yield f"ask.corrected: there is no state {goto!r}{meant(goto, tuple(script.states))}"


def _choices(ask: Ask) -> Iterator[str]:
    if not ask.choices:
        yield "ask.choices: write the answers, each with its `phrases`"
    phrases = [phrase.lower() for choice in ask.choices.values() for phrase in choice.phrases]
    keys = [choice.key for choice in ask.choices.values() if choice.key]
    for twice in (what for what, times in Counter([*phrases, *keys]).items() if times > 1):
        yield f"ask.choices: {twice!r} belongs to two choices"
    for name, choice in ask.choices.items():
        if not choice.phrases or not all(phrase.strip() for phrase in choice.phrases):
            yield f"choice {name!r}: write at least one phrase, and no empty one"
        if choice.key and (len(choice.key) != 1 or choice.key not in KEYS):
            yield f"choice {name!r}: a key is one of {KEYS}"


def _texts(script: Script, state: State) -> Iterator[str]:
    """Placeholders must name something that can be spoken."""
    spoken = [state.say, state.transfer, *([state.answer.unknown] if state.answer else [])]
    if state.ask:
        spoken += [state.ask.question, state.ask.confirm, *state.ask.reprompts]
    arguments = [*state.tool.arguments.values()] if state.tool else []
    slots = script.slots
    known = (*script.variables, *slots)
    for name in _names([*spoken, *arguments]):
        if name not in known:
            yield f"{{{{{name}}}}} is neither a slot nor listed under `variables`{meant(name, known)}"
    for name in _names(spoken):
        if (ask := slots.get(name)) and ask.sensitive:
            yield f"{{{{{name}}}}} is sensitive: it may stand in a tool's arguments, never in speech"
    for text in [*spoken, *arguments]:
        if "{{" in template.fill(text, {}):
            yield f"write {{{{name}}}} with the name of a slot or variable, not as in {text!r}"


def _names(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from template.names(text)


def _targets(script: Script, state: State) -> list[str]:
    targets = [rule.goto for rule in state.rules]
    failed = state.failed or (script.failed if state.ask or state.tool else "")
    corrected = state.ask.corrected if state.ask else ""
    return [*targets, *(each for each in (failed, corrected) if each)]


def _unreachable(script: Script) -> Iterator[str]:
    reached: set[str] = set()
    ahead = [script.first, *script.anywhere, *([script.questions] if script.questions else [])]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _targets(script, script.states[name])
    for name in script.states:
        if name not in reached:
            yield f"state {name!r}: nothing leads here: name it in a `next` or `failed`, or remove it"


def _deaf_loops(script: Script) -> Iterator[str]:
    """A way back to a state without a question on it would run for ever."""
    silent = {name for name, state in script.states.items() if not state.ask}
    for name in silent:
        ahead, seen = _targets(script, script.states[name]), set[str]()
        while ahead:
            step = ahead.pop()
            if step == name:
                yield f"state {name!r}: it leads back to itself without a question on the way"
                break
            if step in silent and step not in seen:
                seen.add(step)
                ahead += _targets(script, script.states[step])

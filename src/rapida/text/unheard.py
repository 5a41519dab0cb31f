"""What a model writes besides its answer: what becomes of the beginning of a text.

Knows thoughts (`<think>…</think>` and its other spellings), calls of tools written as text, HTML and SSML
tags, special tokens, stage directions, `{{…}}`, the marks of sources, and emoji. Judges only what stands at
the very beginning of the text that it is given, and says when more of it must be there; `audible.py` does the
rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .directions import is_direction, may_become

LONGEST_MARK_CHARS = 60
"""No end mark of something hidden is longer."""
_MOST_TAG_CHARS = 300
"""A longer run without an end is no tag: text must not wait for one."""
_MOST_SLOT_CHARS = 80
"""A longer run without an end is no placeholder and no source."""


class Hidden(NamedTuple):
    """Something whose content is not for the ear either."""

    opens: re.Pattern[str]
    closes: re.Pattern[str]
    thought: bool
    """Its end mark alone says that all before it was one: some servers' templates write the first mark."""


class Verdict(NamedTuple):
    """What becomes of so many characters."""

    chars: int
    heard: bool = False
    parting: str = ""
    opens: tuple[Hidden, ...] = ()
    voids: bool = False


def _element(names: str, *, thought: bool) -> Hidden:
    named = f"(?:{'|'.join(names.split())})"
    return Hidden(
        re.compile(rf"<\s*{named}(?:\s[^<>]*)?>", re.IGNORECASE),
        re.compile(rf"<\s*/\s*{named}\s*>", re.IGNORECASE),
        thought,
    )


def _marks(opens: str, closes: str, *, thought: bool = True) -> Hidden:
    return Hidden(re.compile(opens, re.IGNORECASE), re.compile(closes, re.IGNORECASE), thought)


_HIDDEN = (
    _element(
        r"think thinking thoughts? seed:think antthinking reasoning reflection scratchpad analysis "
        r"inner[_-]?monologue",
        thought=True,
    ),
    _element(
        r"tool_calls? tool_response function_calls? (?:antml:)?invoke function=\w+ function script style",
        thought=False,
    ),
    _marks(r"\[THINK\]", r"\[/THINK\]"),
    _marks(r"◁think▷", r"◁/think▷"),
    _marks(
        r"<\|(?:begin_of_thought|start_thinking|thinking)\|>",
        r"<\|(?:end_of_thought|end_thinking|/thinking)\|>",
    ),
    # The channels of gpt-oss ("harmony"): only the final one is for the user.
    _marks(
        r"<\|channel\|>\s*(?:analysis|commentary)[^<]*<\|message\|>", r"<\|channel\|>\s*final\s*<\|message\|>"
    ),
    _marks(r"<!--", r"-->", thought=False),
)
_ATTRIBUTE = r"[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+)"
_TAG = re.compile(
    rf"</?([A-Za-z][\w:.-]*)(?:\s+{_ATTRIBUTE})*\s*/?>|<!DOCTYPE[^<>]*>"
    r"|<\|start\|>(?:assistant)?|<[|｜][^<>|｜\n]{1,40}[|｜]>"
)
_BREAKS = re.compile(r"(?:br|p|div|li|ul|ol|tr|td|h[1-6]|break|s|sentence|paragraph)\Z", re.IGNORECASE)
"""Tags that part words; the others stand inside them."""
_UNFINISHED_TAG = re.compile(
    rf"<\s*/?\s*(?:[A-Za-z][\w:.=-]*)?\s*\Z"
    rf"|</?[A-Za-z][\w:.-]*(?:\s+{_ATTRIBUTE})*\s*"
    r"(?:[\w:.-]+\s*(?:=\s*(?:\"[^\"<>]*|'[^'<>]*|[^\s\"'<>=]*)?)?)?/?\Z"
    r"|<!-{0,2}\Z|<!DOCTYPE[^<>]*\Z|<[|｜][^<>|｜\n]*[|｜]?\Z",
    re.IGNORECASE,
)
_UNFINISHED_HEAD = re.compile(
    r"<\|channel\|>[^<]{0,60}(?:<(?:\|(?:[a-z]*\|?)?)?)?\Z|<\|start\|>a[a-z]*\Z|<\|start\|>\Z"
)
"""Special tokens that say what the words behind them are."""
_SLOT = re.compile(r"\{\{[^{}\n]*\}\}")
_UNFINISHED_SLOT = re.compile(r"\{(?:\{[^{}\n]*\}?)?\Z")
_SOURCE = re.compile(r"【[^】\n]*(?:†|source)[^】\n]*】")
_UNFINISHED_SOURCE = re.compile(r"【[^】\n]*\Z")
_PICTURES = (
    "\u2190-\u21ff\u2300-\u23ff\u25a0-\u25b6\u25b8-\u25c0\u25c2-\u2775\u2794-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
"""Emoji, arrows and ornaments; a voice reads their Unicode names."""
_TRIMMINGS = "\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f"
"""What only changes how the character before it looks: of a keycap the digit stays."""
_EMOJI = re.compile(f"[{_PICTURES}{_TRIMMINGS}]+")
_IS_PICTURE = re.compile(f"[{_PICTURES}]")
JOINER = "\u200d"
OPENERS = re.compile(f"[<\\[(*_{{【◁{_PICTURES}{_TRIMMINGS}{JOINER}]")
_WRITTEN_MARKS = ("[think]", "[/think]", "◁think▷", "◁/think▷")
_ASIDES = {"[": "]", "(": ")", "*": "*", "_": "_"}
"""What may hold a stage direction, and how it closes."""
HEARD = Verdict(1, heard=True)
THOUGHTS = tuple(hidden for hidden in _HIDDEN if hidden.thought)
_BEGINNINGS = frozenset(mark[:size] for mark in _WRITTEN_MARKS for size in range(1, len(mark)))


def verdict(text: str, before: str, *, after_unheard: bool) -> Verdict | None:
    """What becomes of the beginning of `text`; None = it may become something else with more text.

    `text` begins with one of `OPENERS`. `before` is the character in front of it ("" = none), `after_unheard`
    whether something was left out between the two.
    """
    if found := _hidden(text):
        return found
    if text.lower() in _BEGINNINGS:
        return None
    if found := _EMOJI.match(text):
        return Verdict(found.end(), parting=" " if _IS_PICTURE.search(found.group()) else "")
    if text[0] == JOINER:  # joins emoji, but also the letters of some scripts
        return Verdict(1, heard=not after_unheard)
    return _JUDGES[text[0]](text, before)


def _hidden(text: str) -> Verdict | None:
    """The mark that opens or ends something hidden."""
    for hidden in _HIDDEN:
        if found := hidden.opens.match(text):
            return Verdict(found.end(), parting=" ", opens=(hidden,))
        if found := hidden.closes.match(text):
            return Verdict(found.end(), parting=" ", voids=hidden.thought)
    return None


def _tag(text: str, _before: str) -> Verdict | None:
    if _UNFINISHED_HEAD.match(text):
        return None
    if found := _TAG.match(text):
        return Verdict(found.end(), parting="\n" if found[1] and _BREAKS.match(found[1]) else "")
    return None if len(text) < _MOST_TAG_CHARS and _UNFINISHED_TAG.match(text) else HEARD


def _slot(text: str, _before: str) -> Verdict | None:
    if found := _SLOT.match(text):
        return Verdict(found.end(), parting=" ")
    return None if len(text) < _MOST_SLOT_CHARS and _UNFINISHED_SLOT.match(text) else HEARD


def _source(text: str, _before: str) -> Verdict | None:
    if found := _SOURCE.match(text):
        return Verdict(found.end(), parting=" ")
    return None if len(text) < _MOST_SLOT_CHARS and _UNFINISHED_SOURCE.match(text) else HEARD


def _aside(text: str, before: str) -> Verdict | None:
    """A stage direction in brackets, or between stars or underscores that hug it."""
    opener, closer = text[0], _ASIDES[text[0]]
    after = text[1:2]
    if opener == closer and (before.isalnum() or opener in (before, after) or after.isspace()):
        return HEARD
    end = text.find(closer, 1)
    content = text[1 : end if end > 0 else None]
    if end < 0 and content:
        return None if may_become(content) else HEARD
    if end < 0:
        return None
    return Verdict(end + 1, parting=" ") if is_direction(content, opener) else HEARD


_JUDGES: dict[str, Callable[[str, str], Verdict | None]] = {
    "<": _tag,
    "{": _slot,
    "【": _source,
    "◁": lambda _text, _before: HEARD,
    **dict.fromkeys(_ASIDES, _aside),
}

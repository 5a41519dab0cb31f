"""Whether an English answer means yes or no; None where it is neither, both, or hangs on a condition.

What only sounds like one ("no problem", "I'm not sure", "the right one") is taken out or makes the answer
unclear before single words are looked at.
"""

from __future__ import annotations

from .numbers import tokens

YES = frozenset(
    tokens(
        "yes yeah yep yup ya sure correct right okay ok absolutely exactly indeed affirmative definitely "
        "certainly alright mhm uhhuh"
    )
)
NO = frozenset(tokens("no nope nah not wrong incorrect negative never dont isnt nuhuh"))
PLAIN = frozenset(tokens("yes yeah yep yup no nope nah"))
"""When yes and no both occur, these decide; both of them together are unclear."""

_INSTEAD = (
    ("uh huh", "uhhuh"),
    ("mm hm", "mhm"),
    ("mm hmm", "mhm"),
    ("nuh uh", "nuhuh"),
    ("uh uh", "nuhuh"),
    ("of course not", "no"),
    ("of course", "yes"),
    ("go ahead", "yes"),
    ("please do", "yes"),
    ("why not", "yes"),
    ("no problem", ""),
    ("no worries", ""),
    ("no rush", ""),
    ("dont mind", ""),
    ("dont worry", ""),
    ("right now", ""),
    ("right away", ""),
    ("not only", ""),
)
"""What is meant by words that say something else one by one."""
_UNCLEAR = (
    "not sure", "dont know", "dont understand", "dont remember", "no idea", "not certain", "never mind",
    "isnt it", "maybe", "perhaps", "depends", "repeat", "say again", "say that again", "pardon", "but",
    "unless", "except", "if", "or", "what", "which", "who", "where", "when", "how", "why",
)  # fmt: skip
"""A doubt, a condition, or a question."""


def verdict_in(text: str) -> str | None:
    """ "yes", "no", or None if the answer is neither or both."""
    said = f" {' '.join(tokens(text))} "
    for phrase, meant in _INSTEAD:
        said = said.replace(f" {phrase} ", f" {meant} ")
    if any(f" {phrase} " in said for phrase in _UNCLEAR):
        return None
    words = said.split()
    if words == ["please"]:
        return "yes"
    yes, no = YES.intersection(words), NO.intersection(words)
    if not (yes and no):
        return "yes" if yes else "no" if no else None
    if no & {"not", "isnt", "dont"} and not yes & PLAIN:  # "that is not right"
        return "no"
    plain = {"yes" if word in YES else "no" for word in words if word in PLAIN}
    return plain.pop() if len(plain) == 1 else None

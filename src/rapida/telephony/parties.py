"""Parties: who calls and who is called, as the carrier writes them, which need not be a telephone number.

A caller may withhold their number, call from a SIP exchange or an app, or reach us at a SIP address. The
record keeps what the carrier wrote; what stands for it in a sentence is decided here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

WITHHELD: Final = ("anonymous", "blocked", "private", "restricted", "unavailable", "unknown")
"""What stands in the place of a number that is not shown."""
_KEYPAD: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_NOBODY: Final = frozenset({"", *WITHHELD, *(f"+{word.translate(_KEYPAD)}" for word in WITHHELD)})
"""Carriers also write these words as the digits of a telephone's keys: +266696687 is "anonymous"."""
_ADDRESSES: Final = ("sip:", "sips:", "client:")

_UNSEEN: Final = ("Cc", "Cf", "Zl", "Zp", "Zs")
"""Unicode's categories of controls, formats and blanks."""

CARRIED: Final = ("CallerName", "ForwardedFrom")
SIP_HEADER: Final = "SipHeader_"
"""With these the carrier begins the names of the headers that a SIP exchange sent along."""
MOST_CARRIED: Final = 30
"""Of what a carrier says about the parties no more is kept: SIP exchanges may send any number of headers."""
MOST_CHARACTERS: Final = 500
"""They are written by whoever calls, and end up in a prompt."""


def shown(party: str) -> str:
    """What stands for a party in a sentence; nothing where the number is withheld."""
    bare = party.strip().lower()
    user = bare.partition(":")[2].partition("@")[0] if bare.startswith(_ADDRESSES) else bare
    return "" if user in _NOBODY else party.strip()


def carries(name: str) -> bool:
    """Whether a variable is one that a carrier may bring along."""
    return name in CARRIED or name.startswith(SIP_HEADER)


def carried(variables: Mapping[str, str]) -> dict[str, str]:
    """What a carrier brings along, bounded: the caller's name, who sent them on, and SIP headers."""
    told = [name for name in variables if carries(name)]
    plain = {name: _plain(variables[name]) for name in told[:MOST_CARRIED]}
    if "ForwardedFrom" in plain:
        plain["ForwardedFrom"] = shown(plain["ForwardedFrom"])
    return {name: value for name, value in plain.items() if value}


def stray(written: str) -> str:
    """What to take out of a number that somebody wrote: a blank around it, or a character nobody sees."""
    seen = [index for index, each in enumerate(written) if unicodedata.category(each) not in _UNSEEN]
    first, last = (seen[0], seen[-1]) if seen else (len(written), len(written))
    for index, each in enumerate(written):
        if unicodedata.category(each) in _UNSEEN and not (each == " " and first < index < last):
            where = "before" if index < first else "after" if index > last else "within"
            what = f"U+{ord(each):04X} ({unicodedata.name(each, 'a control character')})"
            return f"there is a character that cannot be seen {where} the number: {what}"
    return ""


def _plain(text: str) -> str:
    """One line of what can be seen."""
    visible = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(visible.split())[:MOST_CHARACTERS]

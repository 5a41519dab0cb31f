"""Which server processes take new connections off the port that they share.

A process that has no room leaves new calls to the others, and so does one that is well ahead of them. Where
none has room all take connections: each caller is to hear that the lines are busy, and callbacks go on.
"""

from __future__ import annotations

from collections.abc import Mapping

from .messages import Load

AHEAD = 4
"""So many calls more than the idlest one a process may have: loads are told four times a second, and stopping
and beginning to accept for each call would be of no use."""


def who_accepts(loads: Mapping[int, Load]) -> set[int]:
    """The processes that take new connections, by the key of their loads; if there are any, never none."""
    roomy = {key: load for key, load in loads.items() if load.calls < load.at_most}
    if not roomy:
        return set(loads)
    least = min(load.calls for load in roomy.values())
    return {key for key, load in roomy.items() if load.calls <= least + AHEAD}


def has_room(loads: Mapping[int, Load], besides: int) -> bool:
    """Whether a process other than `besides` has room for a call."""
    return any(load.calls < load.at_most for key, load in loads.items() if key != besides)

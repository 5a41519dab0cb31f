"""The machines of a call: a table for each, and the class that moves along one.

`CALL` is the telephone call's own life; `FLOOR` says who may speak now; `UTTERANCE` is one stretch of the
agent's speech on its way to the ear; `CLOSING` is how our side ends the call; `COLLECTION` is what becomes of
digits that nobody may see. A table maps state → trigger → next state. What is not in it cannot
happen: the type checker refuses a trigger that no table has, and `Machine.step` raises where a state has no
such arrow. Where a fact may come and changes nothing, the arrow leads back to its own state. The
diagrams in docs/how-a-call-flows.md are drawn from here, without those.

    call        ringing ─ connected ─ closing ─ ended. The greeting is already being synthesised while
                ringing; closing begins when our side has nothing left to say and orders the hang-up, or
                when the carrier has agreed to hand the caller over: until then it may refuse.
    floor       `contested` is the short time in which the caller makes a sound while the agent speaks and
                nobody knows yet whether it is a barge-in or a cough. `yielded`: the sound has lasted, and
                the phone was emptied for it; nothing is forgotten before its words are known. That a party
                begins or stops is a fact and may come at any time; the other triggers are decisions.
    utterance   `heard` and `cut` are final: what the transcript and the model's memory keep is settled.
    closing     `planned`: the hang-up or the transfer waits until the goodbye has been heard. `fading`: and
                for a moment more. In both, a caller who takes the floor calls it off. `forced`: nothing the
                caller says changes it, because the call is too long or a provider has failed. The other four
                are ordered, each once. Only a transfer that the carrier refuses leads back.
    collection  `judging`: the digits are complete, and the toolbox looks at them. `judged`: until the answer
                to them, keys are not told. `surplus`: they are answered, but were complete by their length,
                and keys typed right on would be more digits of the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

from ..errors import IllegalStep

State = TypeVar("State", bound=str)
Trigger = TypeVar("Trigger", bound=str)

CallState = Literal["ringing", "connected", "closing", "ended"]
CallTrigger = Literal["stream starts", "we hang up", "line goes"]

CALL: Mapping[CallState, Mapping[CallTrigger, CallState]] = {
    "ringing": {"stream starts": "connected", "we hang up": "closing", "line goes": "ended"},
    "connected": {"we hang up": "closing", "line goes": "ended"},
    "closing": {"we hang up": "closing", "line goes": "ended"},
    "ended": {},
}

FloorState = Literal["nobody", "caller", "agent", "contested", "yielded"]
FloorTrigger = Literal[
    "caller speaks",
    "caller stops",
    "agent speaks",
    "agent stops",
    "caller sounds",
    "sound lasts",
    "false alarm",
    "no interruption",
    "barge-in",
]

FLOOR: Mapping[FloorState, Mapping[FloorTrigger, FloorState]] = {
    "nobody": {
        "caller speaks": "caller",
        "caller stops": "nobody",
        "agent speaks": "agent",
        "agent stops": "nobody",
    },
    "caller": {
        "caller speaks": "caller",
        "caller stops": "nobody",
        "agent speaks": "agent",
        "agent stops": "caller",
    },
    "agent": {
        "caller sounds": "contested",
        "barge-in": "caller",
        "caller speaks": "agent",
        "caller stops": "agent",
        "agent speaks": "agent",
        "agent stops": "nobody",
    },
    "contested": {
        "barge-in": "caller",
        "sound lasts": "yielded",
        "false alarm": "agent",
        "caller speaks": "contested",
        "caller stops": "contested",
        "agent speaks": "contested",
        "agent stops": "caller",
    },
    "yielded": {
        "barge-in": "caller",
        "no interruption": "agent",
        "caller speaks": "yielded",
        "caller stops": "yielded",
        "agent speaks": "yielded",
        "agent stops": "caller",
    },
}

UtteranceState = Literal["queued", "playing", "held", "heard", "cut"]
UtteranceTrigger = Literal[
    "first frame", "hold", "resume", "resume unsent", "last mark", "nothing to say", "cut"
]

UTTERANCE: Mapping[UtteranceState, Mapping[UtteranceTrigger, UtteranceState]] = {
    "queued": {"first frame": "playing", "hold": "held", "cut": "cut", "nothing to say": "heard"},
    "playing": {"hold": "held", "last mark": "heard", "cut": "cut"},
    "held": {"resume": "playing", "resume unsent": "queued", "last mark": "heard", "cut": "cut"},
    "heard": {},
    "cut": {},
}

ClosingState = Literal[
    "unplanned", "planned", "fading", "forced", "transferring", "handed over", "carrier speaks", "hanging up"
]
ClosingTrigger = Literal[
    "plan",
    "force",
    "goodbye over",
    "call off",
    "order transfer",
    "leave to carrier",
    "order hang-up",
    "carrier agrees",
    "carrier refuses",
    "carrier silent",
]

CLOSING: Mapping[ClosingState, Mapping[ClosingTrigger, ClosingState]] = {
    "unplanned": {"plan": "planned", "force": "forced", "order hang-up": "hanging up"},
    "planned": {
        "plan": "planned",
        "force": "forced",
        "goodbye over": "fading",
        "call off": "unplanned",
        "order transfer": "transferring",
        "leave to carrier": "carrier speaks",
        "order hang-up": "hanging up",
    },
    "fading": {
        "plan": "planned",
        "force": "forced",
        "call off": "unplanned",
        "order transfer": "transferring",
        "leave to carrier": "carrier speaks",
        "order hang-up": "hanging up",
    },
    "forced": {
        "force": "forced",
        "goodbye over": "forced",
        "leave to carrier": "carrier speaks",
        "order hang-up": "hanging up",
    },
    "transferring": {
        "carrier agrees": "handed over",
        "carrier refuses": "unplanned",
        "order hang-up": "hanging up",
    },
    "handed over": {},
    "carrier speaks": {"carrier silent": "hanging up"},
    "hanging up": {},
}

CollectionState = Literal["none", "collecting", "judging", "judged", "surplus"]
CollectionTrigger = Literal["ask", "complete", "verdict", "withdraw", "await surplus", "release"]

COLLECTION: Mapping[CollectionState, Mapping[CollectionTrigger, CollectionState]] = {
    "none": {"ask": "collecting"},
    "collecting": {"complete": "judging", "withdraw": "none"},
    "judging": {"verdict": "judged", "withdraw": "none"},
    "judged": {"ask": "collecting", "await surplus": "surplus", "release": "none"},
    "surplus": {"ask": "collecting", "await surplus": "surplus", "release": "none"},
}


class Machine(Generic[State, Trigger]):
    """One state that moves along one table, from the table's first state on."""

    __slots__ = ("_table", "state")

    def __init__(self, table: Mapping[State, Mapping[Trigger, State]]) -> None:
        self._table = table
        self.state = next(iter(table))

    def may(self, trigger: Trigger) -> bool:
        """Whether the table has an arrow for `trigger` from here."""
        return trigger in self._table[self.state]

    def step(self, trigger: Trigger) -> None:
        """Follow the arrow for `trigger`. Raises `IllegalStep` when there is none from here."""
        after = self._table[self.state].get(trigger)
        if after is None:
            raise IllegalStep(self.state, trigger)
        self.state = after

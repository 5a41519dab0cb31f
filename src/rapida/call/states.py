"""The three small machines of a call, as tables and nothing else.

`CALL` is the telephone call's own life; `FLOOR` says who may speak now; `UTTERANCE` is one stretch of the
agent's speech on its way to the ear. A table maps state → trigger → next state; what is not in it cannot
happen. The diagrams in `docs/how-a-call-flows.md` are drawn from here.

    call        ringing ─ connected ─ closing ─ ended. The greeting is already being synthesised while
                ringing; closing begins when our side has nothing left to say and orders the hang-up, or
                when the carrier has agreed to hand the caller over: until then it may refuse.
    floor       `contested` is the short time in which the caller makes a sound while the agent speaks and
                nobody knows yet whether it is a barge-in or a cough. `yielded`: the sound has lasted, and
                the phone was emptied for it; nothing is forgotten before its words are known.
    utterance   `heard` and `cut` are final: what the transcript and the model's memory keep is settled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

CallState = Literal["ringing", "connected", "closing", "ended"]
FloorState = Literal["nobody", "caller", "agent", "contested", "yielded"]
UtteranceState = Literal["queued", "playing", "held", "heard", "cut"]

CALL: Mapping[str, Mapping[str, CallState]] = {
    "ringing": {"stream starts": "connected", "we hang up": "closing", "line goes": "ended"},
    "connected": {"we hang up": "closing", "line goes": "ended"},
    "closing": {"line goes": "ended"},
    "ended": {},
}

FLOOR: Mapping[str, Mapping[str, FloorState]] = {
    "nobody": {"caller speaks": "caller", "agent speaks": "agent"},
    "caller": {"caller stops": "nobody", "agent speaks": "agent"},
    "agent": {"caller sounds": "contested", "barge-in": "caller", "agent stops": "nobody"},
    "contested": {
        "barge-in": "caller",
        "sound lasts": "yielded",
        "false alarm": "agent",
        "agent stops": "caller",
    },
    "yielded": {"barge-in": "caller", "no interruption": "agent", "agent stops": "caller"},
}

UTTERANCE: Mapping[str, Mapping[str, UtteranceState]] = {
    "queued": {"first frame": "playing", "hold": "held", "cut": "cut", "nothing to say": "heard"},
    "playing": {"hold": "held", "last mark": "heard", "cut": "cut"},
    "held": {"resume": "playing", "resume unsent": "queued", "last mark": "heard", "cut": "cut"},
    "heard": {},
    "cut": {},
}

"""Every call ends with nothing lost or doubled, and answers its caller, while everybody does their worst.

In a driven call each order is performed properly; what a caller, a model, a voice and a carrier do is left to
chance.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rapida.assistant import Assistant
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts

from .driven_call import QUESTIONS, DrivenCall, Says, Voices, an_assistant
from .watch import GOODBYE_BOUND_S, MAX_DURATION_S, Peers

SPEECH = ["", "", "yeah", "mm-hm", "stop it", "we are open from", "book a table for two please", "wait"]
SENTENCES = [
    "Fine.",
    "We are open from nine to five on weekdays. At weekends from ten. Anything else?",
    "Well, so it is, and so it has been for many years.",
]
KEYS = ["1", "12", "#", "1234#", "99"]
TROUBLES = ["model fails", "voice fails", "voice stalls", "stt is silent", "no marks"]


class Chance:
    """Everything that is left to chance in one staged call, from one number.

    Hypothesis would rather make its scripts short and plain, and then nothing happens in them.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def one_of(self, *these: Any) -> Any:
        return self._random.choice(these)

    def often(self) -> bool:
        return self._random.random() < 0.7

    def assistant(self, **changes: Any) -> Assistant:
        turn = {
            "barge_in": self.one_of("always", "always", "words", "never"),
            "speculate": self.one_of(True, False),
            "learn_pauses": self.one_of(True, False),
            "start_ms": self.one_of(0, 200, 200),
        }
        greeting = "Welcome to the test line, how can I help you?" if self.often() else ""
        plain = {"greeting": greeting, "max_duration_s": MAX_DURATION_S, "unclear_limit": 1}
        return an_assistant(turn=turn, **{**plain, **changes})

    def abilities(self) -> Abilities:
        direction = "inbound" if self.often() else "outbound"
        interims, turn_end = self.one_of(True, False), not self.often()
        return Abilities(
            direction=direction, interims=interims, turn_end=turn_end, tools={"look": ToolFacts()}
        )

    def says(self) -> Says:
        look, muddle = [("look", "{}")], [("look", "{}"), ("lock", "{")]
        tools = [] if self.often() else self.one_of(look, muddle)
        return Says(
            text=self.one_of(*SENTENCES) if self.often() or not tools else "",
            tools=tools,
            question=None if self.often() else self.one_of(*QUESTIONS),
            after_ms=self.one_of(50, 400, 1500, 4000),
            per_word_ms=self.one_of(0, 10, 200),
        )


class WatchedCall(DrivenCall):
    """A driven call that looks at every order."""

    def __post_init__(self) -> None:
        self.watch: Peers | None = None
        self.voice_on = False
        super().__post_init__()

    def tell(self, event: e.Event) -> None:
        """What the caller does may overlap; the detector, like any, hears one voice."""
        match event:
            case e.VoiceRose() | e.VoiceFell():
                rises = isinstance(event, e.VoiceRose)
                if rises == self.voice_on:
                    return
                self.voice_on = rises
            case _:
                pass
        if self.watch is not None:
            self.watch.saw(event)
        super().tell(event)
        after = self.call.deadline_us
        assert after is None or after > self.now_us

    def perform(self, orders: Any) -> None:
        if self.watch is None:
            self.watch = Peers(self.call)
        self.watch.look(orders)
        super().perform(orders)

    def wait_for(self, moment: str) -> None:
        """Run until the caller has stopped, the model is asked, or its answer is heard next: 5 s at most."""
        kinds = {"stopped": c.FinishTranscription, "asked": c.StartReply, "playing": c.RecordStages}
        if moment not in kinds:
            return
        before, latest = len(self.ordered(kinds[moment])), self.now_ms + 5000
        self.at(latest, lambda: None)
        self.run(until=lambda: self.now_ms >= latest or self.happened(kinds[moment], before))

    def happened(self, kind: type[c.Command], before: int) -> bool:
        return self.end is not None or len(self.ordered(kind)) > before


def staged(chance: Chance, trouble: str = "", **changes: Any) -> WatchedCall:
    """A connected call with one kind of trouble at most."""
    driven = WatchedCall(
        assistant=chance.assistant(**changes),
        abilities=chance.abilities(),
        replies=[chance.says() for _ in range(12)],
        stt_final_ms=chance.one_of(50, 200, 900),
        verdicts=[chance.one_of(True, False, None) for _ in range(20)],
        tool_ms={"look": chance.one_of(50, 800, 4000)},
    )
    if trouble == "model fails":
        driven.replies[chance.one_of(0, 1, 2)] = Says(fails=True)
        driven.replies[5] = Says("So", stalls=True)
    elif trouble == "stt is silent":
        driven.stt = "silent"
    driven.run(300).connect()
    tries: list[str] = []

    def voice(text: str) -> Voices:
        tries.append(text)
        bad = len(tries) % 3 == 0
        return Voices(
            first_ms=chance.one_of(20, 20, 600),
            fails=True if bad and trouble == "voice fails" else None,
            stalls=bad and trouble == "voice stalls",
        )

    driven.voice = voice
    driven.phone.marks_return = trouble != "no marks"
    return driven


def act(driven: WatchedCall, chance: Chance) -> None:
    driven.wait_for(chance.one_of("now", "now", "stopped", "asked", "asked", "playing"))
    driven.run(chance.one_of(0, 30, 150, 300, 700, 1500, 4000))
    if driven.call.state == "ended":
        return
    for_ms = chance.one_of(60, 250, 450, 900, 900, 2500)
    match chance.one_of("speak", "speak", "speak", "speak", "press", "stall", "late words"):
        case "speak":
            driven.caller_says(chance.one_of(*SPEECH), for_ms=for_ms)
        case "press":
            driven.caller_presses(chance.one_of(*KEYS), every_ms=120)
        case "stall":
            driven.stall_sound(for_ms * 2)
        case _:
            ends = driven.position_at(driven.now_ms) - for_ms
            driven.tell(e.TranscriptFinal(chance.one_of(*SPEECH), ends - 400, ends))


seeds = st.integers(0, 2**64 - 1)


@given(seeds)
def test_every_driven_call_ends_with_nothing_lost_or_doubled(seed: int) -> None:
    chance = Chance(seed)
    driven = staged(chance, chance.one_of("", *TROUBLES))
    for _ in range(15):
        act(driven, chance)
    driven.run(int((MAX_DURATION_S + GOODBYE_BOUND_S) * 1000))
    assert driven.watch is not None
    driven.watch.at_the_end()
    assert driven.end is not None


WISH = "this is what I really want"


@given(seeds)
def test_after_anything_a_healthy_call_still_answers_its_caller(seed: int) -> None:
    """Whatever was coughed, typed or interrupted before: the words reach the model, its answer the caller."""
    chance = Chance(seed)
    driven = staged(chance, max_duration_s=600.0, idle={"timeout_s": 30.0})
    for _ in range(chance.one_of(2, 4, 8)):
        act(driven, chance)
    driven.run(4000)
    if driven.call.state != "connected":
        return
    driven.replies = [Says("This is my answer to you.") for _ in range(20)]
    driven.caller_says(WISH, for_ms=1400, interims="")
    driven.run(25_000)
    asked = {reply.turn_id for reply in driven.asked if any(WISH in message.text for message in reply.memory)}
    heard = {order.turn_id for order in driven.ordered(c.RecordEntry) if order.entry.heard}
    assert asked, "the model never heard of it"
    assert heard & asked, "the caller never heard an answer"

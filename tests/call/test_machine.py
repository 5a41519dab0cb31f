"""Whatever happens, in whatever order: no wrong state, nothing lost or doubled, and every call ends.

Two machines. One is a shell without sense: it tells the core events of every kind at any moment, of
operations that run, that are over, or that never were. The other is the stage, where each order is performed
properly while a caller, a model, a voice and a carrier do their worst.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from rapida.assistant import Assistant
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call.call import Call
from rapida.call.desk import Abilities, ToolFacts
from rapida.errors import IllegalEvent

from .stage import Says, Stage, Voices, an_assistant
from .watch import Watch

MAX_DURATION_S = 90.0
GOODBYE_BOUND_S = 60.0
"""More than any goodbye of these tests needs, its provider's deadlines included."""
TEXTS = ["", "yeah", "mm-hm", "stop", "book a table", "are you still there", "no thank you goodbye"]
QUESTIONS = [
    e.Question(),
    e.Question(keys="12", barge_in="never"),
    e.Question(kind="digits", max_digits=4, takes_unclear=True),
    e.Question(kind="digits", max_digits=4, sensitive=True),
    e.Question(silence_ms=300, reprompt="Again?", barge_in="always"),
]

assistants = st.builds(
    lambda greeting, barge_in, speculate, learn, start_ms: an_assistant(
        greeting=greeting,
        max_duration_s=MAX_DURATION_S,
        unclear_limit=1,
        turn={"barge_in": barge_in, "speculate": speculate, "learn_pauses": learn, "start_ms": start_ms},
    ),
    st.sampled_from(["", "Welcome to the test line, how can I help you?"]),
    st.sampled_from(["always", "words", "never"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 200]),
)
abilities = st.builds(
    lambda direction, interims, turn_end: Abilities(
        direction=direction, interims=interims, turn_end=turn_end, tools={"look": ToolFacts()}
    ),
    st.sampled_from(["inbound", "outbound"]),
    st.booleans(),
    st.booleans(),
)
milliseconds = st.one_of(st.integers(0, 300), st.integers(0, 3000), st.integers(0, 15_000))
operations = st.integers(0, 60)
near_ms = st.integers(-2500, 600)
questions = st.sampled_from(QUESTIONS)


class SenselessShell(RuleBasedStateMachine):
    """Tells the core anything at any time."""

    @initialize(assistant=assistants, able=abilities)
    def ring(self, assistant: Assistant, able: Abilities) -> None:
        self.call = Call(assistant, able)
        self.watch = Watch(self.call)
        self.now_us = 0
        self.connected_us: int | None = None
        self.watch.look(self.call.open(0))

    def tell(self, event: e.Event) -> None:
        deadline = self.call.deadline_us
        ended = self.watch.ended
        try:
            orders = self.call.handle(event, self.now_us)
        except IllegalEvent:
            note("illegal")
            return
        if ended:
            assert orders == ()
        self.watch.saw(event)
        self.watch.look(orders)
        after = self.call.deadline_us
        assert after is None or after > self.now_us, f"still due: {deadline} {after} at {self.now_us}"

    def pass_time(self, until_us: int) -> None:
        """Call the core whenever it wants to be called."""
        while (deadline := self.call.deadline_us) is not None and deadline <= until_us:
            self.now_us = max(self.now_us, deadline)
            self.tell(e.TimerDue())
        self.now_us = max(self.now_us, until_us)

    @property
    def position_ms(self) -> int:
        return (self.now_us - (self.connected_us or 0)) // 1000 + 100

    def known(self, operation: int, among: Any) -> int:
        """Mostly an operation that runs; else any number at all."""
        running = sorted(among)
        return running[operation % len(running)] if running and operation % 5 else operation

    @rule(ms=milliseconds)
    def time_passes(self, ms: int) -> None:
        self.pass_time(self.now_us + ms * 1000)

    @rule()
    def connected(self) -> None:
        if self.connected_us is None:
            self.connected_us = self.now_us
        self.tell(e.Connected())

    # Sound

    @rule()
    def sound(self) -> None:
        self.tell(e.SoundReached(self.position_ms))

    @rule(back_ms=st.integers(0, 2000))
    def sound_stalls(self, back_ms: int) -> None:
        self.tell(e.SoundStalled(max(0, self.position_ms - back_ms)))

    @rule(at=near_ms, level=st.sampled_from([-50.0, -25.0]))
    def voice_rises(self, at: int, level: float) -> None:
        self.tell(e.VoiceRose(self.position_ms + at, level))

    @rule(at=near_ms)
    def voice_falls(self, at: int) -> None:
        self.tell(e.VoiceFell(self.position_ms + at))

    @rule(for_ms=st.sampled_from([100, 300, 700, 1500]), text=st.sampled_from(TEXTS))
    def caller_speaks(self, for_ms: int, text: str) -> None:
        """A whole stretch of speech, so that turns come about at all."""
        start_ms = self.position_ms
        self.tell(e.VoiceRose(start_ms))
        for _ in range(for_ms // 100):
            self.pass_time(self.now_us + 100_000)
            self.tell(e.SoundReached(self.position_ms))
        self.tell(e.VoiceFell(self.position_ms))
        self.tell(e.TranscriptFinal(text, start_ms, self.position_ms))
        for _ in range(5):
            self.pass_time(self.now_us + 200_000)
            self.tell(e.SoundReached(self.position_ms))

    @rule(key=st.sampled_from([*"0123456789*#", "digit#1", "digit#2", "terminator"]))
    def key(self, key: str) -> None:
        self.tell(e.KeyPressed(key))

    @rule(text=st.sampled_from(TEXTS), at=near_ms, for_ms=st.integers(0, 2000), final=st.booleans())
    def transcript(self, text: str, at: int, for_ms: int, final: bool) -> None:
        start_ms = self.position_ms + at
        kind = e.TranscriptFinal if final else e.TranscriptChanged
        self.tell(kind(text, start_ms, start_ms + for_ms))

    @rule(operation=operations, refused=st.booleans())
    def transcription_over(self, operation: int, refused: bool) -> None:
        kind = e.TranscriptionRefused if refused else e.TranscriptionFinished
        self.tell(kind(self.known(operation, self.watch.started)))

    @rule(operation=operations, complete=st.booleans())
    def turn_end_judged(self, operation: int, complete: bool) -> None:
        self.tell(e.TurnEndJudged(self.known(operation, self.watch.started), complete))

    @rule(operation=operations, valid=st.booleans())
    def digits_judged(self, operation: int, valid: bool) -> None:
        self.tell(e.DigitsJudged(self.known(operation, self.watch.judged), valid))

    # The model and its tools

    @rule(
        operation=operations,
        text=st.sampled_from(["Well. ", "So it is", "We are open from nine to five. And "]),
    )
    def reply_goes_on(self, operation: int, text: str) -> None:
        self.tell(e.ReplyDelta(self.known(operation, self.watch.replies), text))

    @rule(
        operation=operations,
        name=st.sampled_from(["look", "look", "lock", "end_call", "transfer_call"]),
        arguments=st.sampled_from(["{}", "", "{", '{"to": "+1415"}']),
    )
    def tool_called(self, operation: int, name: str, arguments: str) -> None:
        self.tell(e.ToolCalled(self.known(operation, self.watch.replies), f"t{operation}", name, arguments))

    @rule(operation=operations, question=questions)
    def question_asked(self, operation: int, question: e.Question) -> None:
        self.tell(e.QuestionAsked(self.known(operation, self.watch.replies), question))

    @rule(operation=operations)
    def reply_ends(self, operation: int) -> None:
        self.tell(e.ReplyEnded(self.known(operation, self.watch.replies)))

    @rule(operation=operations, retryable=st.booleans())
    def reply_fails(self, operation: int, retryable: bool) -> None:
        self.tell(e.ReplyFailed(self.known(operation, self.watch.replies), "it failed", retryable))

    @rule(operation=operations)
    def tool_finishes(self, operation: int) -> None:
        self.tell(e.ToolFinished(self.known(operation, self.watch.started), "fine"))

    # The voice and the wire

    @rule(operation=operations)
    def synthesis_begins(self, operation: int) -> None:
        self.tell(e.SynthesisBegan(self.known(operation, self.watch.segments)))

    @rule(operation=operations)
    def synthesis_goes_on(self, operation: int) -> None:
        self.tell(e.SynthesisProgressed(self.known(operation, self.watch.segments)))

    @rule(operation=operations, duration_ms=st.sampled_from([0, 80, 1500]))
    def synthesis_ends(self, operation: int, duration_ms: int) -> None:
        self.tell(e.SynthesisEnded(self.known(operation, self.watch.segments), duration_ms))

    @rule(operation=operations, retryable=st.booleans())
    def synthesis_fails(self, operation: int, retryable: bool) -> None:
        self.tell(e.SynthesisFailed(self.known(operation, self.watch.segments), "it failed", retryable))

    @rule(operation=operations, sent_ms=st.integers(0, 3000), lead_ms=st.integers(0, 300))
    def sound_is_sent(self, operation: int, sent_ms: int, lead_ms: int) -> None:
        utterances = {*self.watch.segments.values(), *self.watch.finished}
        self.tell(e.SoundSent(self.known(operation, utterances), sent_ms, self.now_us + lead_ms * 1000))

    @rule(operation=operations, position_ms=st.integers(0, 3000), old=st.booleans())
    def mark_returns(self, operation: int, position_ms: int, old: bool) -> None:
        utterances = {*self.watch.segments.values(), *self.watch.finished}
        generation = self.watch.generation - (1 if old else 0)
        self.tell(e.MarkReturned(generation, self.known(operation, utterances), position_ms))

    @rule()
    def the_queue_is_heard(self) -> None:
        """Everything is synthesised, sent and heard, so that the agent's turns come to an end."""
        for segment in sorted(self.watch.segments):
            self.tell(e.SynthesisBegan(segment))
            self.tell(e.SynthesisEnded(segment, 500))
        for utterance in sorted(self.watch.finished):
            self.tell(e.SoundSent(utterance, 10_000, self.now_us))
            self.tell(e.MarkReturned(self.watch.generation, utterance, 10_000))

    # The end

    @precondition(lambda self: self.now_us > 20_000_000)
    @rule(
        event=st.sampled_from(
            [
                e.CarrierStopped(),
                e.CarrierClosed(1006),
                e.StatusReported("completed"),
                e.StatusReported("busy"),
                e.HangUpRequested("operator"),
                e.HangUpRequested("drain"),
                e.ShellFailed("somewhere"),
                e.TranscriptionFailed("gone"),
            ]
        )
    )
    def something_ends_it(self, event: e.Event) -> None:
        self.tell(event)

    def teardown(self) -> None:
        if not hasattr(self, "call"):
            return
        if self.call.state == "ringing":
            self.connected()
        limit_us = max(self.now_us, self.connected_us or 0) + int(
            (MAX_DURATION_S + GOODBYE_BOUND_S) * 1_000_000
        )
        self.pass_time(limit_us)
        self.watch.at_the_end()


TestSenselessShell = SenselessShell.TestCase
TestSenselessShell.settings = settings(stateful_step_count=60)


# The stage --------------------------------------------------------------------------------------------------

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


class WatchedStage(Stage):
    """A stage that looks at every order."""

    def __post_init__(self) -> None:
        self.watch: Watch | None = None
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
            self.watch = Watch(self.call)
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


def staged(chance: Chance, trouble: str = "", **changes: Any) -> WatchedStage:
    """A connected call with one kind of trouble at most."""
    stage = WatchedStage(
        assistant=chance.assistant(**changes),
        abilities=chance.abilities(),
        replies=[chance.says() for _ in range(12)],
        stt_final_ms=chance.one_of(50, 200, 900),
        verdicts=[chance.one_of(True, False, None) for _ in range(20)],
        tool_ms={"look": chance.one_of(50, 800, 4000)},
    )
    if trouble == "model fails":
        stage.replies[chance.one_of(0, 1, 2)] = Says(fails=True)
        stage.replies[5] = Says("So", stalls=True)
    elif trouble == "stt is silent":
        stage.stt = "silent"
    stage.run(300).connect()
    tries: list[str] = []

    def voice(text: str) -> Voices:
        tries.append(text)
        bad = len(tries) % 3 == 0
        return Voices(
            first_ms=chance.one_of(20, 20, 600),
            fails=True if bad and trouble == "voice fails" else None,
            stalls=bad and trouble == "voice stalls",
        )

    stage.voice = voice
    stage.mouth.marks_return = trouble != "no marks"
    return stage


def act(stage: WatchedStage, chance: Chance) -> None:
    stage.wait_for(chance.one_of("now", "now", "stopped", "asked", "asked", "playing"))
    stage.run(chance.one_of(0, 30, 150, 300, 700, 1500, 4000))
    if stage.call.state == "ended":
        return
    for_ms = chance.one_of(60, 250, 450, 900, 900, 2500)
    match chance.one_of("speak", "speak", "speak", "speak", "press", "stall", "late words"):
        case "speak":
            stage.caller_says(chance.one_of(*SPEECH), for_ms=for_ms)
        case "press":
            stage.caller_presses(chance.one_of(*KEYS), every_ms=120)
        case "stall":
            stage.stall_sound(for_ms * 2)
        case _:
            ends = stage.position_at(stage.now_ms) - for_ms
            stage.tell(e.TranscriptFinal(chance.one_of(*SPEECH), ends - 400, ends))


seeds = st.integers(0, 2**64 - 1)


@given(seeds)
def test_every_staged_call_ends_with_nothing_lost_or_doubled(seed: int) -> None:
    chance = Chance(seed)
    stage = staged(chance, chance.one_of("", *TROUBLES))
    for _ in range(15):
        act(stage, chance)
    stage.run(int((MAX_DURATION_S + GOODBYE_BOUND_S) * 1000))
    assert stage.watch is not None
    stage.watch.at_the_end()
    assert stage.end is not None


WISH = "this is what I really want"


@given(seeds)
def test_after_anything_a_healthy_call_still_answers_its_caller(seed: int) -> None:
    """Whatever was coughed, typed or interrupted before: the words reach the model, its answer the caller."""
    chance = Chance(seed)
    stage = staged(chance, max_duration_s=600.0, idle={"timeout_s": 30.0})
    for _ in range(chance.one_of(2, 4, 8)):
        act(stage, chance)
    stage.run(4000)
    if stage.call.state != "connected":
        return
    stage.replies = [Says("This is my answer to you.") for _ in range(20)]
    stage.caller_says(WISH, for_ms=1400, interims="")
    stage.run(25_000)
    asked = {reply.turn_id for reply in stage.asked if any(WISH in message.text for message in reply.memory)}
    heard = {order.turn_id for order in stage.ordered(c.RecordEntry) if order.entry.heard}
    assert asked, "the model never heard of it"
    assert heard & asked, "the caller never heard an answer"

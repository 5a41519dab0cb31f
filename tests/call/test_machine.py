"""Whatever happens, in whatever order: no wrong state, nothing lost or doubled, and every call ends.

A shell without sense tells the core events of every kind at any moment, of operations that run, that are
over, or that never were.
"""

from __future__ import annotations

from typing import Any

from hypothesis import event as note
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from rapida.assistant import Assistant
from rapida.call import events as e
from rapida.call.abilities import Abilities, ToolFacts
from rapida.call.call import Call
from rapida.errors import IllegalEvent

from .driven_call import QUESTIONS, an_assistant
from .watch import GOODBYE_BOUND_S, MAX_DURATION_S, Peers

TEXTS = [
    "",
    "yeah",
    "mm-hm",
    "okay, right",
    "stop",
    "book a table",
    "are you still there",
    "no thank you goodbye",
]

assistants = st.builds(
    lambda greeting, barge_in, speculate, learn, start_ms, hesitation_ms: an_assistant(
        greeting=greeting,
        max_duration_s=MAX_DURATION_S,
        unclear_limit=1,
        turn={
            "barge_in": barge_in,
            "speculate": speculate,
            "learn_pauses": learn,
            "start_ms": start_ms,
            "hesitation_ms": hesitation_ms,
        },
    ),
    st.sampled_from(["", "Welcome to the test line, how can I help you?"]),
    st.sampled_from(["always", "words", "never"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 200]),
    st.sampled_from([0, 250]),
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
SENSITIVE = next(question for question in QUESTIONS if question.sensitive)


class Telling(RuleBasedStateMachine):
    """Time passes, the call is connected, and the core is told something."""

    @initialize(assistant=assistants, able=abilities)
    def ring(self, assistant: Assistant, able: Abilities) -> None:
        self.call = Call(assistant, able)
        self.watch = Peers(self.call)
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


class CallerWithoutSense(Telling):
    """Sound, words and keys of any kind at any time."""

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

    @rule(text=st.sampled_from(TEXTS[1:]))
    def caller_writes(self, text: str) -> None:
        self.tell(e.CallerWrote(text))

    @rule(for_ms=st.sampled_from([100, 300, 700, 1500, 5000]), text=st.sampled_from(TEXTS))
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

    @rule(verdicts=st.lists(st.booleans(), max_size=3))
    def number_is_asked_for(self, verdicts: list[bool]) -> None:
        """Digits nobody may see are asked for, typed, judged, and typed again, as a toolbox tells them."""
        self.caller_speaks(700, "book a table")
        for reply in sorted(self.watch.replies):
            self.tell(e.QuestionAsked(reply, SENSITIVE))
            self.tell(e.ReplyEnded(reply))
        for valid in [*verdicts, None]:
            for nth, digit in enumerate("4111", start=1):
                self.tell(e.KeyPressed(f"digit#{nth}" if self.watch.collections else digit))
            if valid is None:
                continue
            for collection in sorted(self.watch.judged):
                self.tell(e.DigitsJudged(collection, valid))

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


class ProvidersWithoutSense(Telling):
    """What the model, its tools, the voice and the wire tell, at any time."""

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

    @rule(
        operation=operations,
        position_ms=st.integers(0, 3000),
        old=st.booleans(),
        sent_ms=st.sampled_from([0, 0, 1000]),
    )
    def mark_returns(self, operation: int, position_ms: int, old: bool, sent_ms: int) -> None:
        utterances = {*self.watch.segments.values(), *self.watch.finished}
        generation = self.watch.generation - (1 if old else 0)
        utterance = self.known(operation, utterances)
        self.tell(e.MarkReturned(generation, utterance, position_ms, sent_ms, self.now_us))

    @rule()
    def the_queue_is_heard(self) -> None:
        """Everything is synthesised, sent and heard, so that the agent's turns come to an end."""
        for segment in sorted(self.watch.segments):
            self.tell(e.SynthesisBegan(segment))
            self.tell(e.SynthesisEnded(segment, 500))
        for utterance in sorted(self.watch.finished):
            self.tell(e.SoundSent(utterance, 10_000, self.now_us))
            self.tell(e.MarkReturned(self.watch.generation, utterance, 10_000))


class SenselessShell(CallerWithoutSense, ProvidersWithoutSense):
    """Tells the core anything at any time."""

    @rule(event=st.sampled_from([e.TransferAccepted(), e.TransferFailed("refused")]))
    def transfer_is_answered(self, event: e.Event) -> None:
        self.tell(event)

    @rule()
    def carrier_does_not_speak(self) -> None:
        self.tell(e.CarrierSilent("no such call"))

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


TestSenselessShell = SenselessShell.TestCase
TestSenselessShell.settings = settings(stateful_step_count=60)

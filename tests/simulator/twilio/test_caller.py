"""The caller performs its script on a clock turned by hand, frame by frame."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from rapida.errors import ProviderUnavailable
from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.caller import Began, Caller, Cue, Press, PutDown
from rapida.simulator.twilio.loudness import AgentSounding
from rapida.simulator.twilio.script import AfterAgent, At, Wait, WhileAgent

WORDS = sounds.tone(300, 400)
AGENT = sounds.noise(20, dbfs=-20, seed=2)
QUIET = b"\xff" * 160


class DrivenCaller:
    """Twenty milliseconds at a time: the agent sounds or not, the caller acts; `acts` keeps (ms, act)."""

    def __init__(self, *cues: Cue, **options: Any) -> None:
        self.caller = Caller(cues, **options)
        self.ear = AgentSounding()
        self.acts: list[tuple[int, object]] = []
        self.spoken = b""
        self.ms = 0

    def goes_on(self, ms: int, *, agent: bool = False, idle: bool | None = None) -> DrivenCaller:
        for _ in range(ms // 20):
            self.ear.hear(AGENT if agent else QUIET)
            self.ms += 20
            acts = self.caller.step(self.ms / 1000, self.ear, agent_idle=not agent if idle is None else idle)
            self.acts += [(self.ms, act) for act in acts]
            self.spoken += self.caller.sound(160)
        return self

    def began(self) -> list[tuple[int, str]]:
        return [(ms, act.label) for ms, act in self.acts if isinstance(act, Began)]


def test_a_step_at_a_time_begins_with_that_frame_and_is_said_whole() -> None:
    driven = DrivenCaller(Cue(At(0.5), "hello", WORDS)).goes_on(1500)
    assert driven.began() == [(500, "hello")]
    assert driven.spoken[480 * 8 : 880 * 8] == WORDS
    assert driven.spoken.count(b"\xff" * 3200) > 0
    assert [(said.label, round(said.starts_s, 2), round(said.ends_s, 2)) for said in driven.caller.said] == [
        ("hello", 0.5, 0.9)
    ]


def test_after_the_agent_means_after_its_sound_and_the_silence() -> None:
    driven = (
        DrivenCaller(Cue(AfterAgent(700), "hello", WORDS))
        .goes_on(1000)
        .goes_on(2000, agent=True)
        .goes_on(2000)
    )
    assert driven.began() == [(3700, "hello")]


def test_a_pause_between_two_sentences_is_not_the_agents_end() -> None:
    driven = DrivenCaller(Cue(AfterAgent(700), "hello", WORDS))
    driven.goes_on(1000, agent=True).goes_on(600).goes_on(1000, agent=True).goes_on(1000)
    assert driven.began() == [(3300, "hello")]


def test_a_step_waits_for_its_sound_that_is_still_being_made() -> None:
    making = Future[bytes]()
    driven = DrivenCaller(Cue(At(0.5), "hello", making)).goes_on(1000)
    assert driven.began() == []
    making.set_result(WORDS)
    driven.goes_on(1000)
    assert driven.began() == [(1020, "hello")]
    assert WORDS in bytes(driven.spoken)


def test_a_caller_whose_voice_fails_in_mid_call_hangs_up_and_says_why() -> None:
    making = Future[bytes]()
    driven = DrivenCaller(Cue(At(0.2), "cough", WORDS), Cue(Wait(0.5), 'say "Hello"', making)).goes_on(2000)
    making.set_exception(ProviderUnavailable("hibari", "its process ended"))
    driven.goes_on(100)
    [(_, gone)] = [act for act in driven.acts if isinstance(act[1], PutDown)]
    assert isinstance(gone, PutDown)
    assert gone.problem.startswith('the caller\'s voice failed, which was to say "Hello": ')
    assert "its process ended" in gone.problem
    assert driven.caller.unfinished == 'say "Hello"'


def test_a_pending_mark_holds_the_caller_back() -> None:
    driven = DrivenCaller(Cue(AfterAgent(300), "hello", WORDS))
    driven.goes_on(1000, agent=True).goes_on(1000, idle=False).goes_on(100)
    assert driven.began() == [(2020, "hello")]


def test_the_next_step_waits_for_the_agents_next_answer() -> None:
    driven = DrivenCaller(Cue(AfterAgent(300), "one", WORDS), Cue(AfterAgent(300), "two", WORDS))
    driven.goes_on(1000, agent=True).goes_on(3000)
    assert driven.began() == [(1300, "one")]
    driven.goes_on(500, agent=True).goes_on(500)
    assert driven.began()[1] == (4800, "two")


def test_the_lead_that_plays_out_after_a_barge_in_is_no_answer() -> None:
    driven = DrivenCaller(Cue(WhileAgent(500), "stop", WORDS), Cue(AfterAgent(300), "next", WORDS))
    driven.goes_on(500 + 400 + 300, agent=True).goes_on(2000)
    assert driven.began() == [(500, "stop")]


def test_after_a_cough_the_rest_of_the_sentence_is_waited_for() -> None:
    driven = DrivenCaller(Cue(WhileAgent(500), "cough", sounds.cough()), Cue(AfterAgent(300), "next", WORDS))
    driven.goes_on(3000, agent=True).goes_on(1000)
    assert driven.began() == [(500, "cough"), (3300, "next")]


def test_while_the_agent_speaks_means_so_long_after_it_began_and_still_sounding() -> None:
    driven = DrivenCaller(Cue(WhileAgent(500), "wait", WORDS))
    driven.goes_on(1000).goes_on(300, agent=True).goes_on(1000).goes_on(800, agent=True)
    assert driven.began() == [(2300 + 500, "wait")]


def test_keys_are_pressed_at_their_interval_and_w_waits() -> None:
    driven = DrivenCaller(Cue(At(0.1), "keys", keys="1w2#", key_interval_s=0.2)).goes_on(2000)
    pressed = [(ms, act.digit) for ms, act in driven.acts if isinstance(act, Press)]
    assert pressed == [(100, "1"), (800, "2"), (1000, "#")]
    assert driven.spoken == b"\xff" * len(driven.spoken)


def test_waiting_counts_from_the_end_of_the_step_before() -> None:
    driven = DrivenCaller(Cue(At(0.2), "one", WORDS), Cue(Wait(0.5), "two", WORDS)).goes_on(2000)
    assert driven.began() == [(200, "one"), (1100, "two")]


def test_hanging_up_is_the_last_thing_done() -> None:
    driven = DrivenCaller(Cue(Wait(0.1), "hang up", hang_up=True), Cue(Wait(), "more", WORDS)).goes_on(1000)
    assert driven.acts[-1] == (100, PutDown())


def test_an_agent_that_never_speaks_exhausts_the_patience_and_the_step_is_named() -> None:
    driven = DrivenCaller(Cue(AfterAgent(), "hello", WORDS, patience_s=2.0)).goes_on(3000)
    assert driven.acts == [(2020, PutDown("heard nothing for 2 s, waiting to do: hello"))]


def test_an_agent_that_speaks_for_long_exhausts_no_patience() -> None:
    driven = (
        DrivenCaller(Cue(AfterAgent(300), "hello", WORDS, patience_s=2.0))
        .goes_on(6000, agent=True)
        .goes_on(500)
    )
    assert driven.began() == [(6300, "hello")]


def test_a_long_wait_is_no_impatience() -> None:
    driven = DrivenCaller(Cue(Wait(5.0), "hello", WORDS, patience_s=2.0)).goes_on(6000)
    assert driven.began() == [(5000, "hello")]


def test_the_limit_of_the_script_ends_the_call_with_a_reason() -> None:
    driven = DrivenCaller(limit_s=3.0).goes_on(4000)
    (ms, act), *rest = driven.acts
    assert ms == 3000
    assert isinstance(act, PutDown)
    assert "3 s, the script's limit" in act.problem
    assert rest == []


def test_unfinished_names_the_step_that_was_still_to_come_and_forgives_a_hang_up() -> None:
    cues = (Cue(At(0.1), "one", WORDS), Cue(At(1.0), "two", WORDS), Cue(At(9.0), "hang up", hang_up=True))
    driven = DrivenCaller(*cues).goes_on(300)
    assert driven.caller.unfinished == "one"
    assert driven.goes_on(400).caller.unfinished == "two"
    assert driven.goes_on(1000).caller.unfinished == ""


def test_the_surroundings_noise_runs_on_under_everything_unsaid() -> None:
    noise = sounds.noise(50, dbfs=-50)
    driven = DrivenCaller(Cue(At(0.1), "one", WORDS), noise=noise).goes_on(1000)
    assert driven.spoken[: 80 * 8] == (noise * 2)[: 80 * 8]
    assert b"\xff" * 80 not in driven.spoken

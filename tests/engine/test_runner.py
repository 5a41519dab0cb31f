"""The shell: one inbox, one group of tasks, and a call that ends exactly once whatever breaks."""

from pathlib import Path

import numpy as np
import pytest

from rapida.assistant import Idle, Provider
from rapida.audio import wav
from rapida.call import events as e
from rapida.call import happenings as h
from rapida.errors import ProviderUnavailable
from rapida.llm.flow.brain import Flow, FlowOptions
from rapida.llm.scripted import ScriptedReply
from rapida.replay import replay
from rapida.telemetry.journal import read
from rapida.tts.tone import Tone
from rapida.turn_end.base import TurnEndVerdict
from tests.engine.whole_call import Judge, WholeCall, loud


async def test_a_whole_call_is_greeted_answered_and_ended_by_the_caller() -> None:
    async with WholeCall(["We open at nine."], hears=["when do you open"]) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        await call.until_heard("We open")
        call.phone.hangs_up()
        outcome = await call.outcome()
    assert outcome.reason == "caller_hangup"
    assert [(entry.speaker, entry.text) for _, entry, _ in outcome.lines.values()] == [
        ("agent", "Welcome, how can I help?"),
        ("caller", "when do you open"),
        ("agent", "We open at nine."),
    ]
    times = [line.at_us for line in outcome.lines.values()]
    assert (times, len(outcome.stages)) == (sorted(times), 1)
    assert call.stt.fed > 8000, "the transcriber was fed the caller's sound"


async def test_every_stage_of_a_turn_sums_to_the_whole_on_the_real_engine() -> None:
    async with WholeCall(["We open at nine."], hears=["when do you open"]) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        await call.until_heard("We open")
        (stages,) = call.runner.outcome.stages.values()
    parts = [
        getattr(stages, name) for name in stages.__struct_fields__ if name not in ("total_us", "saved_us")
    ]
    assert sum(parts) == stages.total_us > 700_000


async def test_the_ear_gets_exactly_the_bytes_the_voice_made() -> None:
    async with WholeCall() as call:
        await call.until_heard("Welcome")
        voice = Tone(Tone.Options(ms_per_character=20))
        await voice.start()
        made = b"".join([sound.ulaw async for sound in voice.synthesize("Welcome, how can I help?")])
        assert call.phone.heard == made


async def test_a_barge_in_cuts_the_sound_and_the_transcript_at_the_same_word() -> None:
    long = "This is a very long answer that goes on and on until somebody stops it at last."
    async with WholeCall([long, "As you wish."], hears=["tell me", "stop it please"]) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        await call.run(
            5000, until=lambda: len(call.phone.heard) > len("Welcome, how can I help?") * 160 + 4000
        )
        call.caller_makes_a_sound(900)
        await call.until_heard("As you wish")
        cut = next(line for line in call.lines("agent") if line.cut)
    assert cut.text == long
    assert long.startswith(cut.heard)
    assert cut.heard
    answer_bytes = len("As you wish.") * 160
    heard_ms = (len(call.phone.heard) - answer_bytes) // 8 - len("Welcome, how can I help?") * 20
    words_end_ms = len(cut.heard) * 20
    assert words_end_ms <= heard_ms < words_end_ms + 20 * 12


async def test_what_was_heard_in_passing_is_told_before_what_happens_next(tmp_path: Path) -> None:
    long = "This is a very long greeting that goes on and on until somebody stops it at last."
    file = tmp_path / "7.jsonl"
    async with WholeCall(hears=["stop it please"], greeting=long, journal=file) as call:
        await call.run(930)
        call.caller_makes_a_sound(900)
        await call.run(3000)
    told = list(read(file).events)
    rose = next(at for at, (_, event) in enumerate(told) if isinstance(event, e.VoiceRose))
    (mark_us, mark), (rose_us, _) = told[rose - 1], told[rose]
    assert isinstance(mark, e.MarkReturned)
    assert mark_us == rose_us
    assert mark_us - 200_000 <= mark.at_us < mark_us, "told late, with the time at which it came"
    marks = [event for _, event in told[:rose] if isinstance(event, e.MarkReturned)]
    assert [each.position_ms for each in marks[:-1]] == [40]


async def test_a_cough_neither_repeats_nor_loses_a_byte() -> None:
    async with WholeCall(
        greeting="A greeting that is long enough for somebody to cough in the middle."
    ) as call:
        await call.run(700)
        call.caller_makes_a_sound(300)
        await call.until_heard("A greeting")
        voice = Tone(Tone.Options(ms_per_character=20))
        await voice.start()
        made = b"".join([sound.ulaw async for sound in voice.synthesize(call.assistant.greeting)])
    assert call.phone.heard == made


async def test_a_goodbye_is_heard_to_its_end_before_the_line_is_closed() -> None:
    reply = ScriptedReply("Goodbye then.", tool="end_call")
    async with WholeCall([reply], hears=["bye"]) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(600)
        outcome = await call.outcome()
    assert outcome.reason == "agent_hangup"
    assert len(call.phone.heard) == len("Welcome, how can I help?Goodbye then.") * 160


PIN = """
start: pin
failed: bye
states:
  pin:
    ask: {slot: pin, kind: digits, question: "Your PIN.", min_digits: 4, max_digits: 4, sensitive: true}
    next: more
  more:
    ask: {slot: more, kind: yes_no, question: "Thank you. Anything else?"}
    next: bye
  bye: {say: "Goodbye.", end: true}
"""


async def test_until_a_judged_number_is_answered_the_caller_is_not_recorded(tmp_path: Path) -> None:
    file = tmp_path / "7.wav"
    brain = Flow(FlowOptions(script=PIN)).brain("", {})
    async with WholeCall(brain=brain, recording=file, greeting="", hears=["no"]) as call:
        await call.until_heard("Your PIN.")
        pressed_ms = call.clock.now_us() // 1000
        call.phone.presses("1234")
        call.caller_makes_a_sound(100)  # as long as a key's tone: one more, in vain
        await call.until_heard("Anything else?")
        answered_ms = call.clock.now_us() // 1000
        await call.run(5000)
        call.caller_makes_a_sound(700)
        outcome = await call.outcome()
        assert call.runner.recorder is not None
        await call.runner.recorder.finished()
    left, right = np.frombuffer(wav.read(file.read_bytes()).data, "<i2").reshape(-1, 2).T
    assert outcome.reason == "agent_hangup"
    assert not left[: answered_ms * 8].any()
    assert left[answered_ms * 8 :].any(), "later the caller is recorded again"
    assert right[pressed_ms * 8 : answered_ms * 8].any(), "what the agent said to it is recorded"


class Undecided(Judge):
    """A turn-end model that has failed."""

    async def complete(self, ulaw: bytes) -> bool:
        raise ProviderUnavailable("judge", "it is away")


async def test_a_turn_end_model_that_fails_is_told_of_and_the_caller_is_answered_all_the_same() -> None:
    call = WholeCall(["Fine."], hears=["hello there"], judge=Undecided(), turn_end=Provider("judge"))
    async with call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        await call.until_heard("Fine.")
        assert h.ProviderFailed("turn_end", "judge: it is away", "judge", retryable=True) in call.happened
    assert call.counted.failures == [("turn_end", "judge")]


async def test_a_turn_end_model_is_given_the_sound_up_to_the_end_of_speech() -> None:
    judge = Judge()
    call = WholeCall(["Fine."], hears=["hello there"], judge=judge, turn_end=Provider("judge"))
    async with call:
        await call.until_heard("Welcome")
        await call.run(3000)
        call.caller_makes_a_sound(800)
        await call.until_heard("Fine.")
    (sound,) = judge.judged
    assert len(sound) == judge.window_ms * 8
    assert sound.endswith(loud(600)), "it ends where the voice ends, give or take the detector's own slowness"


class Reader:
    """A turn-end model that keeps what it was given to read."""

    def __init__(self, verdict: TurnEndVerdict | None) -> None:
        self.was_read: list[tuple[str, str]] = []
        self._verdict = verdict

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def read(self, text: str, question: e.Question, language: str) -> TurnEndVerdict | None:
        self.was_read.append((text, language))
        return self._verdict


@pytest.mark.parametrize("verdict", [None, TurnEndVerdict(complete=True, pause_ms=400)])
async def test_a_model_that_reads_is_given_the_words_as_soon_as_they_are_known(
    verdict: TurnEndVerdict | None, tmp_path: Path
) -> None:
    reader, file = Reader(verdict), tmp_path / "7.jsonl"
    call = WholeCall(
        ["Fine."], hears=["hello there"], judge=reader, turn_end=Provider("reader"), journal=file
    )
    async with call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        await call.until_heard("Fine.")
        call.runner.on_stop()
        await call.outcome()
    assert reader.was_read == [("hello there", "en-US")]
    assert replay(read(file)).difference is None, "the verdict is an event of the journal"


async def test_idle_prompts_come_one_by_one_and_then_the_goodbye() -> None:
    async with WholeCall() as call:
        outcome = await call.outcome(120_000)
    assert outcome.reason == "idle"
    assert [line.text for line in call.lines("agent")] == [
        "Welcome, how can I help?",
        *call.assistant.idle.prompts,
        call.assistant.idle.goodbye,
    ]


async def test_a_call_that_is_too_long_is_warned_and_ended() -> None:
    async with WholeCall(max_duration_s=20.0, warning_before_s=10.0, idle=Idle(timeout_s=60.0)) as call:
        outcome = await call.outcome(120_000)
    assert outcome.reason == "max_duration"
    assert call.assistant.warning_message in [line.text for line in call.lines("agent")]


async def test_a_lost_socket_has_a_reason_of_its_own() -> None:
    async with WholeCall() as call:
        await call.until_heard("Welcome")
        call.phone.drops()
        outcome = await call.outcome()
    assert outcome.reason == "stream_lost"

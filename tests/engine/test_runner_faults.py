"""A call whose parts break: what it costs, and what is kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from rapida.assistant import Provider
from rapida.call import commands as c
from rapida.call import events as e
from rapida.call import happenings as h
from rapida.call.events import TranscriptionFailed
from rapida.engine import runner
from rapida.errors import ProviderUnavailable
from rapida.llm.base import BrainEvent, ReplyRequest
from rapida.replay import Replayed, replay
from rapida.telemetry.journal import read
from rapida.tts.base import Sound
from rapida.tts.tone import Tone
from tests.engine.whole_call import BrokenVoice, Dictation, Judge, WholeCall


class Stumbling(BrokenVoice):
    """A voice that fails once, at the sentence with a certain word in it."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        async for sound in self._good.synthesize(text):
            if self._word in text:
                self._word = "never again"
                raise ProviderUnavailable("voice", "it stumbled")
            yield sound


@pytest.mark.parametrize("word", ["One", "Two", "Three"])
async def test_a_sentence_whose_voice_stumbled_is_spoken_again_in_its_place(word: str) -> None:
    reply = "One is the first. Two is the second. Three is the third."
    async with WholeCall([reply], hears=["count for me"], voice=Stumbling(word)) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        await call.until_heard("Three")
        voice = Tone(Tone.Options(ms_per_character=20))
        await voice.start()
        sentences = (
            "Welcome, how can I help?",
            "One is the first.",
            "Two is the second.",
            "Three is the third.",
        )
        made = [sound.ulaw for text in sentences async for sound in voice.synthesize(text)]
    assert call.phone.heard == b"".join(made)
    assert call.counted.failures == [("tts", "voice")]


class BuggyVoice(BrokenVoice):
    """A voice with a bug of ours in it."""

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        raise KeyError("oops")
        yield


class BuggyBrain:
    """A brain with a bug of ours in it, behind what it says the first time."""

    may_transfer = True
    follows_up = False
    opens = False
    missing = ()
    answers = ()

    def __init__(self, *first: BrainEvent) -> None:
        self._first = list(first)
        self.broken = False

    async def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        if not self._first:
            self.broken = True
            raise KeyError("oops")
        while self._first:
            yield self._first.pop(0)


def ends(call: WholeCall) -> list[c.EndCall]:
    """What the watchers were told of the call's end."""
    return [seen.what for seen in call.seen if isinstance(seen.what, c.EndCall)]


async def test_a_bug_ends_only_its_own_call_once_as_an_internal_error() -> None:
    async with WholeCall(voice=BuggyVoice()) as call:
        outcome = await call.outcome()
    assert outcome.reason == "internal_error"
    assert ends(call) == [c.EndCall("internal_error")]
    assert isinstance(call.seen[-1].what, c.EndCall)


async def test_what_was_heard_before_a_bug_is_kept() -> None:
    async with WholeCall(hears=["hello"], brain=BuggyBrain()) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        outcome = await call.outcome()
    assert (outcome.reason, ends(call)) == ("internal_error", [c.EndCall("internal_error")])
    assert [entry.text for _, entry, _ in outcome.lines.values()] == ["Welcome, how can I help?", "hello"]


class FailingEar(Dictation):
    """An ear that fails for good once it has no line left, and says so in the log as well."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(lines)
        self.failing = asyncio.Event()

    def finish(self, request: c.FinishTranscription) -> None:
        if self.lines:
            super().finish(request)
        else:
            self.failing.set()

    async def run(self) -> None:
        await self.failing.wait()
        structlog.get_logger("rapida.test").warning("ear lost")
        self.emit(TranscriptionFailed("gone"))


async def test_lines_name_the_turn_answered_last_and_the_ears_own_name_none() -> None:
    call = WholeCall()
    call.stt = FailingEar(["hello"])
    with capture_logs([merge_contextvars]) as logged:
        async with call:
            await call.until_heard("Welcome")
            call.caller_makes_a_sound(700)
            await call.until_heard("Fine.")
            call.caller_makes_a_sound(700)
            outcome = await call.outcome()
    (answered,) = outcome.stages
    named = {line["event"]: line.get("turn") for line in logged}
    assert (named["ear lost"], named["provider_failed"]) == (None, answered)


class BuggyEar(Dictation):
    """An ear with a bug in the order to finish: it is raised at once, while the orders are performed."""

    def finish(self, request: c.FinishTranscription) -> None:
        raise KeyError("oops")


async def test_what_was_decided_when_a_bug_broke_an_order_can_be_replayed(tmp_path: Path) -> None:
    file = tmp_path / "7.jsonl"
    call = WholeCall(journal=file, judge=Judge(), turn_end=Provider("judge"))
    call.stt = BuggyEar(())
    async with call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        assert (await call.outcome()).reason == "internal_error"
    kept = read(file)
    told, decided = [event for _, event in kept.events], [type(order) for _, order in kept.commands]
    assert decided[-3:] == [c.FinishTranscription, c.JudgeTurnEnd, c.CloseStream]
    assert told[-1] == e.ShellFailed("runner"), "why it ended is in the journal too"
    assert replay(kept) == Replayed(len(told), len(decided), None, ends_early=True)


@pytest.mark.parametrize("illegal", [e.Connected(), e.MarkReturned(0, 999, 1), e.VoiceFell(0)])
async def test_an_event_illegal_in_its_state_is_counted_journaled_and_ignored(
    illegal: e.Event, tmp_path: Path
) -> None:
    file = tmp_path / "7.jsonl"
    hears = ["when do you open"]
    async with WholeCall(["We open at nine."], hears=hears, journal=file, strict=False) as call:
        await call.until_heard("Welcome")
        with capture_logs() as lines:
            for _ in range(2):
                call.runner.post(illegal)
            await call.run(20)
        call.caller_makes_a_sound(800)
        await call.until_heard("We open")
        call.phone.hangs_up()
        outcome = await call.outcome()
    assert [line["event"] for line in lines] == ["illegal_event"] * 2
    assert (outcome.reason, call.counted.illegal) == ("caller_hangup", 2)
    (ignored,) = [each for each in call.happened if isinstance(each, h.IllegalEventIgnored)]
    assert ignored.event == type(illegal).__name__, "kept once, however often it comes"
    assert [entry.text for entry in call.lines("agent")] == ["Welcome, how can I help?", "We open at nine."]
    kept = read(file)
    assert illegal in [event for _, event in kept.events][1:]
    assert replay(kept) == Replayed(len([*kept.events]), len([*kept.commands]), None)


class Stubborn(Dictation):
    """An ear with a bug: it does not heed being cancelled."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(lines)
        self.released, self.ended = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        while not self.released.is_set():
            with suppress(asyncio.CancelledError):
                await self.released.wait()
        self.ended.set()

    async def is_left_behind(self) -> None:
        """It is there still when its call is over; then it ends, too."""
        assert not self.ended.is_set()
        self.released.set()
        await asyncio.wait_for(self.ended.wait(), 20)


def call_with(ear: Stubborn, **more: Any) -> WholeCall:
    made = WholeCall(**more)
    made.stt = ear
    return made


@pytest.fixture
def stubborn(monkeypatch: pytest.MonkeyPatch) -> Stubborn:
    monkeypatch.setattr(runner, "CLEAN_UP_S", 0.05)
    return Stubborn(["a table"])


async def test_a_task_that_does_not_end_holds_no_call_up(stubborn: Stubborn) -> None:
    with capture_logs() as logged:
        async with call_with(stubborn) as call:
            await call.until_heard("Welcome")
            call.phone.hangs_up()
            await call.run(100)
            outcome = await asyncio.wait_for(call.task, 20)
            await stubborn.is_left_behind()
    assert (outcome.reason, ends(call)) == ("caller_hangup", [c.EndCall("caller_hangup")])
    (left,) = [line for line in logged if line["event"] == "tasks_do_not_end"]
    assert "Stubborn.run" in left["tasks"][0]


async def test_a_bug_beside_a_task_that_does_not_end_ends_the_call_all_the_same(stubborn: Stubborn) -> None:
    brain = BuggyBrain()
    async with call_with(stubborn, brain=brain) as call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(700)
        await call.run(20_000, until=lambda: brain.broken)
        outcome = await asyncio.wait_for(call.task, 20)
        await stubborn.is_left_behind()
    assert (outcome.reason, ends(call)) == ("internal_error", [c.EndCall("internal_error")])


async def test_a_call_that_is_cancelled_waits_no_longer_either(stubborn: Stubborn) -> None:
    async with call_with(stubborn) as call:
        await call.until_heard("Welcome")
        call.task.cancel()
        await asyncio.wait({call.task}, timeout=120)
        assert call.task.cancelled()
        await stubborn.is_left_behind()

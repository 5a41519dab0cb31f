"""What is kept of a call besides its transcript: above all, which silences of the agent were barge-ins."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e
from rapida.call import happenings as h
from tests.engine.whole_call import Dictation, WholeCall

LONG = " ".join(["This is a very long speech that goes on and on until somebody stops it at last."] * 4)


async def test_a_barge_in_by_voice_and_one_by_key_are_kept_and_no_other_silence_is() -> None:
    def barge_ins() -> list[h.Happening]:
        kept = [happening for _, happening in call.runner.outcome.happenings]
        return [each for each in kept if not isinstance(each, h.FalseBargeIn)]

    async with WholeCall([LONG], hears=["", "stop it please"], greeting=LONG) as call:
        await call.run(700)
        call.caller_makes_a_sound(300)  # a cough: the agent goes on
        await call.run(1500)
        assert [each for _, each in call.runner.outcome.happenings] == [h.FalseBargeIn()]
        call.caller_makes_a_sound(900)
        await call.run(20_000, until=lambda: bool(barge_ins()))
        heard = len(call.phone.heard)
        await call.run(20_000, until=lambda: len(call.phone.heard) > heard + 8000)
        call.phone.presses("1")
        await call.run(5000)
        await call.run(20_000, until=lambda: len(call.brain.requests) == 2)
        await call.run(1000)
        call.phone.hangs_up()  # in the middle of the second reply: that is an end, no barge-in
        await call.outcome()
    assert barge_ins() == [h.BargeIn("words"), h.CallerPressedKey("1"), h.BargeIn("key")]


async def test_an_apology_that_cuts_the_agent_short_is_no_barge_in() -> None:
    async with WholeCall(greeting=LONG) as call:
        await call.run(700)
        call.stt.emit(e.TranscriptionFailed("gone"))
        await call.outcome()
    assert [line.cut for line in call.lines("agent")] == [True, False]
    assert call.happened == [h.ProviderFailed("stt", "gone", retryable=False)]


class FullEar(Dictation):
    """An ear whose queue is full the first time."""

    refusals = 1

    def finish(self, request: c.FinishTranscription) -> None:
        if self.refusals:
            self.refusals -= 1
            self.emit(e.TranscriptionRefused(request.transcription_id))
        else:
            super().finish(request)


async def test_an_ear_without_room_is_counted_and_the_caller_asked_again() -> None:
    call = WholeCall(["We open at nine."])
    call.stt = FullEar(["when do you open"])
    async with call:
        await call.until_heard("Welcome")
        call.caller_makes_a_sound(800)
        await call.until_heard(call.assistant.unclear_message)
        call.caller_makes_a_sound(800)
        await call.until_heard("We open")
    assert call.counted.refused == 1
    assert call.happened == []

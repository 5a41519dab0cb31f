"""What is asked of the carrier during a call, and what becomes of the call when it does not do it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from rapida.call import happenings as h
from rapida.engine import remote
from rapida.engine.outcome import CallOutcome
from rapida.errors import OURSELVES, ProviderRefused, ProviderUnavailable, StoreError, VaultError
from rapida.llm.scripted import ScriptedReply

from .whole_call import BrokenVoice, WholeCall

SILENT = h.ProviderFailed("telephony", "carrier: no answer within 0 s", "carrier", retryable=True)
OVER = ScriptedReply("One moment.", tool="transfer_call", arguments='{"to": "+14155550199"}')


async def to_the_end(call: WholeCall) -> CallOutcome:
    """The caller hears the greeting and says one thing; what the carrier then does ends the call."""
    await call.until_heard("Welcome")
    call.caller_makes_a_sound(700)
    return await call.outcome()


@pytest.mark.parametrize(
    ("refusal", "by", "retryable"),
    [
        (ProviderRefused("twilio", "no such number"), "twilio", False),
        (StoreError("the database is away", retryable=True), OURSELVES, True),
        (VaultError("the credential cannot be opened"), OURSELVES, True),
    ],
)
async def test_a_transfer_that_is_refused_ends_with_the_apology(
    refusal: Exception, by: str, retryable: bool
) -> None:
    async def refuse(to: str) -> None:
        raise refusal

    async with WholeCall([OVER], hears=["a person please"]) as call:
        call.phone.transfer = refuse
        outcome = await to_the_end(call)
    assert outcome.reason == "provider_failure"
    assert call.happened[-3:] == [
        h.TransferAsked("+14155550199"),
        h.ProviderFailed("telephony", str(refusal), by, retryable),
        h.TransferRefused(str(refusal)),
    ]
    assert call.lines("agent")[-1].heard == call.assistant.error_message


async def test_a_transfer_that_is_not_answered_in_time_is_given_up_and_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "TRANSFER_WITHIN_S", 0)
    given_up = asyncio.Event()

    async def hang(to: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    async with WholeCall([OVER], hears=["a person please"]) as call:
        call.phone.transfer = hang
        await to_the_end(call)
    assert given_up.is_set()
    assert call.happened[-2:] == [SILENT, h.TransferRefused(SILENT.reason)]
    assert call.lines("agent")[-1].heard == call.assistant.error_message


async def test_where_the_voice_is_gone_the_carrier_says_sorry() -> None:
    async with WholeCall(["Fine."], hears=["hello there"], voice=BrokenVoice()) as call:
        outcome = await to_the_end(call)
    assert outcome.reason == "provider_failure"
    assert ("tts", "voice") in call.counted.failures
    assert call.phone.told == call.assistant.error_message
    assert call.happened[-1] == h.LeftToCarrier(call.assistant.error_message)


async def test_a_carrier_that_does_not_say_it_either_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "SAY_WITHIN_S", 0)

    async def hang(text: str) -> None:
        await asyncio.Event().wait()

    async with WholeCall(["Fine."], hears=["hello there"], voice=BrokenVoice()) as call:
        call.phone.say = hang
        outcome = await to_the_end(call)
    assert outcome.reason == "provider_failure"
    assert call.happened[-1] == SILENT


class Control:
    """A carrier of which only the end of the call is asked, and a last sentence; keeps what it was asked."""

    def __init__(
        self,
        complete: Callable[[], Awaitable[None]] | None = None,
        say: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.asked: list[str] = []
        self._complete = complete
        self._say = say

    async def complete(self) -> None:
        self.asked.append("complete")
        if self._complete is not None:
            await self._complete()

    async def say(self, text: str) -> None:
        self.asked.append(text)
        if self._say is not None:
            await self._say()


def remote_of(control: Control, failures: list[remote.CarrierTrouble]) -> remote.Remote:
    return remote.Remote(cast(Any, control), lambda event: None, asyncio.create_task, failures.append)


async def refuse() -> None:
    raise ProviderUnavailable("twilio", "away")


async def test_the_order_to_hang_up_outlives_the_call_and_its_refusal_is_on_record() -> None:
    control, failures = Control(refuse), list[remote.CarrierTrouble]()
    remotely = remote_of(control, failures)
    await remotely.told()
    assert control.asked == [], "nobody ordered it yet"
    remotely.complete()
    await remotely.told()
    assert control.asked == ["complete"]
    assert [str(each) for each in failures] == ["twilio: away"]


async def test_a_call_that_cannot_go_on_is_apologised_to_by_the_carrier_that_then_hangs_up() -> None:
    control, failures = Control(), list[remote.CarrierTrouble]()
    remotely = remote_of(control, failures)
    remotely.apologise("Sorry.")
    await remotely.told()
    assert (control.asked, failures) == (["Sorry."], []), "the sentence ends the call: nothing else does"


async def test_an_apology_that_the_carrier_refuses_is_followed_by_hanging_up() -> None:
    control, failures = Control(say=refuse), list[remote.CarrierTrouble]()
    remotely = remote_of(control, failures)
    remotely.apologise("Sorry.")
    await remotely.told()
    assert control.asked == ["Sorry.", "complete"]
    assert [str(each) for each in failures] == ["twilio: away"]


async def test_an_apology_that_is_not_answered_in_time_is_followed_by_hanging_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "SAY_WITHIN_S", 0)

    async def hang() -> None:
        await asyncio.Event().wait()

    control, failures = Control(say=hang), list[remote.CarrierTrouble]()
    remotely = remote_of(control, failures)
    remotely.apologise("Sorry.")
    await remotely.told()
    assert control.asked[-1] == "complete"
    assert [str(each) for each in failures] == ["carrier: no answer within 0 s"]


async def test_without_a_sentence_to_apologise_with_the_call_is_only_hung_up() -> None:
    control, failures = Control(), list[remote.CarrierTrouble]()
    remotely = remote_of(control, failures)
    remotely.apologise("")
    await remotely.told()
    assert (control.asked, failures) == (["complete"], [])


async def test_a_call_broken_by_a_bug_is_apologised_to_before_its_stream_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    voice = BrokenVoice(KeyError("a bug of ours"))
    async with WholeCall(["Fine."], hears=["hello there"], voice=voice) as call:
        say, close = call.phone.say, call.phone.close

        async def saying(text: str) -> None:
            await asyncio.sleep(0)  # as a carrier that answers later than at once
            done.append(text)
            await say(text)

        def closing(code: int = 1000, reason: str = "") -> None:
            done.append("closed")
            close(code, reason)

        monkeypatch.setattr(call.phone, "say", saying)
        monkeypatch.setattr(call.phone, "close", closing)
        outcome = await to_the_end(call)
    assert outcome.reason == "internal_error"
    assert done == [call.assistant.error_message, "closed"]

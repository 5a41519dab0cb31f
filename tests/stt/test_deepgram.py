import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rapida import stt
from rapida.call.events import (
    Question,
    TranscriptChanged,
    TranscriptFinal,
    TranscriptionBroke,
    TranscriptionFailed,
    TranscriptionFinished,
)
from rapida.errors import ConfigurationError
from rapida.providers.build import build
from rapida.stt import deepgram
from rapida.stt.base import Heard, SpeechToText
from rapida.stt.deepgram import Deepgram, DeepgramCredential, DeepgramOptions
from tests.doubles.deepgram_double import Conduct, DeepgramDouble
from tests.stt.conformance import Caller, Spoken, SttHearsSound, calling, finals, said

KEY = "dg-do-not-show-me"
SPEECH = Spoken(b"\x20" * 8000, "opening hours please")


def recogniser_at(double: DeepgramDouble, **options: Any) -> Deepgram:
    patient = {"backoff_ms": 1, "finalize_wait_ms": 60_000, **options}
    return Deepgram(DeepgramOptions(base_url=double.url, **patient), DeepgramCredential(KEY))


@asynccontextmanager
async def call_at(double: DeepgramDouble, position_ms: int = 0, **options: Any) -> AsyncIterator[Caller]:
    async with double.running(), calling(recogniser_at(double, **options), position_ms=position_ms) as caller:
        yield caller


def failed(heard: list[Heard]) -> bool:
    return any(isinstance(event, TranscriptionFailed) for event in heard)


class TestConformance(SttHearsSound):
    @pytest.fixture
    async def recogniser(self) -> AsyncIterator[SpeechToText]:
        async with DeepgramDouble().running() as double:
            yield recogniser_at(double)

    @pytest.fixture
    def spoken(self) -> Spoken:
        return SPEECH


# Listening --------------------------------------------------------------------------------------------------


async def test_the_stream_asks_for_mu_law_as_it_comes_from_the_phone() -> None:
    double = DeepgramDouble()
    async with call_at(double, keyterms=("Larkfield", "flat tyre")) as caller:
        await caller.until_answered(caller.says(SPEECH))
    query = double.query
    assert (query["encoding"], query["sample_rate"], query["channels"]) == ("mulaw", "8000", "1")
    assert (query["model"], query["language"], query["interim_results"]) == ("nova-3", "en-US", "true")
    assert "keyterm=Larkfield&keyterm=flat+tyre" in double.requests[0].path
    assert double.requests[0].headers["Authorization"] == f"Token {KEY}"
    assert KEY not in double.requests[0].path


async def test_the_sound_passes_untouched() -> None:
    double = DeepgramDouble()
    every_byte = bytes(range(256)) * 40
    async with call_at(double) as caller:
        caller.sends(every_byte)
        await double.until(lambda: double.streams and len(double.streams[0].sound) == len(every_byte))
    assert bytes(double.streams[0].sound) == every_byte


async def test_finals_lie_exactly_where_the_words_were() -> None:
    async with call_at(DeepgramDouble(), position_ms=40_000) as caller:
        await caller.until_answered(caller.says(SPEECH))
    [final] = finals(caller.heard)
    assert (final.start_ms, final.end_ms, final.confidence) == (40_500, 41_500, 0.98)


async def test_interims_come_before_the_final() -> None:
    async with call_at(DeepgramDouble()) as caller:
        await caller.until_answered(caller.says(SPEECH))
    kinds = [type(event) for event in caller.heard]
    assert kinds[0] is TranscriptChanged
    assert kinds[-2:] == [TranscriptFinal, TranscriptionFinished]


async def test_sound_that_jumps_on_the_callers_timeline_keeps_its_place() -> None:
    async with call_at(DeepgramDouble()) as caller:
        caller.is_silent(1000)
        caller.position_ms += 7000
        start_ms = caller.position_ms
        caller.sends(SPEECH.ulaw)
        await caller.until_answered(caller.finishes(start_ms, Question()))
    [final] = finals(caller.heard)
    assert (final.start_ms, final.end_ms) == (8000, 9000)


async def test_what_deepgram_settled_by_itself_needs_no_finalise() -> None:
    double = DeepgramDouble(settles_by_itself=True)
    async with call_at(double) as caller:
        caller.sends(SPEECH.ulaw)
        end_ms = caller.position_ms
        caller.is_silent(500)
        await caller.until(lambda heard: finals(heard) != [])
        caller.position_ms = end_ms
        request = caller.finishes(0, Question())
        assert caller.heard[-1] == TranscriptionFinished(request), "answered on the spot"
    assert "Finalize" not in double.streams[0].controls


async def test_a_final_that_covers_a_request_answers_it() -> None:
    double = DeepgramDouble(settles_by_itself=True)
    async with call_at(double) as caller:
        caller.sends(SPEECH.ulaw)
        end_ms = caller.position_ms
        await double.until(lambda: double.streams and len(double.streams[0].sound) == len(SPEECH.ulaw))
        caller.is_silent(500)
        caller.position_ms = end_ms
        request = caller.finishes(0, Question())
        await caller.until_answered(request)
    assert said(caller.heard) == SPEECH.text


async def test_a_finalise_that_deepgram_leaves_unanswered_counts_as_answered_after_a_while() -> None:
    double = DeepgramDouble(answers_finalize=False, settles_by_itself=True)
    async with call_at(double, finalize_wait_ms=20) as caller:
        caller.is_silent(500)
        await caller.until_answered(caller.finishes(0, Question()))
        caller.says(SPEECH)
        await caller.until(lambda heard: finals(heard) != [])
    assert said(caller.heard) == SPEECH.text


async def test_two_requests_at_once_are_answered_in_order() -> None:
    async with call_at(DeepgramDouble()) as caller:
        caller.sends(SPEECH.ulaw)
        first = caller.finishes(0, Question())
        second = caller.finishes(0, Question())
        await caller.until_answered(second)
    assert caller.heard[-2:] == [TranscriptionFinished(first), TranscriptionFinished(second)]


async def test_a_stream_without_sound_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram, "KEEP_ALIVE_S", 0.01)
    double = DeepgramDouble()
    async with call_at(double):
        await double.until(lambda: double.streams and double.streams[0].controls[:2] == ["KeepAlive"] * 2)


async def test_the_end_of_a_call_closes_its_stream_with_a_word() -> None:
    double = DeepgramDouble()
    async with double.running():
        async with calling(recogniser_at(double)) as caller:
            await caller.until_answered(caller.says(SPEECH))
        await double.until(lambda: double.streams[0].closed)
        assert double.streams[0].controls[-1] == "CloseStream"


# Failing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "help_"),
    [(401, "credential"), (402, "credit"), (403, "right"), (404, "base_url"), (400, "no such model")],
)
async def test_a_refusal_ends_transcription_and_says_what_to_do(status: int, help_: str) -> None:
    double = DeepgramDouble(conducts=[Conduct(refuse=status, error=f"no such model; key {KEY}")])
    async with call_at(double) as caller:
        await caller.until(failed)
        [failure] = caller.heard
        assert isinstance(failure, TranscriptionFailed)
        assert (help_ in failure.reason, failure.provider) == (True, "deepgram")
        assert KEY not in failure.reason
        assert len(double.requests) == 1, "it is not asked again"
        caller.says(SPEECH)
        assert caller.heard == [failure], "a failed ear stays silent"


@pytest.mark.parametrize("location", ["/v1/elsewhere", "wss://elsewhere.example/v1/listen"])
async def test_no_redirect_is_followed_since_the_key_would_go_along(location: str) -> None:
    double = DeepgramDouble(conducts=[Conduct(refuse=302, location=location)])
    async with call_at(double) as caller:
        await caller.until(failed)
        [failure] = caller.heard
        assert isinstance(failure, TranscriptionFailed)
        assert "HTTP 302" in failure.reason
        assert len(double.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_overloaded_server_is_tried_again(status: int) -> None:
    double = DeepgramDouble(conducts=[Conduct(refuse=status), Conduct(refuse=status)])
    async with call_at(double) as caller:
        await caller.until_answered(caller.says(SPEECH))
    assert said(caller.heard) == SPEECH.text
    assert len(double.requests) == 3


REASONS = {"error": "internal", "garble": "no transcript", "close": "NET-0000", "drop": "broke"}


@pytest.mark.parametrize(("then", "told"), REASONS.items())
async def test_a_stream_that_breaks_is_told_of_with_deepgrams_own_reason(then: Any, told: str) -> None:
    double = DeepgramDouble(conducts=[Conduct(after_s=0.8, then=then)])
    async with call_at(double) as caller:
        await caller.until_answered(caller.says(SPEECH))
        [broke] = [event for event in caller.heard if isinstance(event, TranscriptionBroke)]
        assert (told in broke.reason, broke.provider) == (True, "deepgram")
        assert said(caller.heard) == SPEECH.text


@pytest.mark.parametrize("then", ["drop", "garble", "error", "close"])
async def test_a_stream_that_breaks_in_the_middle_of_speech_loses_no_word(then: Any) -> None:
    double = DeepgramDouble(conducts=[Conduct(after_s=0.8, then=then)])
    async with call_at(double, position_ms=10_000) as caller:
        await caller.until_answered(caller.says(SPEECH))
    assert said(caller.heard) == SPEECH.text
    [final] = finals(caller.heard)
    assert (final.start_ms, final.end_ms) == (10_500, 11_500)
    assert len(double.streams) == 2


async def test_a_stream_that_stalls_in_the_middle_of_speech_loses_no_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deepgram, "STALL_S", 0.3)
    double = DeepgramDouble(conducts=[Conduct(after_s=0.8, then="stall")])
    async with call_at(double, position_ms=10_000) as caller:
        await caller.until_answered(caller.says(SPEECH))
    assert (double.streams[0].stalled, double.streams[0].closed) == (True, True)
    [final] = finals(caller.heard)
    assert (final.text, final.start_ms, final.end_ms) == (SPEECH.text, 10_500, 11_500)


async def test_words_come_after_a_stall_that_outlasted_the_wait_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    double = DeepgramDouble(conducts=[Conduct(after_s=0.8, then="stall")])
    monkeypatch.setattr(deepgram, "STALL_S", 1.0)
    async with call_at(double, finalize_wait_ms=400) as caller:
        caller.is_silent(100)
        await double.until(lambda: double.streams and double.streams[0].sound)
        request = caller.says(SPEECH)
        await caller.until_answered(request)
        # The stream that replaces the one that stalls may take its time on a busy machine.
        monkeypatch.setattr(deepgram, "STALL_S", 60.0)
        assert TranscriptionFinished(request) in caller.heard
        assert finals(caller.heard) == [], "given up"
        await caller.until(lambda heard: finals(heard) != [])
    assert said(caller.heard) == SPEECH.text


async def test_a_server_with_nothing_to_say_is_replaced_once_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deepgram, "STALL_S", 1.0)
    double = DeepgramDouble(answers_finalize=False)
    async with call_at(double, finalize_wait_ms=400) as caller:
        caller.is_silent(500)
        await double.until(lambda: double.streams and double.streams[0].sound)
        await caller.until_answered(caller.finishes(0, Question()))
        await double.until(lambda: len(double.streams) == 2 and "Finalize" in double.streams[1].controls)
        await asyncio.sleep(1.2)
        monkeypatch.setattr(deepgram, "STALL_S", 60.0)
        caller.says(SPEECH)
        await caller.until(lambda heard: finals(heard) != [])
    assert len(double.streams) == 2
    assert said(caller.heard) == SPEECH.text


async def test_words_that_were_final_before_a_break_are_not_heard_twice() -> None:
    double = DeepgramDouble(conducts=[Conduct(after_s=2.5, then="drop")])
    async with call_at(double) as caller:
        await caller.until_answered(caller.says(SPEECH))
        await caller.until_answered(caller.says(SPEECH))
    assert [final.start_ms for final in finals(caller.heard)] == [500, 2500]


async def test_a_server_that_keeps_breaking_ends_transcription() -> None:
    double = DeepgramDouble(conducts=[Conduct(then="drop") for _ in range(4)])
    async with call_at(double, retries=3) as caller:
        caller.says(SPEECH)
        await caller.until(failed)
    assert len(double.requests) == 4


async def test_a_server_that_is_not_there_ends_transcription() -> None:
    double = DeepgramDouble()
    async with double.running():
        pass
    async with calling(recogniser_at(double, retries=2)) as caller:
        caller.says(SPEECH)
        await caller.until(failed)
    kinds = [type(event) for event in caller.heard]
    assert kinds == [TranscriptionBroke, TranscriptionBroke, TranscriptionFailed]


async def test_breaks_with_transcripts_between_them_never_add_up() -> None:
    double = DeepgramDouble(conducts=[Conduct(after_s=1.2, then="drop") for _ in range(4)])
    async with call_at(double, retries=1) as caller:
        for _ in range(4):
            await caller.until_answered(caller.says(SPEECH))
    assert not failed(caller.heard)
    assert len(finals(caller.heard)) == 4


# Waiting and giving up --------------------------------------------------------------------------------------


async def test_a_stalled_stream_is_left_at_the_end_of_the_call() -> None:
    double = DeepgramDouble(conducts=[Conduct(after_s=0.1, then="stall")])
    async with double.running():
        async with calling(recogniser_at(double)) as caller:
            caller.says(SPEECH)
            await double.until(lambda: double.streams and "Finalize" in double.streams[0].controls)
            assert caller.heard == []
        await double.until(lambda: double.streams[0].closed)


async def test_what_is_said_before_a_slow_server_answers_is_heard() -> None:
    go = asyncio.Event()
    double = DeepgramDouble(conducts=[Conduct(wait=go)])
    async with call_at(double) as caller:
        request = caller.says(SPEECH)
        await double.until(lambda: double.requests)
        assert caller.heard == []
        go.set()
        await caller.until_answered(request)
    assert said(caller.heard) == SPEECH.text


async def test_a_call_that_ends_while_it_connects_leaves_nothing_behind() -> None:
    go = asyncio.Event()
    double = DeepgramDouble(conducts=[Conduct(wait=go)])
    async with double.running():
        async with calling(recogniser_at(double)):
            await double.until(lambda: double.requests)
        go.set()
        async with asyncio.timeout(120):
            await double.connections[0].wait_closed()
    assert not any(stream.sound for stream in double.streams)


# Configuration ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["api.deepgram.com", "https://api.deepgram.com", "wss://key@api.deepgram.com"]
)
def test_a_wrong_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="wss://"):
        build(stt.CATALOGUE, "deepgram", {"base_url": address}, {"api_key": KEY})


async def test_no_log_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with call_at(DeepgramDouble(conducts=[Conduct(refuse=500)])) as caller:
            await caller.until_answered(caller.says(SPEECH))
    # The double's own library logs what it receives; only our half counts.
    ours = [record for record in caplog.records if "server" not in record.name]
    assert all(KEY not in record.getMessage() for record in ours)

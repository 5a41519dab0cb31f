import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rapida import tts
from rapida.call.events import WordTiming
from rapida.errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from rapida.providers.build import build
from rapida.tts.base import Sound, TextToSpeech
from rapida.tts.elevenlabs import ElevenLabs, ElevenLabsCredential, ElevenLabsOptions
from tests.doubles.elevenlabs_double import BYTES_PER_MS, CHARACTER_MS, ElevenLabsDouble, problem
from tests.doubles.http_double import Conduct
from tests.tts.conformance import SENTENCE, VoiceConformance, speak, words_of

KEY = "xi-do-not-show-me"


@asynccontextmanager
async def voice_at(double: ElevenLabsDouble, **options: Any) -> AsyncIterator[ElevenLabs]:
    async with double.running():
        voice = ElevenLabs(
            ElevenLabsOptions("voice1", base_url=double.url, **options), ElevenLabsCredential(KEY)
        )
        await voice.start()
        try:
            yield voice
        finally:
            await voice.aclose()


class TestConformance(VoiceConformance):
    @pytest.fixture
    async def voice(self) -> AsyncIterator[TextToSpeech]:
        async with voice_at(ElevenLabsDouble()) as voice:
            yield voice


# Speaking ---------------------------------------------------------------------------------------------------


async def test_the_request_asks_for_mu_law_in_the_configured_voice() -> None:
    double = ElevenLabsDouble()
    async with voice_at(double, stability=0.4, speed=1.1, language_code="en") as voice:
        await speak(voice, "Hello.")
    [request] = double.requests
    assert request.path == "/v1/text-to-speech/voice1/stream/with-timestamps?output_format=ulaw_8000"
    assert request.headers["xi-api-key"] == KEY
    assert request.json == {
        "text": "Hello.",
        "model_id": "eleven_flash_v2_5",
        "language_code": "en",
        "voice_settings": {"stability": 0.4, "speed": 1.1},
    }


async def test_the_sound_passes_untouched() -> None:
    async with voice_at(ElevenLabsDouble()) as voice:
        pieces = await speak(voice, "Hi you")
    sound = b"".join(piece.ulaw for piece in pieces)
    assert sound == b"".join(bytes([ord(letter)]) * (CHARACTER_MS * BYTES_PER_MS) for letter in "Hi you")


@pytest.mark.parametrize("relative", [False, True])
async def test_words_that_span_pieces_have_their_times_from_the_sentences_beginning(relative: bool) -> None:
    async with voice_at(ElevenLabsDouble(relative_times=relative)) as voice:
        words = words_of(await speak(voice, "Good morning you"))
    assert words == [WordTiming("Good", 0, 240), WordTiming("morning", 300, 720), WordTiming("you", 780, 960)]


async def test_a_word_is_told_with_the_piece_that_completes_it() -> None:
    async with voice_at(ElevenLabsDouble()) as voice:
        pieces = await speak(voice, "Good morning you")
    assert [[word.word for word in piece.words] for piece in pieces] == [["Good"], ["morning"], [], ["you"]]


async def test_the_next_sentence_uses_the_connection_of_the_last() -> None:
    double = ElevenLabsDouble()
    async with voice_at(double) as voice:
        await speak(voice, "One.")
        await speak(voice, "Two.")
    assert (len(double.requests), double.connections) == (2, 1)


# Failing ----------------------------------------------------------------------------------------------------


async def failure(conduct: Conduct) -> ProviderError:
    async with voice_at(ElevenLabsDouble(conducts=[conduct])) as voice:
        with pytest.raises(ProviderError) as caught:
            await speak(voice, SENTENCE)
        assert await speak(voice, SENTENCE), "the voice can be used again"
    assert KEY not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "help_"), [(401, "credential"), (402, "plan"), (403, "right"), (404, "voice_id")]
)
async def test_a_refusal_says_what_to_do(status: int, help_: str) -> None:
    wrong = await failure(Conduct(refuse=status, error=problem("no", f"key {KEY}")))
    assert isinstance(wrong, ProviderRefused)
    assert help_ in str(wrong)


@pytest.mark.parametrize("status", [401, 429])
async def test_a_used_up_quota_is_no_matter_of_asking_again(status: int) -> None:
    wrong = await failure(Conduct(refuse=status, error=problem("quota_exceeded")))
    assert isinstance(wrong, ProviderRefused)
    assert "quota" in str(wrong)


async def test_a_refused_request_repeats_the_servers_words_without_the_key() -> None:
    wrong = await failure(Conduct(refuse=400, error=problem("bad", f"speed is too high; you sent {KEY}")))
    assert isinstance(wrong, ProviderRefused)
    assert "speed is too high" in str(wrong)


async def test_a_validation_error_given_as_a_list_is_told_too() -> None:
    error = {"detail": [{"loc": ["body", "text"], "msg": "field required"}]}
    assert "field required" in str(await failure(Conduct(refuse=422, error=error)))


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_overloaded_server_may_be_asked_again(status: int) -> None:
    assert isinstance(await failure(Conduct(refuse=status)), ProviderUnavailable)


@pytest.mark.parametrize("conduct", [Conduct(after=2, then="drop"), Conduct(after=2, then="garble")])
async def test_a_stream_that_breaks_off_may_be_asked_again(conduct: Conduct) -> None:
    assert isinstance(await failure(conduct), ProviderUnavailable)


async def test_an_answer_without_sound_may_be_asked_again() -> None:
    assert isinstance(await failure(Conduct(then="end")), ProviderUnavailable)


@pytest.mark.parametrize(
    ("end", "kind", "told"),
    [
        (problem("server_error", f"the voice died; {KEY}"), ProviderUnavailable, "the voice died"),
        ({"error": "the voice died"}, ProviderUnavailable, "the voice died"),
        ({"message": "the voice died", "code": 400}, ProviderRefused, "the voice died"),
        (problem("quota_exceeded"), ProviderRefused, "quota"),
    ],
)
async def test_an_error_behind_good_sound_is_a_failure_with_its_reason(
    end: Any, kind: type[Any], told: str
) -> None:
    heard: list[Sound] = []
    async with voice_at(ElevenLabsDouble(tail=(json.dumps(end).encode() + b"\n",))) as voice:
        with pytest.raises(kind, match=told) as caught:
            async for sound in voice.synthesize("Hello there."):
                heard.append(sound)
    assert heard, "what came before was given"
    assert KEY not in str(caught.value)


async def test_no_character_of_a_text_ends_its_line() -> None:
    text = "a\u2028b c\u0085d e"
    async with voice_at(ElevenLabsDouble()) as voice:
        sounds = await speak(voice, text)
    assert sum(len(sound.ulaw) for sound in sounds) == len(text) * CHARACTER_MS * BYTES_PER_MS


async def test_a_server_that_is_not_there_may_be_asked_again() -> None:
    double = ElevenLabsDouble()
    async with double.running():
        pass
    voice = ElevenLabs(ElevenLabsOptions("voice1", base_url=double.url), ElevenLabsCredential(KEY))
    await voice.start()
    with pytest.raises(ProviderUnavailable):
        await speak(voice, "Hello.")
    await voice.aclose()


# Waiting and giving up --------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 2])
async def test_a_stalled_synthesis_waits_until_it_is_cancelled_and_then_hangs_up(after: int) -> None:
    double = ElevenLabsDouble(conducts=[Conduct(after=after, then="stall")])
    async with voice_at(double) as voice:
        waiting = asyncio.create_task(speak(voice, SENTENCE))
        await double.stalled.wait()
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(120):
            await double.hung_up.wait()


async def test_a_synthesis_closed_early_hangs_up() -> None:
    double = ElevenLabsDouble(conducts=[Conduct(after=2, then="stall")])
    async with voice_at(double) as voice:
        pieces: Any = voice.synthesize(SENTENCE)
        assert (await anext(pieces)).ulaw
        await pieces.aclose()
        async with asyncio.timeout(120):
            await double.hung_up.wait()


async def test_a_slow_server_is_waited_for() -> None:
    go = asyncio.Event()
    double = ElevenLabsDouble(conducts=[Conduct(wait=go)])
    async with voice_at(double) as voice:
        waiting = asyncio.create_task(speak(voice, SENTENCE))
        while not double.requests:
            await asyncio.sleep(0)
        assert not waiting.done()
        go.set()
        assert words_of(await waiting)


# Configuration ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "help_"),
    [
        ({"voice_id": "../v1/user"}, "voice_id"),
        ({"voice_id": ""}, "voice_id"),
        ({"voice_id": "v", "base_url": "api.elevenlabs.io"}, "https://"),
        ({"voice_id": "v", "base_url": "https://key@api.elevenlabs.io"}, "https://"),
    ],
)
def test_a_wrong_voice_or_address_is_refused(options: dict[str, Any], help_: str) -> None:
    with pytest.raises(ConfigurationError, match=help_):
        build(tts.CATALOGUE, "elevenlabs", options, {"api_key": KEY})


async def test_no_log_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with voice_at(ElevenLabsDouble()) as voice:
            await speak(voice, "Hello.")
    assert caplog.records
    assert KEY not in caplog.text

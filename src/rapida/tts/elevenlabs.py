"""ElevenLabs: one sentence in, mu-law 8 kHz and the times of its words out.

Uses the HTTP endpoint that streams sound with timestamps: one request per sentence, a JSON object per line.
The sound passes through untouched; the times of characters become times of words here.

Follows https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps and
https://elevenlabs.io/docs/eleven-api/resources/errors.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from ..audio.g711 import SAMPLES_PER_MS
from ..call.events import WordTiming
from ..errors import ConfigurationError
from ..providers import addresses, http
from ..providers.elevenlabs import ElevenLabsCredential
from ..providers.refusals import Failures
from .base import ListedVoice, Sound

VENDOR = ElevenLabsCredential.vendor
_VOICES_A_PAGE = 100
"""The most that the vendor gives at once."""
_MOST_PAGES = 5
"""Nobody looks through more than 500 voices in a list."""
_MOST_BYTES = 4 * 1024 * 1024
"""A page of 100 voices with their samples' addresses is some 300 kB."""
ADVICE = {
    402: "the account's plan does not include this: choose another voice or plan",
    403: "the API key may not use this voice or endpoint: give it the right in the account's settings",
    404: "there is no such voice or model: check `voice_id` and `model_id`",
}


class ElevenLabsOptions(Struct, frozen=True):
    voice_id: str
    """The voice's id, from the account's list of voices."""
    model_id: str = "eleven_flash_v2_5"
    """ElevenLabs' model."""
    language_code: str = ""
    """ISO 639-1; empty = the model finds out itself."""
    stability: float | None = None
    """0 to 1; None = the voice's own setting, as for the next two."""
    similarity_boost: float | None = None
    """How close to the original voice, 0 to 1; empty = the voice's own."""
    speed: float | None = None
    """0.7 to 1.2."""
    base_url: str = VENDOR.home
    """Where its API is; a proxy may have a path."""


class ElevenLabs:
    """One voice, shared by all calls; its connections are kept open."""

    Options = ElevenLabsOptions
    Credential = ElevenLabsCredential
    language_option = "language_code"
    voice_option = "voice_id"

    def __init__(self, options: ElevenLabsOptions, credential: ElevenLabsCredential) -> None:
        """Raises `ConfigurationError` for a voice id or an address that cannot be one."""
        self.check_options(options)
        self.options = options
        self._failures = credential.failures(ADVICE)
        self._client = http.Client(self._failures, options.base_url, credential.headers())

    @staticmethod
    def check_options(options: ElevenLabsOptions) -> None:
        """Raises `ConfigurationError` for options that can never work, whatever the credential."""
        if not re.fullmatch(r"[A-Za-z0-9_-]+", options.voice_id):
            raise ConfigurationError(
                f"{VENDOR.name}: voice_id {options.voice_id!r} is no id: copy it from the voice's page"
            )
        addresses.check_base_url(VENDOR.name, options.base_url, VENDOR.home)

    @staticmethod
    async def voices(credential: ElevenLabsCredential, base_url: str | None) -> tuple[ListedVoice, ...]:
        """The account's voices. Raises `ProviderRefused` or `ProviderUnavailable`.

        Follows https://elevenlabs.io/docs/api-reference/voices/search.
        """
        failures = credential.failures(ADVICE)
        found, params = list[ListedVoice](), {"page_size": str(_VOICES_A_PAGE)}
        async with http.Client(failures, base_url or VENDOR.home, credential.headers()) as client:
            for _ in range(_MOST_PAGES):
                page = await _page(client, failures, params)
                found += [each.listed() for each in page.voices]
                if not (page.has_more and page.next_page_token):
                    break
                params["next_page_token"] = page.next_page_token
        return tuple(found)

    async def start(self) -> None:
        """Open the pool."""
        await self._client.open()

    async def aclose(self) -> None:
        """Close every connection; syntheses in progress fail."""
        await self._client.aclose()

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """Speak one segment. Raises `ProviderRefused` or `ProviderUnavailable`."""
        if not text.strip():
            return
        words = _Words(self._failures)
        path = f"v1/text-to-speech/{self.options.voice_id}/stream/with-timestamps"
        async with self._client.post(path, self._body(text), {"output_format": "ulaw_8000"}) as answer:
            async for line in answer.lines():
                if sound := words.take(self._piece(line)):
                    yield sound
        if not words.sound_bytes:
            raise self._failures.nonsense("no sound")
        if last := words.rest():
            yield Sound(b"", last)

    def _body(self, text: str) -> dict[str, Any]:
        options = self.options
        settings = {
            name: value
            for name in ("stability", "similarity_boost", "speed")
            if (value := getattr(options, name)) is not None
        }
        body: dict[str, Any] = {"text": text, "model_id": options.model_id}
        if settings:
            body["voice_settings"] = settings
        if options.language_code:
            body["language_code"] = options.language_code
        return body

    def _piece(self, line: bytes) -> _Piece:
        """The piece in a line. Raises what an error in its place means."""
        try:
            piece = msgspec.json.decode(line, type=_Piece)
        except msgspec.DecodeError:
            raise self._failures.nonsense("something that is no sound with timestamps") from None
        if piece.audio_base64 is None and piece.alignment is None:
            told = self._failures.told(line)
            if told.reason or told.codes:
                raise self._failures.in_stream(told)
        return piece


class _Voice(Struct):
    voice_id: str
    name: str
    description: str | None = None
    labels: dict[str, str | None] | None = None

    def listed(self) -> ListedVoice:
        labels = {name: value for name, value in (self.labels or {}).items() if value}
        words = (labels.get(each, "") for each in ("gender", "age", "accent", "descriptive", "use_case"))
        told = self.description or ", ".join(filter(None, words)).replace("_", " ")
        return ListedVoice(self.voice_id, self.name, labels.get("language", ""), told)


class _VoicePage(Struct):
    voices: list[_Voice]
    has_more: bool = False
    next_page_token: str | None = None


async def _page(client: http.Client, failures: Failures, params: dict[str, str]) -> _VoicePage:
    async with client.ask("GET", "v2/voices", params=params) as answer:
        body = await http.beginning(answer.aiter_bytes(), _MOST_BYTES)
        if answer.status_code != HTTPStatus.OK:
            raise failures.of_answer(answer.status_code, answer.headers, body)
    try:
        return msgspec.json.decode(body, type=_VoicePage)
    except msgspec.DecodeError:
        raise failures.nonsense("something that is no list of voices") from None


class _Alignment(Struct):
    characters: list[str]
    character_start_times_seconds: list[float]
    character_end_times_seconds: list[float]


class _Piece(Struct):
    audio_base64: str | None = None
    alignment: _Alignment | None = None


class _Words:
    """Characters with times, in pieces, become words with times; a word may span pieces."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self.sound_bytes = 0
        self._word = ""
        self._start_ms = 0
        self._end_ms = 0

    def take(self, piece: _Piece) -> Sound | None:
        """The sound of a piece and the words that it completes."""
        offset_ms = self.sound_bytes // SAMPLES_PER_MS
        try:
            ulaw = b64decode(piece.audio_base64 or "", validate=True)
        except Base64Error:
            raise self._failures.nonsense("something that is no base64") from None
        self.sound_bytes += len(ulaw)
        words = tuple(self._complete(piece.alignment, offset_ms)) if piece.alignment else ()
        return Sound(ulaw, words) if ulaw or words else None

    def rest(self) -> tuple[WordTiming, ...]:
        """The last word, which no blank follows."""
        return (self._take_word(),) if self._word else ()

    def _complete(self, times: _Alignment, offset_ms: int) -> Iterator[WordTiming]:
        starts, ends = times.character_start_times_seconds, times.character_end_times_seconds
        # Times count from the beginning of the sentence; where a piece begins again at zero, from its own.
        begins_again = bool(starts) and starts[0] * 1000 < self._end_ms - 1
        shift_ms = offset_ms if begins_again else 0
        for character, start, end in zip(times.characters, starts, ends, strict=False):
            if character.isspace():
                if self._word:
                    yield self._take_word()
                continue
            if not self._word:
                self._start_ms = shift_ms + round(start * 1000)
            self._word += character
            self._end_ms = shift_ms + round(end * 1000)

    def _take_word(self) -> WordTiming:
        # The times are the model's, the sound is what it is: a word never ends behind its sound.
        known_ms = self.sound_bytes // SAMPLES_PER_MS
        word = WordTiming(self._word, min(self._start_ms, known_ms), min(self._end_ms, known_ms))
        self._word = ""
        return word

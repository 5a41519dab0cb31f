"""ElevenLabs: one sentence in, mu-law 8 kHz and the times of its words out.

Uses the HTTP endpoint that streams sound with timestamps: one request per sentence, a JSON object per line.
The sound passes through untouched; the times of characters become times of words here.

Follows https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps and
https://elevenlabs.io/docs/eleven-api/resources/errors.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from ..call.events import WordTiming
from ..errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from ..providers import http as vendor_http
from ..providers import outgoing
from ..providers.build import CredentialCheck
from ..providers.line_streams import Lines
from .base import Sound

NAME = "elevenlabs"
BYTES_PER_MS = 8
TIMEOUTS = httpx.Timeout(30.0, connect=5.0)
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=300.0)

ADVICE = {
    401: "the API key is not accepted: put a valid one into the credential",
    402: "the account's plan does not include this: choose another voice or plan",
    403: "the API key may not use this voice or endpoint: give it the right in the account's settings",
    404: "there is no such voice or model: check `voice_id` and `model_id`",
}
QUOTA = "quota_exceeded"
USED_UP = "the account's quota is used up: add credit or wait for the next month"


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
    base_url: str = "https://api.elevenlabs.io"
    """Where its API is; a proxy may have a path."""


class ElevenLabsCredential(Struct, frozen=True):
    api_key: str
    """A key that may speak."""


class ElevenLabs:
    """One voice, shared by all calls; its connections are kept open."""

    Options = ElevenLabsOptions
    Credential = ElevenLabsCredential
    language_option = "language_code"
    # https://elevenlabs.io/docs/api-reference/user/get
    credential_check = CredentialCheck("/v1/user", "xi-api-key", "{api_key}", limited="missing_permissions")

    def __init__(self, options: ElevenLabsOptions, credential: ElevenLabsCredential) -> None:
        """Raises `ConfigurationError` for a voice id or an address that cannot be one."""
        self.check_options(options)
        self.options = options
        self._key = vendor_http.sendable(NAME, credential.api_key)
        self._client: httpx.AsyncClient | None = None

    @staticmethod
    def check_options(options: ElevenLabsOptions) -> None:
        """Raises `ConfigurationError` for options that can never work, whatever the credential."""
        if not re.fullmatch(r"[A-Za-z0-9_-]+", options.voice_id):
            raise ConfigurationError(
                f"{NAME}: voice_id {options.voice_id!r} is no id: copy it from the voice's page"
            )
        if not re.fullmatch(r"https?://[^/@?#]+(/[^@?#]*)?", options.base_url):
            raise ConfigurationError(
                f"{NAME}: base_url {options.base_url!r} is no address: write it like https://api.elevenlabs.io"
            )

    async def start(self) -> None:
        """Open the pool; the certificates are read off the loop."""
        secure = self.options.base_url.startswith("https:")
        verify: ssl.SSLContext | bool = (
            await asyncio.to_thread(ssl.create_default_context) if secure else True
        )
        self._client = httpx.AsyncClient(
            base_url=self.options.base_url,
            headers={"xi-api-key": self._key},
            timeout=TIMEOUTS,
            follow_redirects=False,
            transport=outgoing.transport(NAME, verify=verify, limits=LIMITS),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close every connection; syntheses in progress fail."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        """Speak one segment. Raises `ProviderRefused` or `ProviderUnavailable`."""
        if self._client is None:
            raise ProviderUnavailable(NAME, "the voice is closed")
        if not text.strip():
            return
        words = _Words()
        try:
            async with self._client.stream(
                "POST",
                f"/v1/text-to-speech/{self.options.voice_id}/stream/with-timestamps",
                params={"output_format": "ulaw_8000"},
                json=self._body(text),
            ) as response:
                if response.status_code != 200:
                    raise await self._refusal(response)
                async for line in _lines(response):
                    if sound := words.take(self._piece(line)):
                        yield sound
        except httpx.TimeoutException:
            raise ProviderUnavailable(NAME, "the server does not answer") from None
        except httpx.HTTPError as wrong:
            raise ProviderUnavailable(NAME, f"the connection failed ({type(wrong).__name__})") from None
        if not words.sound_bytes:
            raise ProviderUnavailable(NAME, "the server sent no sound")
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

    async def _refusal(self, response: httpx.Response) -> ProviderError:
        """What a response other than 200 means."""
        told = vendor_http.problem(await response.aread())
        if QUOTA in told.codes:
            return ProviderRefused(NAME, USED_UP)
        wait_s = vendor_http.wait_s(response.headers)
        return vendor_http.refusal(NAME, response.status_code, told, ADVICE, secret=self._key, wait_s=wait_s)

    def _piece(self, line: bytes) -> _Piece:
        """The piece in a line. Raises what an error in its place means."""
        try:
            piece = msgspec.json.decode(line, type=_Piece)
        except msgspec.DecodeError:
            raise ProviderUnavailable(
                NAME, "the server sent something that is no sound with timestamps"
            ) from None
        if piece.audio_base64 is None and piece.alignment is None:
            told = vendor_http.problem(line)
            if told.reason or told.codes:
                raise vendor_http.broken_off(NAME, told, ADVICE, secret=self._key, quota={QUOTA: USED_UP})
        return piece


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    """The lines of an answer that say something. Raises `ProviderUnavailable` for one without an end."""
    lines = Lines()
    try:
        async for piece in response.aiter_bytes():
            for line in lines.feed(piece):
                if line.strip():
                    yield line
    except ValueError:
        raise ProviderUnavailable(NAME, "the server sent a line that has no end") from None
    if (last := lines.finish()).strip():
        yield last


class _Alignment(Struct):
    characters: list[str]
    character_start_times_seconds: list[float]
    character_end_times_seconds: list[float]


class _Piece(Struct):
    audio_base64: str | None = None
    alignment: _Alignment | None = None


class _Words:
    """Characters with times, in pieces, become words with times; a word may span pieces."""

    def __init__(self) -> None:
        self.sound_bytes = 0
        self._word = ""
        self._start_ms = 0
        self._end_ms = 0

    def take(self, piece: _Piece) -> Sound | None:
        """The sound of a piece and the words that it completes."""
        offset_ms = self.sound_bytes // BYTES_PER_MS
        try:
            ulaw = b64decode(piece.audio_base64 or "", validate=True)
        except Base64Error:
            raise ProviderUnavailable(NAME, "the server sent something that is no base64") from None
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
        known_ms = self.sound_bytes // BYTES_PER_MS
        word = WordTiming(self._word, min(self._start_ms, known_ms), min(self._end_ms, known_ms))
        self._word = ""
        return word

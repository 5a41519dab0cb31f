"""Deepgram's live transcription: mu-law goes up as it came from the phone, words come back with positions.

One WebSocket per call. Sound that is not yet transcribed for good is kept, so that a connection that breaks
is replaced and loses no word; one that stays silent when it owes an answer counts as broken too. What the
caller's words mean for the turn is the call core's business.

Deepgram counts seconds from the first byte of a connection; `sound_buffer` turns them into
the caller's timeline.

Follows https://developers.deepgram.com/reference/speech-to-text/listen-streaming,
https://developers.deepgram.com/docs/finalize, …/docs/audio-keep-alive, …/docs/close-stream,
…/docs/stt-troubleshooting-websocket-data-and-net-errors and
…/docs/recovering-from-connection-errors-and-timeouts-when-live-streaming-audio.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..call.commands import FinishTranscription
from ..call.events import (
    TranscriptChanged,
    TranscriptFinal,
    TranscriptionBroke,
    TranscriptionFailed,
    TranscriptionFinished,
)
from ..errors import ProviderError, ProviderUnavailable
from ..providers import addresses, websocket
from ..providers.deepgram import DeepgramCredential
from .base import Emit
from .sound_buffer import SoundBuffer

VENDOR = DeepgramCredential.vendor
HOME = VENDOR.home.replace("https", "wss", 1)
FINALIZE = '{"type":"Finalize"}'
KEEP_ALIVE = '{"type":"KeepAlive"}'
CLOSE_STREAM = '{"type":"CloseStream"}'
KEEP_ALIVE_S = 4.0
"""Deepgram closes a connection that has been silent for ten seconds."""
STALL_S = 3.0
"""A stream that was asked to finalise and then says nothing for this long is replaced. Without such a request
silence proves nothing: a keep-alive is not answered, and there may be nothing to say."""

ADVICE = {403: "the API key may not use this model: give it the right, or choose another `model`"}


class DeepgramOptions(Struct, frozen=True):
    model: str = "nova-3"
    """Deepgram's model."""
    language: str = ""
    """Empty = the assistant's; `multi` for several at once."""
    keyterms: tuple[str, ...] = ()
    """Names and words to expect (nova-3)."""
    endpointing_ms: int = 300
    """After this much silence Deepgram settles what it heard by itself."""
    smart_format: bool = False
    """Write numbers, dates and the like as figures."""
    final_ms: int = 350
    """p99 of the time to a final transcript."""
    finalize_wait_ms: int = 1000
    """Deepgram may leave a request to finalise unanswered; after this long it counts as answered."""
    retries: int = 5
    """Attempts in a row to connect again before transcription fails for good."""
    backoff_ms: int = 200
    """The first new attempt is made at once, the second after this; doubled before each further one."""
    base_url: str = HOME
    """Where its streaming API is; a proxy may have a path."""


class Deepgram:
    """One Deepgram configuration, shared by all calls; each call has a connection of its own."""

    Options = DeepgramOptions
    Credential = DeepgramCredential
    language_option = "language"
    interims = True

    def __init__(self, options: DeepgramOptions, credential: DeepgramCredential) -> None:
        """Raises `ConfigurationError` for an address that cannot be one."""
        self.check_options(options)
        self.options = options
        self.final_ms = options.final_ms
        self._headers = credential.headers()
        self.failures = credential.failures(ADVICE)

    @staticmethod
    def check_options(options: DeepgramOptions) -> None:
        """Raises `ConfigurationError` for options that can never work, whatever the credential."""
        addresses.check_base_url(VENDOR.name, options.base_url, HOME)

    async def start(self) -> None:
        """Nothing to load: connections are opened per call."""

    async def aclose(self) -> None:
        """Nothing to close: each call closes its own."""

    def transcriber(self, emit: Emit, *, language: str) -> DeepgramTranscriber:
        """The ear of one call; it connects when it runs."""
        return DeepgramTranscriber(self, emit, self.options.language or language)

    def address(self, language: str) -> str:
        """The address of a stream in `language`; the key is not part of it."""
        options = self.options
        query = {
            "model": options.model,
            "language": language,
            "encoding": "mulaw",
            "sample_rate": "8000",
            "channels": "1",
            "interim_results": "true",
            "punctuate": "true",
            "smart_format": str(options.smart_format).lower(),
            "endpointing": str(options.endpointing_ms),
        }
        terms = [("keyterm", term) for term in options.keyterms]
        return f"{options.base_url.rstrip('/')}/v1/listen?{urlencode([*query.items(), *terms])}"

    async def connect(self, language: str) -> ClientConnection:
        """Open a stream. Raises `ProviderRefused` or `ProviderUnavailable`."""
        return await websocket.connect(
            self.failures, self.address(language), self._headers, reason_header="dg-error"
        )

    def broke(self, why: str | bytes) -> ProviderUnavailable:
        """A stream that was open broke. `why` is what Deepgram says of it; empty = nothing."""
        told = self.failures.told(why if isinstance(why, bytes) else why.encode()).reason
        return self.failures.unavailable(f"the connection broke: {told}" if told else "the connection broke")


class DeepgramTranscriber:
    """One call's stream. See `stt.base.Transcriber`."""

    def __init__(self, provider: Deepgram, emit: Emit, language: str) -> None:
        self._provider = provider
        self._options = provider.options
        self._emit = emit
        self._language = language
        self._sound = SoundBuffer()
        self._work = asyncio.Event()
        self._waiting: list[FinishTranscription] = []
        """Requests that are not answered, in order."""
        self._asked: deque[FinishTranscription] = deque()
        """For each request to finalise that is under way: the last of `_waiting` that it answers."""
        self._unheard = False
        """The last connection was left without the finals it was asked for."""
        self._reconnection = websocket.Reconnection(
            provider.options.retries, provider.options.backoff_ms / 1000
        )
        self._broke_by: str | bytes = ""
        """What Deepgram said when the last connection broke."""
        self._over = False

    # What the engine calls ----------------------------------------------------------------------------------

    def feed(self, position_ms: int, ulaw: bytes) -> None:
        """Caller sound that begins at `position_ms`."""
        # Deepgram takes an empty message for the end of the stream.
        if ulaw and not self._over:
            self._sound.add(position_ms, ulaw)
            self._work.set()

    def finish(self, request: FinishTranscription) -> None:
        """Answer at once if everything up to there is final already, else have Deepgram finalise it."""
        if self._over:
            return
        self._waiting.append(request)
        if self._sound.settled_ms >= request.end_ms and len(self._waiting) == 1:
            self._answer(1)
            return
        self._work.set()
        wait_s = self._options.finalize_wait_ms / 1000
        asyncio.get_running_loop().call_later(wait_s, self._give_up_on, request)

    async def run(self) -> None:
        """Hold a connection until cancelled; emits `TranscriptionFailed` when none can be had."""
        try:
            await self._stay_connected()
        except ProviderError as failed:
            self._waiting.clear()
            self._emit(TranscriptionFailed(str(failed), failed.provider))
        finally:
            self._over = True

    async def _stay_connected(self) -> None:
        while True:
            try:
                socket = await self._provider.connect(self._language)
                await self._use(socket)
                broken = self._provider.broke(self._broke_by)
            except ProviderUnavailable as away:
                broken = away
            wait_s = self._reconnection.wait_s(broken)
            self._emit(TranscriptionBroke(str(broken), broken.provider))
            await asyncio.sleep(wait_s)

    # One connection -----------------------------------------------------------------------------------------

    async def _use(self, socket: ClientConnection) -> None:
        """Speak and listen until the connection breaks; on cancellation, take leave of it."""
        self._sound.rewind()
        self._asked.clear()
        self._work.set()
        writing: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(None) as patience:
                writing = asyncio.create_task(self._write(socket, patience))
                await self._read(socket, patience)
        except TimeoutError:
            self._unheard = True
        finally:
            if writing is not None:
                writing.cancel()
                await asyncio.wait({writing})
            with suppress(ConnectionClosed, TimeoutError):
                async with asyncio.timeout(websocket.CLOSE_S):
                    await socket.send(CLOSE_STREAM)
            await socket.close()

    async def _write(self, socket: ClientConnection, patience: asyncio.Timeout) -> None:
        with suppress(ConnectionClosed):  # the reader sees it too, and decides
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_S):
                        await self._work.wait()
                except TimeoutError:
                    await socket.send(KEEP_ALIVE)
                    continue
                self._work.clear()
                while (sound := self._sound.next()) is not None:
                    await socket.send(sound)
                if self._waiting and (not self._asked or self._asked[-1] is not self._waiting[-1]):
                    self._asked.append(self._waiting[-1])
                    if patience.when() is None:
                        patience.reschedule(_stalled_at())
                    await socket.send(FINALIZE)
                elif self._unheard:
                    # Nobody waits any more, and there may have been nothing to say: once is enough.
                    await socket.send(FINALIZE)
                self._unheard = False

    async def _read(self, socket: ClientConnection, patience: asyncio.Timeout) -> None:
        self._broke_by = ""
        try:
            async for message in socket:
                try:
                    kind = msgspec.json.decode(message, type=_Kind).type
                    results = msgspec.json.decode(message, type=_Results) if kind == "Results" else None
                except (msgspec.DecodeError, UnicodeDecodeError):
                    # A stream that talks nonsense is replaced like one that broke.
                    self._broke_by = "it sent something that is no transcript"
                    return
                if kind == "Error":
                    self._broke_by = message
                    return
                if results is not None:
                    self._reconnection.succeeded()
                    if patience.when() is not None:
                        patience.reschedule(None if results.is_final else _stalled_at())
                    self._hear(results)
        except ConnectionClosed as closed:
            self._broke_by = "" if closed.rcvd is None else closed.rcvd.reason

    def _hear(self, results: _Results) -> None:
        best = results.channel.alternatives[0] if results.channel.alternatives else _Alternative()
        words = best.words
        # The words' own times where there are some: the result's span has the silence around them too.
        start_ms = self._sound.position_ms(words[0].start if words else results.start)
        end_ms = self._sound.position_ms(words[-1].end if words else results.start + results.duration)
        if not results.is_final:
            if best.transcript:
                self._emit(TranscriptChanged(best.transcript, start_ms, end_ms))
            return
        self._sound.settle(results.start + results.duration)
        if best.transcript:
            confidence = min(max(best.confidence, 0.0), 1.0)
            self._emit(TranscriptFinal(best.transcript, start_ms, end_ms, confidence))
        if results.from_finalize:
            self._finalized()
        self._answer(sum(request.end_ms <= self._sound.settled_ms for request in self._waiting))

    # Answers ------------------------------------------------------------------------------------------------

    def _finalized(self) -> None:
        """The oldest request to finalise that is still of interest is answered.

        Deepgram leaves some unanswered; those whose requests are over by now are passed over.
        """
        while self._asked:
            last = self._asked.popleft()
            if last in self._waiting:
                self._answer(self._waiting.index(last) + 1)
                return

    def _answer(self, count: int) -> None:
        """The first `count` requests have got all their finals."""
        done, self._waiting = self._waiting[:count], self._waiting[count:]
        for request in done:
            self._emit(TranscriptionFinished(request.transcription_id))

    def _give_up_on(self, request: FinishTranscription) -> None:
        """Deepgram need not answer when it has next to nothing to say: this and all before it are over."""
        if request in self._waiting and not self._over:
            self._answer(self._waiting.index(request) + 1)


def _stalled_at() -> float:
    return asyncio.get_running_loop().time() + STALL_S


class _Word(Struct):
    start: float
    end: float


class _Alternative(Struct):
    transcript: str = ""
    confidence: float = 1.0
    words: list[_Word] = []


class _Channel(Struct):
    alternatives: list[_Alternative] = []


class _Kind(Struct):
    type: str = ""


class _Results(Struct):
    """What was heard in a span of the stream; seconds from the connection's first byte."""

    start: float
    duration: float
    channel: _Channel
    is_final: bool = False
    from_finalize: bool = False

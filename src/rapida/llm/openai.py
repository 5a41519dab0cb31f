"""Any server that speaks OpenAI's streaming chat completions: OpenAI, vLLM, llama.cpp, Ollama and others.

One server-sent event at a time becomes a `BrainEvent`; failures become `ProviderRefused` with what to do, or
`ProviderUnavailable`, also where the stream itself ends in an error. When to give up waiting is the call
core's; the time-outs here only keep a dead connection from being held for ever. Written by hand over httpx:
the SDK costs four seconds to import.

Follows https://platform.openai.com/docs/api-reference/chat-streaming and
https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import httpx
from msgspec import Struct

from ..errors import ConfigurationError, ProviderError, ProviderUnavailable
from ..providers import http as vendor_http
from ..providers import outgoing
from ..providers.build import CredentialCheck
from ..providers.line_streams import DONE, JsonEvents
from ..text import template
from .base import BrainEvent, ReplyRequest, TextDelta
from .chat import Answer, chat_messages, chat_tools, fields_of

NAME = "openai"
TIMEOUTS = httpx.Timeout(60.0, connect=5.0)
WARM_UP_S = 2.0
"""How long a start waits for the first connection: callers wait meanwhile."""
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=300.0)

ADVICE = {
    401: "the API key is not accepted: put a valid one into the credential",
    402: "the account has no credit left: add some",
    403: "the API key may not use this model or address: give it the right, or choose another `model`",
    404: "there is no such model or address: check `model` and `base_url`",
}
QUOTA = {"insufficient_quota": ADVICE[402]}


class OpenAIOptions(Struct, frozen=True):
    model: str
    """The model's name as the server knows it."""
    base_url: str = "https://api.openai.com/v1"
    """Everything before `/chat/completions`."""
    temperature: float | None = None
    """Empty = the model's own."""
    max_tokens: int | None = None
    """The longest a reply may be; empty = the model's own."""
    headers: dict[str, str] = {}
    """Further request headers; none of them may be secret."""
    body: dict[str, Any] = {}
    """Further fields of the request (`{"max_completion_tokens": 300}`)."""


class OpenAICredential(Struct, frozen=True):
    api_key: str = ""
    """Empty for servers that ask for none."""


class OpenAICompatible:
    """A model behind one address, shared by all calls of an assistant; its connections are kept open."""

    Options = OpenAIOptions
    Credential = OpenAICredential
    open_ended = True
    # https://platform.openai.com/docs/api-reference/models/list
    credential_check = CredentialCheck("/models", "Authorization", "Bearer {api_key}")

    def __init__(self, options: OpenAIOptions, credential: OpenAICredential) -> None:
        """Raises `ConfigurationError` for an address that cannot be one."""
        self.check_options(options)
        self.options = options
        self._key = vendor_http.sendable(NAME, credential.api_key)
        self._client: httpx.AsyncClient | None = None

    @staticmethod
    def check_options(options: OpenAIOptions) -> None:
        """Raises `ConfigurationError` for options that can never work, whatever the credential."""
        _check(options)

    async def start(self) -> None:
        """Open the pool and a first connection, so that the first reply need not wait for it.

        Raises `AddressRefused` for a host in a private network that nobody allowed.
        """
        headers = dict(self.options.headers)
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        secure = self.options.base_url.startswith("https:")
        # Reading the certificates takes tens of milliseconds, too long for the loop.
        verify: ssl.SSLContext | bool = (
            await asyncio.to_thread(ssl.create_default_context) if secure else True
        )
        self._client = httpx.AsyncClient(
            base_url=self.options.base_url.rstrip("/") + "/",
            headers=headers,
            timeout=TIMEOUTS,
            follow_redirects=False,
            transport=outgoing.transport(NAME, verify=verify, limits=LIMITS),
            trust_env=False,
        )
        # Whatever is wrong, the first reply will tell.
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(WARM_UP_S):
                await self._client.get("models")

    async def aclose(self) -> None:
        """Close every connection; replies in progress fail."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def brain(self, prompt: str, variables: Mapping[str, str]) -> ChatBrain:
        """The thinking of one call; `prompt` is a template of `variables`."""
        system, missing = template.fill(prompt, variables), template.missing(prompt, variables)
        return ChatBrain(self, system, missing)

    async def stream(self, request: ReplyRequest, system: str) -> AsyncIterator[BrainEvent]:
        """One reply. Raises `ProviderRefused` or `ProviderUnavailable`."""
        if self._client is None:
            raise ProviderUnavailable(NAME, "the model is closed")
        answer = Answer(f"call-{request.turn_id}-{len(request.memory)}")
        body = self._body(request, system)
        try:
            async with self._client.stream("POST", "chat/completions", json=body) as response:
                if response.status_code != 200:
                    raise await self._refusal(response)
                async for chunk in _chunks(response):
                    if chunk == DONE:
                        # Read on to the end: only then can the connection be used again.
                        answer.finished = True
                    elif text := answer.take(self._good(chunk)):
                        yield TextDelta(text)
        except httpx.TimeoutException:
            raise ProviderUnavailable(NAME, "the server does not answer") from None
        except httpx.HTTPError as wrong:
            raise ProviderUnavailable(NAME, f"the connection failed ({type(wrong).__name__})") from None
        if not answer.finished:
            raise ProviderUnavailable(NAME, "the stream ended in the middle of the reply")
        for call in answer.calls():
            yield call
        if answer.cut_short is not None:
            yield answer.cut_short
        if answer.usage is not None:
            yield answer.usage

    def _body(self, request: ReplyRequest, system: str) -> dict[str, Any]:
        options = self.options
        body: dict[str, Any] = {
            "model": options.model,
            "messages": chat_messages(system, request.memory),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if options.temperature is not None:
            body["temperature"] = options.temperature
        if options.max_tokens is not None:
            body["max_tokens"] = options.max_tokens
        if request.tools:
            body["tools"] = chat_tools(request.tools)
        return {**body, **options.body}

    async def _refusal(self, response: httpx.Response) -> ProviderError:
        """What a response other than 200 means."""
        told = vendor_http.problem(await response.aread())
        if response.status_code == vendor_http.OVERLOADED and QUOTA.keys() & set(told.codes):
            return vendor_http.broken_off(NAME, told, ADVICE, secret=self._key, quota=QUOTA)
        wait_s = vendor_http.wait_s(response.headers)
        return vendor_http.refusal(NAME, response.status_code, told, ADVICE, secret=self._key, wait_s=wait_s)

    def _good(self, chunk: object) -> object:
        """The chunk. Raises what an error in its place means."""
        fields = fields_of(chunk)
        failed = fields.get("error") or fields.get("object") == "error" or ("detail" in fields)
        if failed and not fields.get("choices"):
            told = vendor_http.problem(chunk)
            raise vendor_http.broken_off(NAME, told, ADVICE, secret=self._key, quota=QUOTA)
        return chunk


class ChatBrain:
    """One call's thinking: every reply sends the whole memory."""

    may_transfer = False
    follows_up = True
    opens = False

    def __init__(self, model: OpenAICompatible, system: str, missing: tuple[str, ...] = ()) -> None:
        self._model = model
        self._system = system
        self.missing = missing

    def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        """Stream a reply; closing it closes its connection. Raises as `LanguageModel` says."""
        return self._model.stream(request, self._system)


_NOT_OURS_TO_SET = {
    "authorization": "belongs into the credential, as api_key",
    "host": "is what base_url names: another one would take the key elsewhere",
}


def _check(options: OpenAIOptions) -> None:
    try:
        url = httpx.URL(options.base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError(
            f"{NAME}: base_url {options.base_url!r} is no address: write it like https://api.openai.com/v1"
        )
    if url.userinfo or url.query:
        raise ConfigurationError(
            f"{NAME}: base_url may hold no key or query: keys belong into the credential"
        )
    if barred := next((name for name in options.headers if name.lower() in _NOT_OURS_TO_SET), None):
        raise ConfigurationError(f"{NAME}: the header {barred} {_NOT_OURS_TO_SET[barred.lower()]}")
    for name, value in options.headers.items():
        if problem := vendor_http.problem_of_header(name, value):
            raise ConfigurationError(f"{NAME}: {problem}")


async def _chunks(response: httpx.Response) -> AsyncIterator[Any]:
    """The JSON values of a streamed answer, or of one that came whole. Raises `ProviderUnavailable`."""
    events = JsonEvents()
    try:
        async for piece in response.aiter_bytes():
            for value in events.feed(piece):
                yield value
        for value in events.finish():
            yield value
    except ValueError:
        raise ProviderUnavailable(NAME, "the server sent something that is no chat completion") from None

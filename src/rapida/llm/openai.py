"""Any server that speaks OpenAI's streaming chat completions: OpenAI, vLLM, llama.cpp, Ollama and others.

One server-sent event at a time becomes a `BrainEvent`; failures become `ProviderRefused` with what to do, or
`ProviderUnavailable`. When to give up waiting is the call core's; the time-outs here only keep a dead
connection from being held for ever. Written by hand over httpx: the SDK costs four seconds to import.

Follows https://platform.openai.com/docs/api-reference/chat-streaming and
https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Never

import httpx
import msgspec
from msgspec import Struct

from .. import outgoing
from ..errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from ..provider import CredentialCheck
from ..text import template
from .base import BrainEvent, ReplyRequest, TextDelta
from .chat import Answer, Chunk, chat_messages, chat_tools

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
RETRYABLE = frozenset({408, 409, 425, 429})
QUOTA = "insufficient_quota"


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
        self._key = credential.api_key.strip()  # pasted with its line's end, it would break every request
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
                    await self._refuse(response)
                async for line in response.aiter_lines():
                    if not line.startswith("data:"):
                        continue  # the blank line behind an event, a comment that keeps the line open
                    data = line.removeprefix("data:").strip()
                    if data == "[DONE]":
                        # Read on to the end: only then can the connection be used again.
                        answer.finished = True
                    elif text := answer.take(_chunk(data)):
                        yield TextDelta(text)
        except httpx.TimeoutException:
            raise ProviderUnavailable(NAME, "the server does not answer") from None
        except httpx.HTTPError as wrong:
            raise ProviderUnavailable(NAME, f"the connection failed ({type(wrong).__name__})") from None
        if not answer.finished:
            raise ProviderUnavailable(NAME, "the stream ended in the middle of the reply")
        for call in answer.calls():
            yield call
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

    async def _refuse(self, response: httpx.Response) -> Never:
        """Raise what a response other than 200 means."""
        status = response.status_code
        code, message = _problem(await response.aread())
        if status == 429 and code == QUOTA:
            raise ProviderRefused(NAME, ADVICE[402])
        if status >= 500 or status in RETRYABLE:
            raise ProviderUnavailable(NAME, f"the server is overloaded or failing (HTTP {status})")
        advice = ADVICE.get(status)
        if advice is None and status < 400:
            advice = f"the address answers with a redirection (HTTP {status}): check `base_url`"
        if advice is None:
            # Only here the server's own words help; a server may repeat the key that it was given.
            told = message.replace(self._key, "…") if self._key else message
            advice = f"the request is refused (HTTP {status}): {told or 'no reason given'}: check the options"
        raise ProviderRefused(NAME, advice)


class ChatBrain:
    """One call's thinking: every reply sends the whole memory."""

    may_transfer = False
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


def _chunk(data: str) -> Chunk:
    try:
        chunk = msgspec.json.decode(data, type=Chunk)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProviderUnavailable(NAME, "the server sent something that is no chat completion") from None
    if chunk.error is not None:
        raise ProviderUnavailable(NAME, "the server broke off the reply with an error")
    return chunk


class _ErrorDetail(Struct):
    message: str = ""
    code: str | int | None = None


class _ErrorBody(Struct):
    error: _ErrorDetail | str = ""


def _problem(body: bytes) -> tuple[str, str]:
    """The code and the sentence of an error body, as far as it has them."""
    try:
        error = msgspec.json.decode(body, type=_ErrorBody).error
    except msgspec.DecodeError:
        return "", ""
    if isinstance(error, str):
        return "", error[:300]
    return str(error.code or ""), error.message[:300]

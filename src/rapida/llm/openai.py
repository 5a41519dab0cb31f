"""Any server that speaks OpenAI's streaming chat completions: OpenAI, vLLM, llama.cpp, Ollama and others.

One server-sent event at a time becomes a `BrainEvent`; failures become `ProviderRefused` with what to do, or
`ProviderUnavailable`, also where the stream itself ends in an error. When to give up waiting is the call
core's; the time-outs here only keep a dead connection from being held for ever. Written by hand over httpx:
the SDK costs four seconds to import.

Follows https://platform.openai.com/docs/api-reference/chat-streaming and
https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from msgspec import Struct

from ..errors import ConfigurationError
from ..providers import addresses, http
from ..providers.line_streams import DONE
from ..providers.openai import OpenAICredential
from ..text import template
from .base import BrainEvent, ReplyRequest, TextDelta
from .chat import ChatAnswer, chat_messages, chat_tools, fields_of

VENDOR = OpenAICredential.vendor
ADVICE = {
    403: "the API key may not use this model or address: give it the right, or choose another `model`",
    404: "there is no such model or address: check `model` and `base_url`",
}
_NOT_OURS_TO_SET = {
    "authorization": "belongs into the credential, as api_key",
    "host": "is what base_url names: another one would take the key elsewhere",
}


class OpenAIOptions(Struct, frozen=True):
    model: str
    """The model's name as the server knows it."""
    base_url: str = VENDOR.home
    """Everything before `/chat/completions`."""
    temperature: float | None = None
    """Empty = the model's own."""
    max_tokens: int | None = None
    """The longest a reply may be; empty = the model's own."""
    headers: dict[str, str] = {}
    """Further request headers; none of them may be secret."""
    body: dict[str, Any] = {}
    """Further fields of the request (`{"max_completion_tokens": 300}`)."""


class OpenAICompatible:
    """A model behind one address, shared by all calls of an assistant; its connections are kept open."""

    Options = OpenAIOptions
    Credential = OpenAICredential
    open_ended = True

    def __init__(self, options: OpenAIOptions, credential: OpenAICredential) -> None:
        """Raises `ConfigurationError` for an address that cannot be one."""
        self.check_options(options)
        self.options = options
        self._failures = credential.failures(ADVICE)
        headers = {**options.headers, **credential.headers()}
        self._client = http.Client(self._failures, options.base_url, headers)

    @staticmethod
    def check_options(options: OpenAIOptions) -> None:
        """Raises `ConfigurationError` for options that can never work, whatever the credential."""
        addresses.check_base_url(VENDOR.name, options.base_url, VENDOR.home)
        if wrong := http.problem_of_headers(options.headers, _NOT_OURS_TO_SET):
            raise ConfigurationError(f"{VENDOR.name}: {wrong}")

    async def start(self) -> None:
        """Open the pool and a first connection, so that the first reply need not wait for it.

        Raises `AddressRefused` for a host in a private network that nobody allowed.
        """
        await self._client.open(warm_up="models")

    async def aclose(self) -> None:
        """Close every connection; replies in progress fail."""
        await self._client.aclose()

    def brain(self, prompt: str, variables: Mapping[str, str]) -> ChatBrain:
        """The thinking of one call; `prompt` is a template of `variables`."""
        system, missing = template.fill(prompt, variables), template.missing(prompt, variables)
        return ChatBrain(self, system, missing)

    async def stream(self, request: ReplyRequest, system: str) -> AsyncIterator[BrainEvent]:
        """One reply. Raises `ProviderRefused` or `ProviderUnavailable`."""
        answer = ChatAnswer(f"call-{request.turn_id}-{len(request.memory)}")
        async with self._client.post("chat/completions", self._body(request, system)) as streamed:
            async for chunk in streamed.json_events():
                if chunk == DONE:
                    # Read on to the end: only then can the connection be used again.
                    answer.finished = True
                elif text := answer.take(self._good(chunk)):
                    yield TextDelta(text)
        if not answer.finished:
            raise self._failures.unavailable("the stream ended in the middle of the reply")
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

    def _good(self, chunk: object) -> object:
        """The chunk. Raises what an error in its place means."""
        fields = fields_of(chunk)
        failed = fields.get("error") or fields.get("object") == "error" or ("detail" in fields)
        if failed and not fields.get("choices"):
            raise self._failures.in_stream(self._failures.told(chunk))
        return chunk


class ChatBrain:
    """One call's thinking: every reply sends the whole memory."""

    may_transfer = False
    follows_up = True
    opens = False
    answers = ()

    def __init__(self, model: OpenAICompatible, system: str, missing: tuple[str, ...] = ()) -> None:
        self._model = model
        self._system = system
        self.missing = missing

    def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        """Stream a reply; closing it closes its connection. Raises as `LanguageModel` says."""
        return self._model.stream(request, self._system)

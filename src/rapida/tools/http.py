"""A tool that is an HTTP request: declared by whoever configures the assistant, called by its model.

Decides what of the answer the model reads; how arguments become a request is `request.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import httpx
from msgspec import Struct, field

from ..call.tool_requests import CALL_TOOLS, ToolSpec
from ..errors import ConfigurationError, ProviderError
from ..providers import addresses
from ..providers.http import Client, beginning, problem_of_headers, sendable
from ..providers.refusals import Failures, may_pass, redacted
from . import request
from .base import ToolCaller
from .schema import Parameters

NAME = "http"
READ_AT_MOST = 256 * 1024
"""How much of an answer is read, in bytes: far more than a model may be given, and little to hold."""
IDLE_S = 30.0
"""How long an unused connection is kept. What a tool asked may have been done, so it is not asked again: it
should not meet a connection that a firewall has forgotten."""
_NOT_OURS_TO_SET = {"host": "names the host, as its url does: leave it out"}


class HttpToolOptions(Struct, frozen=True):
    name: str
    """What the model calls it: letters, digits, _ and -."""
    description: str
    """What it does and when to use it, for the model."""
    url: str
    """The address. In its path and query `{{parameter}}` is filled in with an argument and `{{call.name}}`
    with a variable of the call, such as `{{call.client_number}}`."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """GET and DELETE send the arguments in the address, the others as a JSON body."""
    parameters: dict[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema of the arguments. Those that the address does not take go into the query (GET, DELETE) or
    into a JSON body."""
    headers: dict[str, str] = {}
    """Further request headers, `{{call.name}}` filled in; secret ones belong into the credential."""
    body: dict[str, Any] = {}
    """Further fields of the JSON body, `{{call.name}}` filled in; an argument of that name replaces one."""
    timeout_ms: int = 10_000
    """An answer that takes longer has failed."""
    deadline_ms: int = 0
    """When the call gives up on it; 0 = the assistant's default."""
    result_chars: int = 4000
    """The model reads no more than this of an answer."""


class HttpToolCredential(Struct, frozen=True):
    header: str = "Authorization"
    """The name of the header that carries it."""
    value: str = ""
    """The header's whole value, such as `Bearer …`; empty = no such header."""


class HttpTool:
    """One declared request."""

    Options = HttpToolOptions
    Credential = HttpToolCredential

    def __init__(self, options: HttpToolOptions, credential: HttpToolCredential) -> None:
        """Raises `ConfigurationError` for a declaration that no request could follow."""
        self.check_options(options)
        secret = sendable(f"tool {options.name!r}", credential.value)
        header = {credential.header: secret} if secret else {}
        if problem := problem_of_headers(header, _NOT_OURS_TO_SET):
            raise ConfigurationError(f"tool {options.name!r}: its credential: {problem}")
        self._options = options
        self._parameters = Parameters(options.parameters)
        self._header = header
        self._failures = Failures(f"{NAME} tool {options.name}", (secret,), server="the address")
        home = "://".join(addresses.origin(options.url))
        self._client = Client(self._failures, home, silence_s=options.timeout_ms / 1000, idle_s=IDLE_S)
        self.spec = ToolSpec(options.name, options.description, self._parameters.told)
        self.deadline_ms = options.deadline_ms

    @staticmethod
    def check_options(options: HttpToolOptions) -> None:
        """Raises `ConfigurationError` for options that can never work, whatever the credential."""
        if problem := _problem(options):
            raise ConfigurationError(f"tool {options.name!r}: {problem}")

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        """The answer's text. Raises `ProviderRefused`, `ProviderUnavailable`, or `ValueError`."""
        self._parameters.check(arguments)
        options = self._options
        try:
            asked = request.of(options.method, options.url, options.headers, options.body, arguments, caller)
        except request.NoSuchVariable as missing:
            raise self._failures.refused(f"this call has no variable {missing}") from None
        asked["headers"].update(self._header)
        await self._client.open()
        async with self._client.ask(**asked) as response:
            text = self._told(await _text(response))
        if problem := self._problem_of(response.status_code, text):
            raise problem
        return text

    async def aclose(self) -> None:
        """Close every connection; a request in progress fails."""
        await self._client.aclose()

    def _told(self, text: str) -> str:
        """What the model may read of an answer: not the secret, which a server may repeat."""
        text, most = redacted(text, self._failures.secrets), self._options.result_chars
        return text if len(text) <= most else f"{text[:most]}… (cut: the answer is longer)"

    def _problem_of(self, status: int, text: str) -> ProviderError | None:
        """Why an answer is no good one, for the model to read."""
        if 300 <= status < 400:
            return self._failures.refused(f"the address redirects (HTTP {status}); write its final address")
        if may_pass(status):
            return self._failures.unavailable(f"HTTP {status}: {text}")
        return self._failures.refused(f"HTTP {status}: {text}") if status >= 400 else None


def _problem(options: HttpToolOptions) -> str:
    """What is wrong with a declaration; empty = nothing."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", options.name) or options.name in CALL_TOOLS:
        return f"its name must be letters, digits, _ and -, and none of {', '.join(sorted(CALL_TOOLS))}"
    if not addresses.is_address(options.url):
        return "its url must begin with http:// or https:// and a plain host, with no user, key or fragment"
    if problem := problem_of_headers(options.headers, _NOT_OURS_TO_SET):
        return problem
    if options.body and options.method in request.WITHOUT_BODY:
        return f"a {options.method} has no body: write further fields into the query of its url"
    try:
        parameters = Parameters(options.parameters)
    except ConfigurationError as wrong:
        return str(wrong)
    return _problem_of_slots(options, parameters)


def _problem_of_slots(options: HttpToolOptions, parameters: Parameters) -> str:
    """Whether everything that is to be filled in will be there."""
    for name in request.arguments_of(options.url):
        if name not in parameters.properties or name not in parameters.required:
            return f"its url uses {{{{{name}}}}}: declare it under parameters.properties and as required"
    for where, text in (("headers", options.headers), ("body", options.body)):
        if foreign := next(iter(request.arguments_of(text)), ""):
            return (
                f"its {where} use {{{{{foreign}}}}}: only variables of the call are filled in there, as in "
                "{{call.client_number}}"
            )
    return ""


async def _text(response: httpx.Response) -> str:
    """The beginning of a response's body, as text."""
    body = await beginning(response.aiter_bytes(), READ_AT_MOST)
    try:
        return body.decode(response.encoding or "utf-8", errors="replace")
    except LookupError:  # an encoding that Python does not know
        return body.decode(errors="replace")

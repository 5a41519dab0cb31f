"""A tool that is an HTTP request: declared by whoever configures the assistant, called by its model.

Decides what of the answer the model reads; how arguments become a request is `request.py`'s. The
connection is made in one place, `_connect`, so that there is one place to guard it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
from msgspec import Struct, field

from ..call.tool_requests import CALL_TOOLS, ToolSpec
from ..errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from ..providers import http as vendor_http
from ..providers import outgoing
from . import request
from .base import ToolCaller
from .schema import Parameters

NAME = "http"
READ_AT_MOST = 256 * 1024
RETRYABLE = frozenset({408, 425, 429})


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
        secret = vendor_http.sendable(f"tool {options.name!r}", credential.value)
        if problem := _problem_of_header(credential.header, secret):
            raise ConfigurationError(f"tool {options.name!r}: its credential: {problem}")
        self._options = options
        self._parameters = Parameters(options.parameters)
        self._secret = secret
        self._header = {credential.header: secret} if secret else {}
        self._tls: ssl.SSLContext | None = None
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
            raise self._failed(ProviderRefused, f"this call has no variable {missing}") from None
        asked["headers"].update(self._header)
        try:
            async with self._connect() as client, client.stream(**asked) as response:
                text = await _text(response)
        except httpx.TimeoutException:
            raise self._failed(ProviderUnavailable, "the address does not answer") from None
        except httpx.HTTPError as wrong:
            reason = f"the connection failed ({type(wrong).__name__})"
            raise self._failed(ProviderUnavailable, reason) from None
        return self._judge(response.status_code, text)

    @asynccontextmanager
    async def _connect(self) -> AsyncGenerator[httpx.AsyncClient]:
        """The only place where connections are made, to public addresses; no redirections are followed.

        A client for each request: a tool has no end of life at which a pool could be closed.
        """
        if self._tls is None and self._options.url.startswith("https:"):
            # Reading the certificates takes tens of milliseconds, too long for the loop.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        async with httpx.AsyncClient(
            timeout=self._options.timeout_ms / 1000,
            follow_redirects=False,
            transport=outgoing.transport(f"{NAME} tool {self._options.name}", verify=self._tls or True),
            trust_env=False,
        ) as client:
            yield client

    def _judge(self, status: int, text: str) -> str:
        """The text, cut to size, if the answer is a good one."""
        if len(text) > self._options.result_chars:
            text = f"{text[: self._options.result_chars]}… (cut: the answer is longer)"
        if 300 <= status < 400:
            raise self._failed(
                ProviderRefused, f"the address redirects (HTTP {status}); write its final address"
            )
        if status >= 500 or status in RETRYABLE:
            raise self._failed(ProviderUnavailable, f"HTTP {status}: {text}")
        if status >= 400:
            raise self._failed(ProviderRefused, f"HTTP {status}: {text}")
        return text

    def _failed(self, kind: type[ProviderError], reason: str) -> ProviderError:
        """An error for the model to read; a server may repeat the secret that it was given."""
        told = reason.replace(self._secret, "…") if self._secret else reason
        return kind(f"{NAME} tool {self._options.name}", told)


def _problem(options: HttpToolOptions) -> str:
    """What is wrong with a declaration; empty = nothing."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", options.name) or options.name in CALL_TOOLS:
        return f"its name must be letters, digits, _ and -, and none of {', '.join(sorted(CALL_TOOLS))}"
    if not _is_address(options.url):
        return "its url must begin with http:// or https:// and a plain host, with no user, key or fragment"
    for name, value in options.headers.items():
        if problem := _problem_of_header(name, value):
            return problem
    if options.body and options.method in request.WITHOUT_BODY:
        return f"a {options.method} has no body: write further fields into the query of its url"
    try:
        parameters = Parameters(options.parameters)
    except ConfigurationError as wrong:
        return str(wrong)
    return _problem_of_slots(options, parameters)


def _is_address(url: str) -> bool:
    if not re.fullmatch(r"https?://[^/\\@?#{}\s]+([/?][^@#]*)?", url):
        return False
    try:
        return bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False


def _problem_of_header(name: str, value: str) -> str:
    if name.lower() == "host":
        return "its host is what its url names: leave the header Host out"
    return vendor_http.problem_of_header(name, value)


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
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= READ_AT_MOST:
            break
    try:
        return body[:READ_AT_MOST].decode(response.encoding or "utf-8", errors="replace")
    except LookupError:  # an encoding that Python does not know
        return body[:READ_AT_MOST].decode(errors="replace")

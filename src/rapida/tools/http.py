"""A tool that is an HTTP request: declared by whoever configures the assistant, called by its model.

Decides how arguments become a request and what of the answer the model reads. The connection is made in one
place, `_connect`, so that there is one place to guard it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import quote

import httpx
from msgspec import Struct, field

from .. import outgoing
from ..errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from ..llm.base import ToolSpec
from ..text import template
from .schema import check_arguments, problem_of_schema, properties_of

NAME = "http"
RESERVED = frozenset({"end_call", "transfer_call"})
"""Names of the tools that every call has by itself."""
READ_AT_MOST = 256 * 1024
RETRYABLE = frozenset({408, 425, 429})


class HttpToolOptions(Struct, frozen=True):
    name: str
    """What the model calls it: letters, digits, _ and -."""
    description: str
    """What it does and when to use it, for the model."""
    url: str
    """The address; `{{parameter}}` in its path or query is filled in."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """GET and DELETE send the arguments in the address, the others as a JSON body."""
    parameters: dict[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema of the arguments. Those that the address does not take go into the query (GET, DELETE) or
    into a JSON body."""
    headers: dict[str, str] = {}
    """Further request headers; secret ones belong into the credential."""
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
        if problem := _problem(options, (*options.headers, credential.header)):
            raise ConfigurationError(f"tool {options.name!r}: {problem}")
        self._options = options
        self._secret = credential.value
        self._headers = dict(options.headers)
        if credential.value:
            self._headers[credential.header] = credential.value
        self._tls: ssl.SSLContext | None = None
        self.spec = ToolSpec(options.name, options.description, options.parameters)
        self.deadline_ms = options.deadline_ms

    async def run(self, arguments: Mapping[str, Any], *, conversation_id: int) -> str:
        """The answer's text. Raises `ProviderRefused`, `ProviderUnavailable`, or `ValueError`."""
        check_arguments(self._options.parameters, arguments)
        request = self._request(arguments)
        try:
            async with self._connect() as client, client.stream(**request) as response:
                text = await _text(response)
        except httpx.TimeoutException:
            raise self._failed(ProviderUnavailable, "the address does not answer") from None
        except httpx.HTTPError as wrong:
            reason = f"the connection failed ({type(wrong).__name__})"
            raise self._failed(ProviderUnavailable, reason) from None
        return self._judge(response.status_code, text)

    def _request(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        options = self._options
        in_address = {name: _in_path(name, arguments) for name in template.names(options.url)}
        rest = {name: value for name, value in arguments.items() if name not in in_address}
        request: dict[str, Any] = {
            "method": options.method,
            "url": httpx.URL(template.fill(options.url, in_address)),
        }
        if options.method in ("GET", "DELETE"):
            request["url"] = request["url"].copy_merge_params(
                {name: _text_of(value) for name, value in rest.items()}
            )
        else:
            request["json"] = rest
        return request

    @asynccontextmanager
    async def _connect(self) -> AsyncGenerator[httpx.AsyncClient]:
        """The only place where connections are made, to public addresses; no redirections are followed.

        A client for each request: a tool has no end of life at which a pool could be closed.
        """
        if self._tls is None and self._options.url.startswith("https:"):
            # Reading the certificates takes tens of milliseconds, too long for the loop.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        async with httpx.AsyncClient(
            headers=self._headers,
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


def _problem(options: HttpToolOptions, headers: Collection[str]) -> str:
    """What is wrong with a declaration; empty = nothing."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", options.name) or options.name in RESERVED:
        return f"its name must be letters, digits, _ and -, and none of {', '.join(sorted(RESERVED))}"
    if not re.fullmatch(r"https?://[^/@?#{}]+([/?][^@#]*)?", options.url):
        return "its url must begin with http:// or https:// and a plain host, with no user, key or fragment"
    if any(name.lower() == "host" for name in headers):
        return "its host is what its url names: leave the header Host out"
    if problem := problem_of_schema(options.parameters):
        return problem
    for name in template.names(options.url):
        if name not in properties_of(options.parameters) or name not in options.parameters.get(
            "required", ()
        ):
            return f"its url uses {{{{{name}}}}}: declare it under parameters.properties and as required"
    return ""


def _in_path(name: str, arguments: Mapping[str, Any]) -> str:
    text = _text_of(arguments[name])
    if text in ("", ".", ".."):
        raise ValueError(f"{name} must not be {text!r}")
    return quote(text, safe="")


def _text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def _text(response: httpx.Response) -> str:
    """The beginning of a response's body, as text."""
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= READ_AT_MOST:
            break
    return body[:READ_AT_MOST].decode(response.encoding or "utf-8", errors="replace")

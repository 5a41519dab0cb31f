"""The phone's way out: signed HTTP requests as Twilio sends them, and where a public address really leads.

URLs are signed as they stand in public, whatever `connect` maps them to. Retries follow Twilio's connection
overrides (`#rc=2&rp=ct,rt,5xx`, never sent and not signed): by default one more try, and only when no
connection came about. All tries together have 15 s.
"""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, cast
from urllib.parse import parse_qs, urldefrag, urlencode, urlsplit

import httpx
from twilio.request_validator import RequestValidator

from ...errors import ConfigurationError
from .chaos import Signature
from .faults import LineFault

LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2.0)
"""Idle connections go before servers close them, usually after 5 s: what meets that is not sent again."""


@dataclass(frozen=True)
class Account:
    """A Twilio account. The token signs; it is never shown."""

    sid: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Exchange:
    """One request of the phone and its answer. `status` is None when none came; `failure` then says why.

    `connected` is false where the connection itself could not be made.
    """

    method: str
    url: str
    form: Mapping[str, str]
    token: str
    status: int | None = None
    content_type: str | None = None
    body: bytes = b""
    failure: str = ""
    connected: bool = True
    attempts: int = 1

    def raise_for_failure(self) -> None:
        """Raises `LineFault` 11205 or 11200 unless the answer was a success."""
        if self.status is None:
            raise LineFault(11205, self.failure)
        if not 200 <= self.status < 300:
            raise LineFault(11200, f"it answered {self.status}")


@dataclass(frozen=True)
class Overrides:
    """What a URL's fragment asks of the retries."""

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 15.0
    """For all tries together."""

    @classmethod
    def of(cls, fragment: str) -> Overrides:
        asked = {key: values[-1] for key, values in parse_qs(fragment).items()}

        def number(key: str, default: int, least: int, most: int) -> int:
            written = asked.get(key, "")
            return min(most, max(least, int(written))) if written.isdecimal() else default

        return cls(
            retries=number("rc", 1, 0, 5),
            policy=frozenset(asked.get("rp", "ct").split(",")),
            connect_s=number("ct", 5000, 100, 10_000) / 1000,
            read_s=number("rt", 15_000, 100, 15_000) / 1000,
            total_s=number("tt", 15_000, 100, 15_000) / 1000,
        )

    def asks_again(self, exchange: Exchange) -> bool:
        if exchange.status is None:
            kind = "rt" if exchange.connected else "ct"
        elif exchange.status < 400:
            return False
        else:
            kind = "4xx" if exchange.status < 500 else "5xx"
        return kind in self.policy or "all" in self.policy


class _Signer(Protocol):
    def compute_signature(self, uri: str, params: Mapping[str, str]) -> str: ...


class Network:
    """One account's requests. With `connect` ("HOST:PORT") every public address leads there, unencrypted."""

    def __init__(self, account: Account, connect: str | None = None) -> None:
        self.account = account
        self.connect = split_address(connect) if connect else None
        self._signer = cast("_Signer", RequestValidator(account.token))
        self._forger = cast("_Signer", RequestValidator(account.token[::-1] + "0"))
        # A proxy of the environment is for the open internet, never for a mapped address.
        self._client = httpx.AsyncClient(
            trust_env=self.connect is None, verify=_tls(self.connect), limits=LIMITS
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    def proof(self, url: str, form: Mapping[str, str], signature: Signature = "valid") -> dict[str, str]:
        """The signature header for a public URL, honest, forged or left out."""
        if signature == "missing":
            return {}
        signer = self._signer if signature == "valid" else self._forger
        return {"X-Twilio-Signature": signer.compute_signature(url, form)}

    async def request(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        method: str = "POST",
        signature: Signature = "valid",
        token: str | None = None,
    ) -> Exchange:
        """Send one webhook or callback, with the retries its URL asks for; an answer or none, it returns."""
        address, fragment = urldefrag(url)
        overrides = Overrides.of(fragment)
        if method == "GET" and form:
            address = f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(form)}"
        body = urlencode(form) if method == "POST" else ""
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": token or str(uuid.uuid4()),
            **self.proof(address, form if method == "POST" else {}, signature),
        }
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        asked = Exchange(method, address, form, headers["I-Twilio-Idempotency-Token"], attempts=0)
        return await self._answered(asked, headers, body, overrides)

    async def _answered(
        self, asked: Exchange, headers: dict[str, str], body: str, overrides: Overrides
    ) -> Exchange:
        """The answer to the last try that its retries allow, within the time of all tries together."""
        last = asked
        try:
            async with asyncio.timeout(overrides.total_s):
                while last.attempts <= overrides.retries:
                    last = await self._once(
                        replace(asked, attempts=last.attempts + 1), headers, body, overrides
                    )
                    if not overrides.asks_again(last):
                        break
        except TimeoutError:
            failure = f"no answer within {overrides.total_s:g} s in all"
            last = replace(asked, attempts=last.attempts + 1, failure=failure)
        return last

    async def _once(
        self, begun: Exchange, headers: dict[str, str], body: str, overrides: Overrides
    ) -> Exchange:
        try:
            answer = await self._client.request(
                begun.method,
                self.leads_to(begun.url),
                content=body,
                headers={**headers, "Host": urlsplit(begun.url).netloc.rpartition("@")[2]},
                timeout=httpx.Timeout(overrides.read_s, connect=overrides.connect_s),
            )
        except httpx.ReadTimeout:
            return replace(begun, failure=f"no answer within {overrides.read_s:g} s")
        except (httpx.RequestError, httpx.InvalidURL) as wrong:
            connected = not isinstance(wrong, httpx.ConnectError | httpx.ConnectTimeout)
            failure = f"{type(wrong).__name__}: {wrong}" if connected else self._nobody(wrong)
            return replace(begun, failure=failure, connected=connected)
        return replace(
            begun,
            status=answer.status_code,
            content_type=answer.headers.get("content-type"),
            body=answer.content,
        )

    def _nobody(self, wrong: Exception) -> str:
        """Why a connection did not come about, and what to do where it was to lead to a server of ours."""
        reason = f"{type(wrong).__name__}: {wrong}"
        if self.connect is None:
            return reason
        host, port = self.connect
        return (
            f"nobody answers at {host}:{port} ({reason}): start the server with `rapida serve`, or name "
            "where it runs with --connect HOST:PORT"
        )

    def leads_to(self, url: str) -> str:
        """The address a public HTTP URL is really asked at."""
        if self.connect is None:
            return url
        host, port = self.connect
        parts = urlsplit(url)
        netloc = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return parts._replace(scheme="http", netloc=netloc).geturl()


def split_address(address: str) -> tuple[str, int]:
    """ "HOST:PORT" → both. Raises `ConfigurationError`."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ConfigurationError(f"write an address as HOST:PORT, such as 127.0.0.1:8080, not {address!r}")
    return host.strip("[]"), int(port)


def _tls(connect: tuple[str, int] | None) -> ssl.SSLContext | bool:
    """Reading the trusted certificates takes 20 ms: spared where nothing is encrypted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if connect else True

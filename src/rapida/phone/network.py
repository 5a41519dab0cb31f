"""The phone's way out: signed HTTP requests as Twilio sends them, and where a public address really leads.

URLs are signed as they stand in public, whatever `connect` maps them to. Retries follow Twilio's connection
overrides (`#rc=2&rp=ct,rt,5xx`, never sent and not signed): by default one more try, and only when no
connection came about.
"""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast
from urllib.parse import parse_qs, urldefrag, urlencode, urlsplit

import httpx
from twilio.request_validator import RequestValidator

from ..errors import ConfigurationError
from .chaos import Signature
from .faults import LineFault


@dataclass(frozen=True)
class Account:
    """A Twilio account. The token signs; it is never shown."""

    sid: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Exchange:
    """One request of the phone and its answer. `status` is None when none came; `failure` then says why."""

    method: str
    url: str
    form: Mapping[str, str]
    token: str
    status: int | None = None
    content_type: str | None = None
    body: bytes = b""
    failure: str = ""
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
        )

    def asks_again(self, exchange: Exchange) -> bool:
        if exchange.status is None:
            kind = "rt" if exchange.failure.startswith("no answer") else "ct"
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
        self._client = httpx.AsyncClient(trust_env=self.connect is None, verify=_tls(self.connect))

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
        exchange = Exchange(method, address, form, headers["I-Twilio-Idempotency-Token"])
        for attempt in range(1, overrides.retries + 2):
            exchange = await self._once(exchange, headers, body, overrides, attempt)
            if not overrides.asks_again(exchange):
                break
        return exchange

    async def _once(
        self, asked: Exchange, headers: dict[str, str], body: str, overrides: Overrides, attempt: int
    ) -> Exchange:
        timeout = httpx.Timeout(overrides.read_s, connect=overrides.connect_s)
        begun = Exchange(asked.method, asked.url, asked.form, asked.token, attempts=attempt)
        try:
            answer = await self._client.request(
                asked.method,
                self.leads_to(asked.url),
                content=body,
                headers={**headers, "Host": urlsplit(asked.url).netloc.rpartition("@")[2]},
                timeout=timeout,
            )
        except httpx.ReadTimeout:
            return _failed(begun, f"no answer within {overrides.read_s:g} s")
        except (httpx.TransportError, httpx.InvalidURL) as wrong:
            return _failed(begun, f"{type(wrong).__name__}: {wrong}")
        return Exchange(
            asked.method,
            asked.url,
            asked.form,
            asked.token,
            status=answer.status_code,
            content_type=answer.headers.get("content-type"),
            body=answer.content,
            attempts=attempt,
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


def _failed(begun: Exchange, failure: str) -> Exchange:
    return Exchange(
        begun.method, begun.url, begun.form, begun.token, failure=failure, attempts=begun.attempts
    )


def _tls(connect: tuple[str, int] | None) -> ssl.SSLContext | bool:
    """Reading the trusted certificates takes 20 ms: spared where nothing is encrypted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if connect else True

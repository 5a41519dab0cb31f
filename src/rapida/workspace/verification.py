"""Asking a provider whether a credential still opens its door, without doing anything there.

It decides whom to ask, where, and what the answer means. A secret goes to the provider's own host or to the
one its credential names, at an address that `outgoing.py` has looked at; a redirection is not followed, and
nothing that the host says is repeated, except its name for the account, and that without the secret.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Final

import httpx

from .. import telephony
from ..errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from ..providers import outgoing
from ..providers.build import CredentialCheck
from ..store.credentials import Credential
from . import catalogue

TIMEOUT_S: Final = 10.0
"""The longest that name, connection and answer may take together."""
MOST_BYTES: Final = 64 * 1024
"""How much of an answer is read; what matters stands at its beginning."""

ADVICE: Final = {
    401: "the key is not accepted: enter a valid one",
    402: "the account has no credit left: add some",
    403: "the key is not accepted here, or may not look at its own account: check its rights",
    404: "there is no such address: check `base_url`",
}
KNOWN_BUT_LIMITED: Final = frozenset({401, 403})
RETRYABLE: Final = frozenset({408, 409, 425, 429})


async def verify(credential: Credential, secret: Mapping[str, str], api_urls: Mapping[str, str]) -> str:
    """The provider's name for the account, "" when it says none.

    `api_urls` says where carriers are, unless the credential names another host. Raises `ConfigurationError`
    for a provider that cannot be asked, `ProviderRefused` (`AddressRefused` for a private host) or
    `ProviderUnavailable`.
    """
    if credential.provider in telephony.CATALOGUE:
        return await _verify_account(credential, secret, api_urls)
    check, home = await asyncio.to_thread(_declared, credential.provider)
    base = (credential.base_url or home).rstrip("/")
    asked = _Question(credential.provider, base + check.path, headers=check.headers(secret))
    answer = await asked.answer()
    if answer.status == HTTPStatus.OK and answer.is_json:
        return ""
    if answer.status in KNOWN_BUT_LIMITED and check.limited and check.limited.encode() in answer.body:
        return ""
    raise _trouble(credential.provider, base, answer)


def _declared(provider: str) -> tuple[CredentialCheck, str]:
    """How a provider is asked, and its own address. Imports it: run it in a thread."""
    for declaration in catalogue.takers(provider):
        if declaration.check is not None and declaration.options is not None:
            return declaration.check, catalogue.home(declaration.options)
    raise ConfigurationError(
        f"a credential for {provider!r} cannot be tried beforehand: its first use in a call tells"
    )


async def _verify_account(
    credential: Credential, secret: Mapping[str, str], api_urls: Mapping[str, str]
) -> str:
    provider, own = credential.provider, credential.base_url
    check = telephony.carrier(provider).account_check
    base = (own or telephony.api_url(provider, api_urls)).rstrip("/")
    # A host that the credential names is a user's; the other one is the operator's own.
    url, guarded = base + check.path(secret), own is not None
    answer = await _Question(provider, url, auth=check.login(secret), guarded=guarded).answer()
    if (name := check.read(answer.status, answer.body, secret)) is not None:
        return name
    raise _trouble(provider, base, answer)


@dataclass(frozen=True)
class _Answer:
    status: int
    is_json: bool
    body: bytes


@dataclass(frozen=True)
class _Question:
    """One GET with a secret. `guarded` = only to hosts out in the world, or those the operator allows."""

    provider: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    auth: tuple[str, str] | None = None
    guarded: bool = True

    async def answer(self) -> _Answer:
        """Raises `ProviderRefused` or `ProviderUnavailable`."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._ask()
        except (httpx.InvalidURL, UnicodeError):
            raise ProviderRefused(
                self.provider, "the address or the key holds characters that none can have: enter them again"
            ) from None
        except (httpx.HTTPError, TimeoutError):
            # No cause: what the library says may hold the header that it could not send.
            host = self.url.partition("://")[2].partition("/")[0]
            raise ProviderUnavailable(
                self.provider, f"{host} cannot be reached, or broke off its answer"
            ) from None

    async def _ask(self) -> _Answer:
        # Reading the certificates takes a tenth of a second: not on the loop.
        trust = await asyncio.to_thread(_trust)
        transport = outgoing.transport(self.provider, verify=trust) if self.guarded else None
        async with (
            httpx.AsyncClient(
                timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=trust, transport=transport
            ) as client,
            client.stream(
                "GET", self.url, headers=_UNPACKED | dict(self.headers), auth=self.auth
            ) as response,
        ):
            body = b""
            async for piece in response.aiter_raw():
                body += piece
                if len(body) >= MOST_BYTES:
                    break
            is_json = response.headers.get("content-type", "").startswith("application/json")
            return _Answer(response.status_code, is_json, body)


_UNPACKED: Final = {"accept": "application/json", "accept-encoding": "identity"}
"""A small answer may unpack into a large one: none is asked for, none is unpacked."""


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _trouble(provider: str, base: str, answer: _Answer) -> ProviderRefused | ProviderUnavailable:
    """What any other answer than a good one means."""
    status = answer.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in RETRYABLE:
        return ProviderUnavailable(
            provider, f"{base} is overloaded or failing (HTTP {status}): try again later"
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return ProviderRefused(
            provider, f"{base} answers with a redirection (HTTP {status}): check `base_url`"
        )
    strange = f"{base} does not answer as this provider does (HTTP {status}): check `base_url`"
    return ProviderRefused(provider, ADVICE.get(status, strange))

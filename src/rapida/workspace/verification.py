"""Asking a provider whether a credential still opens its door, without doing anything there.

It decides whom to ask, where, and what the answer means. A secret goes to the provider's own host or to the
one its credential names. Nothing that the host says is repeated, except its name for the account, and that
without the secret.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import msgspec

from .. import telephony
from ..errors import ConfigurationError
from ..providers.http import Client, beginning
from ..providers.refusals import Failures
from ..providers.vendor import Vendor, VendorCredential
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
STRANGE: Final = "the server does not answer as this provider does (HTTP {status}): check `base_url`"
KNOWN_BUT_LIMITED: Final = frozenset({401, 403})


async def verify(credential: Credential, secret: Mapping[str, str], api_urls: Mapping[str, str]) -> str:
    """The provider's name for the account, "" when it says none.

    `api_urls` says where carriers are, unless the credential names another host. Raises `ConfigurationError`
    for a provider that cannot be asked, `ProviderRefused` (`AddressRefused` for a private host) or
    `ProviderUnavailable`.
    """
    if credential.provider in telephony.CATALOGUE:
        return await _verify_account(credential, secret, api_urls)
    vendor, entered = await asyncio.to_thread(_of_vendor, credential.provider, secret)
    base = (credential.base_url or vendor.home).rstrip("/")
    failures = entered.failures(ADVICE, server=base, otherwise=STRANGE)
    answer = await _ask(failures, base + vendor.check_path, entered.headers())
    if answer.status == HTTPStatus.OK and answer.is_json:
        return ""
    if answer.status in KNOWN_BUT_LIMITED and vendor.limited and vendor.limited.encode() in answer.body:
        return ""
    raise failures.of_status(answer.status)


def _of_vendor(provider: str, secret: Mapping[str, str]) -> tuple[Vendor, VendorCredential]:
    """A vendor that can be asked, and its credential. Imports it: run it in a thread."""
    declared = catalogue.credential_of(provider)
    if not issubclass(declared, VendorCredential) or not declared.vendor.check_path:
        raise ConfigurationError(
            f"a credential for {provider!r} cannot be tried beforehand: its first use in a call tells"
        )
    return declared.vendor, msgspec.convert(secret, declared)


async def _verify_account(
    credential: Credential, secret: Mapping[str, str], api_urls: Mapping[str, str]
) -> str:
    provider, own = credential.provider, credential.base_url
    check = telephony.carrier(provider).account_check
    base = (own or telephony.api_url(provider, api_urls)).rstrip("/")
    failures = Failures(provider, advice=ADVICE, server=base, otherwise=STRANGE)
    basic = b64encode(":".join(check.login(secret)).encode()).decode()
    # A host that the credential names is a user's; the other one is the operator's own.
    url, guarded = base + check.path(secret), own is not None
    answer = await _ask(failures, url, {"Authorization": f"Basic {basic}"}, guarded=guarded)
    if (name := check.read(answer.status, answer.body, secret)) is not None:
        return name
    raise failures.of_status(answer.status)


@dataclass(frozen=True)
class _Answer:
    status: int
    is_json: bool
    body: bytes


_UNPACKED: Final = {"accept": "application/json", "accept-encoding": "identity"}
"""A small answer may unpack into a large one: none is asked for, none is unpacked."""


async def _ask(failures: Failures, url: str, headers: Mapping[str, str], *, guarded: bool = True) -> _Answer:
    """One GET with a secret. Raises `ProviderRefused` or `ProviderUnavailable`."""
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            Client(failures, url, {**_UNPACKED, **headers}, guarded=guarded) as client,
            client.ask("GET", url) as response,
        ):
            body = await beginning(response.aiter_raw(), MOST_BYTES)
            is_json = response.headers.get("content-type", "").startswith("application/json")
            return _Answer(response.status_code, is_json, body)
    except TimeoutError:
        raise failures.no_answer() from None

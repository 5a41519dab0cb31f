"""Asking a provider whether a credential still opens its door, without doing anything there."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from http import HTTPStatus

import httpx
import msgspec

from .. import outgoing
from ..errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from ..store.credentials import Credential
from ..telephony.twilio.rest import SENTENCES

TIMEOUT_S = 10.0
NAME = "twilio"


async def verify(credential: Credential, secret: dict[str, str], api_url: str) -> str:
    """The provider's name for the account.

    `api_url` is where the carrier is, unless the credential names another host. Raises `ConfigurationError`
    for a provider that cannot be asked, `ProviderRefused` or `ProviderUnavailable`.
    """
    if credential.provider != NAME:
        raise ConfigurationError(
            f"a credential for {credential.provider!r} is verified by its first call; only "
            f"{NAME!r} can be asked beforehand"
        )
    base = (credential.base_url or api_url).rstrip("/")
    account = secret["account_sid"]
    # https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource
    url = f"{base}/2010-04-01/Accounts/{account}.json"
    try:
        # Reading the certificates takes a tenth of a second: not on the loop.
        trust = await asyncio.to_thread(_trust)
        # A host that the credential names is a user's; the other one is the operator's own.
        guarded = outgoing.transport(NAME, verify=trust) if credential.base_url else None
        async with httpx.AsyncClient(
            timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=trust, transport=guarded
        ) as client:
            answer = await client.get(url, auth=(account, secret["account_token"]))
    except httpx.HTTPError as away:
        raise ProviderUnavailable(NAME, f"{base} cannot be reached, or broke off its answer") from away
    return _read(answer)


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Told(msgspec.Struct):
    """What of Twilio's answer matters here: an account, or an error."""

    status: str | int = ""
    friendly_name: str = ""
    code: int = 0


def _read(answer: httpx.Response) -> str:
    try:
        told = msgspec.json.decode(answer.content, type=_Told)
    except msgspec.MsgspecError:
        told = _Told()
    if answer.status_code == HTTPStatus.OK:
        if told.status != "active":
            raise ProviderRefused(NAME, "the account is not active: see its status in the Twilio Console")
        return told.friendly_name[:200]
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ProviderUnavailable(NAME, f"Twilio answered with HTTP {answer.status_code}")
    known = SENTENCES.get(told.code, SENTENCES[20003])
    raise ProviderRefused(NAME, f"{known} (HTTP {answer.status_code})")

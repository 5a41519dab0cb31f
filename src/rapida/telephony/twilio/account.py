"""Asking Twilio whether it knows an account, and what it calls it.

https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from ...errors import ProviderRefused
from ..carrier import AccountCheck
from .credential import TwilioCredential
from .sentences import NAME, SENTENCES, UNPROVED

MOST_CHARACTERS = 200
"""How much of the account's name is shown."""


class _Account(msgspec.Struct):
    """What of the answer matters here: an account, or an error."""

    status: str | int = ""
    friendly_name: str = ""
    code: int = 0


def _path(secret: Mapping[str, str]) -> str:
    return f"/2010-04-01/Accounts/{secret['account_sid']}.json"


def _login(secret: Mapping[str, str]) -> tuple[str, str]:
    return secret["account_sid"], secret["account_token"]


def _read(status: int, body: bytes, secret: Mapping[str, str]) -> str | None:
    try:
        told = msgspec.json.decode(body, type=_Account)
    except msgspec.MsgspecError:
        told = _Account()
    if status == HTTPStatus.OK and told.status == "active":
        return msgspec.convert(secret, TwilioCredential).redacted(told.friendly_name)[:MOST_CHARACTERS]
    if status == HTTPStatus.OK and told.status:
        raise ProviderRefused(NAME, "the account is not active: see its status in the Twilio Console")
    if status == HTTPStatus.UNAUTHORIZED or told.code in SENTENCES:
        known = SENTENCES.get(told.code, SENTENCES[UNPROVED])
        raise ProviderRefused(NAME, f"{known} (HTTP {status})")
    return None


CHECK = AccountCheck(_path, _login, _read)

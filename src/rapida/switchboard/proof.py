"""Proof that a request comes from the carrier: whose token to try, over which address.

The signature's arithmetic is the carrier's (`telephony/twilio/webhook.py`); here credentials are opened,
both tokens of a credential are tried, and an opened secret is kept for as long as its row stays the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import structlog

from ..errors import VaultError
from ..store.credentials import Credential
from ..telephony.twilio import webhook
from ..vault import Vault

_log = structlog.get_logger(__name__)

KEPT_OPEN = 256
"""How many opened credentials are kept in memory."""


@dataclass(frozen=True)
class CarrierRequest:
    """A carrier's HTTP request as it came: the path undecoded, header names in lower case, the body whole."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_form(self) -> bool:
        """Whether the fields are in the body, and therefore part of what is signed."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return self.method == "POST" and kind in ("", "application/x-www-form-urlencoded")

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """Every field: a form's, else the query's. Raises `WireError`."""
        return webhook.form_fields(self.body) if self.is_form else self.query_fields

    @cached_property
    def query_fields(self) -> dict[str, list[str]]:
        """The query's fields. Raises `WireError`."""
        return webhook.form_fields(self.query.encode())

    def get(self, name: str) -> str:
        """A field's first value, or nothing."""
        return self.fields.get(name, [""])[0]

    def url(self, host: str) -> str:
        """The address the carrier signed."""
        return f"https://{host}{self.path}" + (f"?{self.query}" if self.query else "")


class Prover:
    """Opens credentials and compares signatures."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: OrderedDict[int, tuple[bytes, dict[str, str]]] = OrderedDict()

    def secret(self, credential: Credential) -> dict[str, str]:
        """A credential's fields. Raises `VaultError`."""
        known = self._opened.get(credential.id)
        # The ciphertext is the row's identity: a replaced secret is never answered from memory.
        if known is not None and known[0] == credential.sealed.ciphertext:
            self._opened.move_to_end(credential.id)
            return known[1]
        secret = self._vault.open(credential.place, credential.sealed)
        self._opened[credential.id] = (credential.sealed.ciphertext, secret)
        self._opened.move_to_end(credential.id)
        if len(self._opened) > KEPT_OPEN:
            self._opened.popitem(last=False)
        return secret

    def who_signed(
        self, request: CarrierRequest, host: str, credentials: Iterable[Credential]
    ) -> Credential | None:
        """The first of `credentials` that proves an HTTP request. Raises `WireError` for a broken form."""
        url, params = request.url(host), request.fields if request.is_form else None
        body = request.body if request.method == "POST" and not request.is_form else None
        signature = request.headers.get(webhook.SIGNATURE_HEADER, "")
        for credential in credentials if signature else ():
            algorithm, tokens = self._keys(credential, request.headers)
            if algorithm is not None and webhook.signed(
                url, params, body, signature, tokens, algorithm=algorithm
            ):
                return credential
        return None

    def handshake_form(self, url: str, headers: Mapping[str, str], credential: Credential) -> str | None:
        """Which spelling of a stream's address is signed; None = no proof."""
        algorithm, tokens = self._keys(credential, headers)
        signature = headers.get(webhook.SIGNATURE_HEADER, "")
        if algorithm is None or not signature:
            return None
        return webhook.proved_form(webhook.handshake_forms(url), signature, tokens, algorithm)

    def _keys(
        self, credential: Credential, headers: Mapping[str, str]
    ) -> tuple[webhook.Algorithm | None, tuple[str, ...]]:
        """What may have signed: both auth tokens, or the pinned shared key if the request names it."""
        try:
            secret = self.secret(credential)
        except VaultError:
            _log.error("credential_does_not_open", credential_id=credential.id)
            return None, ()
        named = headers.get(webhook.SETTINGS_HEADER)
        if named is None:
            return "HMAC_SHA1", tuple(secret.get(name, "") for name in ("account_token", "secondary_token"))
        algorithm = webhook.algorithm_of(named, secret.get("shared_key_id", ""))
        return algorithm, (secret.get("shared_key_secret", ""),)

"""Proof that a request comes from the carrier: whose token to try, over which address.

The signature's arithmetic is the carrier's (`telephony/twilio/webhook.py`); here credentials are opened,
both tokens of a credential are tried, and an opened secret is kept for as long as its row stays the same.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from secrets import token_hex

import structlog

from ..errors import VaultError
from ..store.credentials import Credential
from ..telephony.twilio import webhook
from ..vault.sealing import Sealed, SecretBinding, Vault
from .clock import Clock, utc_now

_log = structlog.get_logger(__name__)

TOKENS = ("account_token", "secondary_token")
LEAST_TRIED = 2
"""How many keys each signature is compared with at least, so that an account without any takes as long."""
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
        return self.method == "POST" and self._kind in ("", "application/x-www-form-urlencoded")

    @property
    def _kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """Every field: a form's, else the query's and a JSON object's. Raises `WireError`.

        A field that decides who is meant and comes twice is refused, before anything is looked up.
        """
        if self.is_form:
            told = webhook.form_fields(self.body)
            webhook.refuse_doubles(told, self.query_fields)
            return told
        told = webhook.json_fields(self.body) if self._kind == "application/json" else {}
        webhook.refuse_doubles(told, self.query_fields)
        return self.query_fields | told

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


def doubt(headers: Mapping[str, str], credentials: Sequence[Credential], account: str) -> str:
    """Why a request is not proved, for the log."""
    if not headers.get(webhook.SIGNATURE_HEADER):
        return "it carries no X-Twilio-Signature"
    if not credentials:
        return f"no credential here is of the account {account[:40]!r}"
    ids = ", ".join(str(each.id) for each in credentials[:5])
    return (
        f"its signature fits no token of credential {ids}: either the token is wrong, or the carrier asked "
        "another address than this one"
    )


class Prover:
    """Opens credentials and compares signatures."""

    def __init__(self, vault: Vault, clock: Clock = utc_now) -> None:
        self._vault = vault
        self._clock = clock
        # The whole row is the key: one that was replaced, moved or altered is never answered from memory.
        self._opened: OrderedDict[tuple[SecretBinding, bytes, bytes], dict[str, str]] = OrderedDict()
        self._decoys = tuple(token_hex() for _ in range(LEAST_TRIED))
        self.uses: Counter[int] = Counter()
        """How often each credential has proved or opened something since they were last written down."""

    def secret(self, credential: Credential) -> dict[str, str]:
        """A credential's fields. Raises `VaultError`."""
        return self._open(credential.place, credential.sealed)

    def _open(self, place: SecretBinding, sealed: Sealed) -> dict[str, str]:
        key = (place, sealed.wrapped_key, sealed.ciphertext)
        if (known := self._opened.get(key)) is not None:
            self._opened.move_to_end(key)
            return known
        secret = self._opened[key] = self._vault.open(place, sealed)
        if len(self._opened) > KEPT_OPEN:
            self._opened.popitem(last=False)
        return secret

    def who_signed(
        self, request: CarrierRequest, host: str, credentials: Iterable[Credential]
    ) -> Credential | None:
        """The first of `credentials` that proves an HTTP request. Raises `WireError` for a broken form."""
        url, params = request.url(host), request.fields if request.is_form else None
        body = request.body if request.method == "POST" and not request.is_form else None
        signature, tried = request.headers.get(webhook.SIGNATURE_HEADER, ""), 0
        for credential in credentials if signature else ():
            algorithm, tokens = self._keys(credential, request.headers)
            if algorithm is not None and webhook.signed(
                url, params, body, signature, tokens, algorithm=algorithm
            ):
                self.uses[credential.id] += 1
                return credential
            tried += sum(map(bool, tokens))
        if signature:
            webhook.signed(url, params, body, signature, self._decoys[tried:])
        return None

    def handshake_form(
        self, url: str, headers: Mapping[str, str], credential: Credential | None
    ) -> str | None:
        """Which spelling of a stream's address is signed; None = no proof."""
        signature = headers.get(webhook.SIGNATURE_HEADER, "")
        if not signature:
            return None
        forms = webhook.handshake_forms(url)
        algorithm, tokens = (None, ()) if credential is None else self._keys(credential, headers)
        form = None if algorithm is None else webhook.proved_form(forms, signature, tokens, algorithm)
        if form is not None and credential is not None:
            self.uses[credential.id] += 1
            return form
        webhook.proved_form(forms, signature, self._decoys[sum(map(bool, tokens)) :])
        return None

    def _keys(
        self, credential: Credential, headers: Mapping[str, str]
    ) -> tuple[webhook.Algorithm | None, tuple[str, ...]]:
        """What may have signed: both auth tokens, or the pinned shared key if the request names it."""
        try:
            secrets = [self.secret(credential), *self._retired(credential)]
        except VaultError:
            _log.error("credential_does_not_open", credential_id=credential.id)
            return None, ()
        named = headers.get(webhook.SETTINGS_HEADER)
        if named is None:
            return "HMAC_SHA1", tuple(each.get(name, "") for each in secrets for name in TOKENS)
        for each in secrets:
            if (algorithm := webhook.algorithm_of(named, each.get("shared_key_id", ""))) is not None:
                return algorithm, (each.get("shared_key_secret", ""),)
        return None, ()

    def _retired(self, credential: Credential) -> list[dict[str, str]]:
        """Replaced secrets whose time is not over: they prove, and are used for nothing else."""
        now = self._clock()
        return [
            self._open(credential.place_of(each), each.sealed)
            for each in credential.retired
            if each.until > now
        ]

"""Proof that a request comes from the carrier: whose token to try, over which address.

How a signature is computed, and what of a credential may have signed, is the carrier's (`Webhooks`). Here
credentials are opened, and an opened secret is kept for as long as its row stays the same.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from secrets import token_hex

import structlog

from .. import telephony
from ..errors import VaultError
from ..store.credentials import Credential
from ..telephony.webhooks import SigningKeys, Webhook, Webhooks
from ..vault.sealing import Sealed, SecretBinding, Vault
from .clock import Clock, utc_now

_log = structlog.get_logger(__name__)

LEAST_TRIED = 2
"""How many keys each signature is compared with at least, so that an account without any takes as long."""
KEPT_OPEN = 256
"""How many opened credentials are kept in memory."""


def doubt(webhook: Webhook, credentials: Sequence[Credential]) -> str:
    """Why a request is not proved, for the log."""
    request = webhook.request
    return doubt_of(request.carrier, request.headers, credentials, webhook.account_id)


def doubt_of(
    carrier: str, headers: Mapping[str, str], credentials: Sequence[Credential], account: str
) -> str:
    """The same of a media socket's upgrade."""
    signature = telephony.carrier(carrier).webhooks.signature_header
    if not headers.get(signature):
        return f"it carries no {signature.title()}"
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

    def who_signed(self, webhook: Webhook, host: str, credentials: Iterable[Credential]) -> Credential | None:
        """The first of `credentials` that proves an HTTP request. Raises `WireError` for a broken one.

        A wrong signature is compared with as many keys whatever is known of the account.
        """
        request, tried = webhook.request, 0
        webhooks = telephony.carrier(request.carrier).webhooks
        if not request.headers.get(webhooks.signature_header):
            return None
        for credential in credentials:
            keys = self._keys(webhooks, credential, request.headers)
            if webhook.signed(host, keys):
                self.uses[credential.id] += 1
                return credential
            tried += sum(map(bool, keys.tokens))
        webhook.signed(host, SigningKeys(self._decoys[tried:]))
        return None

    def handshake_signed(
        self, webhooks: Webhooks, url: str, headers: Mapping[str, str], credential: Credential | None
    ) -> bool:
        """Whether a media socket's upgrade is signed for its address."""
        if not headers.get(webhooks.signature_header):
            return False
        keys = SigningKeys() if credential is None else self._keys(webhooks, credential, headers)
        if webhooks.handshake_signed(url, headers, keys) and credential is not None:
            self.uses[credential.id] += 1
            return True
        webhooks.handshake_signed(url, headers, SigningKeys(self._decoys[sum(map(bool, keys.tokens)) :]))
        return False

    def _keys(self, webhooks: Webhooks, credential: Credential, headers: Mapping[str, str]) -> SigningKeys:
        """What of a credential may have signed; nothing, if it does not open."""
        try:
            secrets = [self.secret(credential), *self._retired(credential)]
        except VaultError:
            _log.error("credential_does_not_open", credential_id=credential.id)
            return SigningKeys()
        return webhooks.keys(headers, secrets)

    def _retired(self, credential: Credential) -> list[dict[str, str]]:
        """Replaced secrets whose time is not over: they prove, and are used for nothing else."""
        now = self._clock()
        return [
            self._open(credential.place_of(each), each.sealed)
            for each in credential.retired
            if each.until > now
        ]

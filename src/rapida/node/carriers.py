"""The carriers' interfaces, one object per credential, kept open so that a dial need not connect first.

It decides which host a secret may go to: the credential's own, else the one the settings name; and which
credential's object is closed when there are too many.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from .. import telephony
from ..providers.build import build
from ..store.credentials import Credential
from ..telephony.carrier import Carrier
from .proof import Prover

KEPT = 64
"""Connections to so many accounts stay open: one account is one pool of sockets, and few servers dial for
more."""


class Carriers:
    """Carrier objects of this process's event loop."""

    def __init__(self, prover: Prover, api_urls: Mapping[str, str]) -> None:
        """`api_urls`: by carrier, where credentials without a host of their own are used; see `api_url`."""
        self._prover = prover
        self.api_urls = api_urls
        self._open: OrderedDict[tuple[int, bytes, str], Carrier] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, credential: Credential) -> Carrier:
        """The carrier as a credential's account. Raises `VaultError`, and `ConfigurationError`."""
        provider, own = credential.provider, credential.base_url
        api_url = own or telephony.api_url(provider, self.api_urls)
        # The ciphertext is the row's identity: a replaced secret gets an object of its own.
        key = (credential.id, credential.sealed.ciphertext, api_url)
        if key not in self._open:
            options = {"api_url": api_url, "guarded": own is not None}
            secret = self._prover.secret(credential)
            self._open[key] = build(telephony.CATALOGUE, provider, options, secret)
            if len(self._open) > KEPT:
                self._close(self._open.popitem(last=False)[1])
        self._open.move_to_end(key)
        self._prover.uses[credential.id] += 1
        return self._open[key]

    def _close(self, carrier: Carrier) -> None:
        task = asyncio.create_task(carrier.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every connection."""
        kept, self._open = self._open, OrderedDict()
        await asyncio.gather(*(carrier.aclose() for carrier in kept.values()), *self._closing)

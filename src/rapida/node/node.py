"""What every part of this process shares: the rows, the keys, the addresses, the time, the live calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID, uuid4

from ..store import Store
from ..vault.sealing import Vault
from .addresses import Addresses
from .call_bus import CallBus, LocalBus
from .clock import Clock, utc_now
from .proof import Prover
from .versions import Versions


@dataclass(frozen=True)
class Node:
    """One per server process. `hosts` says how the carrier knows us."""

    store: Store
    vault: Vault
    addresses: Addresses
    clock: Clock = utc_now
    bus: CallBus = field(default_factory=LocalBus)
    versions: Versions = field(default_factory=Versions)
    missed: Callable[[str], None] = lambda reason: None
    """Told the reason of each call that ended without a stream."""
    refused_streams: dict[UUID, str] = field(default_factory=dict[UUID, str])
    """Contexts whose stream this process refused lately, and why."""
    server_id: str = field(default_factory=lambda: uuid4().hex)
    """What the other servers of this database know this process by."""

    @cached_property
    def prover(self) -> Prover:
        """What proves who signed a request, and counts which credential did."""
        return Prover(self.vault, self.clock)

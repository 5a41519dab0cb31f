"""The node: what its rooms share is one thing."""

from __future__ import annotations

from tests.switchboard.ready_node import ReadyNode


def test_every_exchange_has_live_calls_and_opened_secrets_of_its_own(ready: ReadyNode) -> None:
    from rapida.node.node import Node

    mine = ready.node
    other = Node(mine.store, mine.vault, mine.addresses)
    assert other.bus is not mine.bus
    assert other.prover is not mine.prover
    assert other.clock().tzinfo is not None

"""Callbacks: each event of a call once."""

from __future__ import annotations

import msgspec

from rapida.store import callbacks
from rapida.store.callbacks import Received
from tests.switchboard.ready_node import CALL, NOON, SID, ReadyNode, context_of


async def test_an_event_is_kept_once_per_call_and_the_transaction_goes_on(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    said = Received(
        context_id=context_id,
        carrier_account=SID,
        carrier_call_id=CALL,
        kind="call",
        dedupe_key="call:1:ringing",
        fields={"status": "ringing"},
        received_at=NOON,
    )
    other = msgspec.structs.replace(said, dedupe_key="call:2:completed")
    foreign = msgspec.structs.replace(said, carrier_call_id="CA" + "3" * 32)
    async with ready.node.store.write() as tx:
        kept = [await callbacks.keep(tx, each) for each in (said, said, other, foreign)]
    assert kept == [True, False, True, True]
    async with ready.node.store.read() as tx:
        assert await callbacks.of_context(tx, context_id) == [said, other, foreign]


async def test_callbacks_of_one_kind_are_found_for_several_contexts(ready: ReadyNode) -> None:
    ours = [context_of(await ready.rings(CallSid=f"CA{number:032d}")) for number in (1, 2, 3)]
    async with ready.node.store.write() as tx:
        for number, context_id in enumerate(ours):
            for kind in ("status", "stream"):
                kept = Received(
                    context_id=context_id,
                    carrier_account=SID,
                    carrier_call_id=f"CA{number}",
                    kind=kind,
                    dedupe_key=kind,
                    fields={"n": number},
                    received_at=NOON,
                )
                assert await callbacks.keep(tx, kept)
        found = await callbacks.of_contexts(tx, ours[:2], "stream")
    assert [(each.context_id, each.kind) for each in found] == [(each, "stream") for each in ours[:2]]

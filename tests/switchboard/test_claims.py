"""The claims: who may open a call's media socket, and who takes its context with it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

from rapida.settings import WsSignature
from rapida.store import contexts, conversations, credentials
from rapida.store.contexts import Context
from rapida.store.tables import contexts as contexts_table
from rapida.store.tables import credentials as credentials_table
from rapida.store.tables import deployments as deployments_table
from rapida.switchboard.claims import Claimed, Claims, sweep
from rapida.telephony.door import Handshake, Refusal
from rapida.telephony.twilio import webhook
from tests.databases import Place
from tests.switchboard.ready_node import (
    CALL,
    HOST,
    LOCAL,
    SECOND,
    SID,
    TOKEN,
    ReadyNode,
    add_credential,
    context_of,
    open_ready_node,
)
from tests.switchboard.work_done import steps_taken


async def state(ready: ReadyNode, context_id: Any) -> Context:
    async with ready.node.store.read() as tx:
        found = await contexts.find(tx, context_id)
    assert found is not None
    return found


def refused(verdict: Claimed | Refusal, status: int) -> str:
    assert isinstance(verdict, Refusal), verdict
    assert verdict.status == status, verdict
    return verdict.reason


async def test_a_signed_handshake_claims_its_context_with_everything_the_call_needs(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    claimed = await ready.opens_stream(context_id)
    assert isinstance(claimed, Claimed)
    assert (claimed.context.status, claimed.context.verified) == ("claimed", True)
    assert (claimed.context.carrier_call_id, claimed.context.carrier_account) == (CALL, SID)
    assert claimed.assistant == ready.expected[0][2]
    assert claimed.credential is not None
    assert ready.node.prover.secret(claimed.credential)["account_token"] == TOKEN
    assert TOKEN not in repr(claimed)
    async with ready.node.store.read() as tx:
        conversation = await conversations.find(tx, claimed.conversation.id)
    assert (conversation.status, conversation.started_at) == ("live", ready.clock.now)


async def test_the_second_token_opens_the_door_too(ready: ReadyNode) -> None:
    assert isinstance(await ready.opens_stream(context_of(await ready.rings()), token=SECOND), Claimed)


@pytest.mark.parametrize("spelling", ["wss://{host}{path}", "wss://{host}:443{path}", "wss://{host}{path}/"])
async def test_a_handshake_signed_over_another_spelling_of_the_address_is_proved(
    ready: ReadyNode, spelling: str
) -> None:
    path = f"/v1/talk/twilio/ctx/{context_of(await ready.rings())}"
    signature = webhook.sign(spelling.format(host=HOST, path=path), None, TOKEN)
    handshake = Handshake(path, "", {webhook.SIGNATURE_HEADER: signature, "host": "proxy.internal"})
    assert isinstance(await Claims(ready.node, {}).admit(handshake), Claimed)


@pytest.mark.parametrize("forged", [{"token": None}, {"token": "other"}, {"host": "evil.example.org"}])
async def test_a_forged_handshake_is_refused_and_uses_nothing_up(ready: ReadyNode, forged: Any) -> None:
    context_id = context_of(await ready.rings())
    verdict = await ready.opens_stream(context_id, **forged)
    refused(verdict, 403)
    assert isinstance(verdict, Refusal)
    assert (await state(ready, context_id)).status == "pending"
    assert verdict.url == f"wss://{HOST}/v1/talk/twilio/ctx/{context_id}"
    sent = forged.get("token", "") is not None
    assert ("fits no token of credential 1" if sent else "carries no X-Twilio-Signature") in verdict.why
    assert isinstance(await ready.opens_stream(context_id), Claimed)


async def test_a_signature_for_another_context_opens_nothing(ready: ReadyNode) -> None:
    first = context_of(await ready.rings())
    second = context_of(await ready.rings(CallSid="CA" + "3" * 32))
    path = f"/v1/talk/twilio/ctx/{second}"
    signature = webhook.sign(f"wss://{HOST}/v1/talk/twilio/ctx/{first}", None, TOKEN)
    handshake = Handshake(path, "", {webhook.SIGNATURE_HEADER: signature})
    claims = Claims(ready.node, {})
    refused(await claims.admit(handshake), 403)
    await claims.aclose()


async def test_a_used_context_is_refused_as_used(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    await ready.opens_stream(context_id)
    assert "already has its stream" in refused(await ready.opens_stream(context_id), 409)


async def test_an_expired_context_is_gone(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    ready.clock.turn(seconds=60)
    refused(await ready.opens_stream(context_id), 410)


async def test_a_context_whose_call_ended_is_gone(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    await ready.reports(context_id, CallStatus="completed")
    refused(await ready.opens_stream(context_id), 410)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("{contextId}", "/v1/talk/twilio/event/<assistant id>"),
        ("%7BcontextId%7D", "placeholder"),
        ("not-a-uuid", "there is no context"),
        ("a/b", "there is no stream"),
    ],
)
async def test_an_unknown_context_is_not_found_and_a_placeholder_is_explained(
    ready: ReadyNode, written: str, hint: str
) -> None:
    assert hint in refused(await ready.opens_stream(written), 404)


async def test_an_unknown_context_is_refused_in_the_words_of_a_forged_handshake(ready: ReadyNode) -> None:
    known = await ready.opens_stream(context_of(await ready.rings()), token="other")
    unknown = await ready.opens_stream(uuid4(), token="other")
    signed = await ready.opens_stream(uuid4())
    assert refused(unknown, 403) == refused(known, 403) == refused(signed, 403)
    assert isinstance(unknown, Refusal)
    assert "no such context" in unknown.why


async def test_a_forged_handshake_is_the_same_work_whether_there_is_such_a_context_or_not(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    context_id, seen = context_of(await ready.rings()), []
    forged = {webhook.SIGNATURE_HEADER: "x" * 28}
    for wanted in (context_id, uuid4()):
        handshake = Handshake(f"/v1/talk/twilio/ctx/{wanted}", "", forged)
        claims = Claims(ready.node, {})
        with steps_taken(ready.store, monkeypatch) as steps:
            refused(await claims.admit(handshake), 403)
        seen.append(steps)
        await claims.aclose()
    assert seen[0] == seen[1]
    assert seen[0].count("signature") == 8


async def test_observing_lets_an_unsigned_handshake_in_once_and_marks_the_call(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    claimed = await ready.opens_stream(context_id, token=None, mode="observe")
    assert isinstance(claimed, Claimed)
    assert claimed.context.verified is False
    refused(await ready.opens_stream(context_id, token=None, mode="observe"), 409)


async def test_observing_still_marks_a_signed_call_verified_and_refuses_expired_contexts(
    ready: ReadyNode,
) -> None:
    mode: WsSignature = "observe"
    claimed = await ready.opens_stream(context_of(await ready.rings()), mode=mode)
    assert isinstance(claimed, Claimed)
    assert claimed.context.verified is True
    late = context_of(await ready.rings(CallSid="CA" + "3" * 32))
    ready.clock.turn(seconds=60)
    refused(await ready.opens_stream(late, token=None, mode=mode), 410)


async def test_a_deployment_that_changes_credential_does_not_break_a_running_call(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        other = await add_credential(
            tx, ready.node.vault, ready.project_id, "Other", "AC" + "9" * 32, account_token="other"
        )
    await ready.deploy(credential_id=other, enabled=False)
    refused(await ready.opens_stream(context_id, token="other"), 403)
    assert isinstance(await ready.opens_stream(context_id), Claimed)
    await ready.reports(context_id, CallStatus="in-progress")


async def test_a_deleted_credential_proves_nothing(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        await tx.execute(update(deployments_table).values(credential_id=None))
        await tx.execute(delete(credentials_table))
    refused(await ready.opens_stream(context_id), 403)
    refused(await ready.opens_stream(context_id, mode="observe"), 403)


async def test_a_context_keeps_the_host_it_was_made_with(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        await tx.execute(update(contexts_table).values(host="old.example.org"))
    refused(await ready.opens_stream(context_id), 403)
    assert isinstance(await ready.opens_stream(context_id, host="old.example.org"), Claimed)


async def test_without_a_public_host_only_the_demos_contexts_open(place: Place) -> None:
    async with open_ready_node(place, public=None) as ready:
        await ready.deploy(demo=True)
        context_id = context_of(await ready.rings(host=LOCAL))
        async with ready.node.store.write() as tx:
            await tx.execute(update(contexts_table).values(host=HOST))
        assert "PUBLIC_ASSISTANT_HOST" in refused(await ready.opens_stream(context_id), 503)
        async with ready.node.store.write() as tx:
            await tx.execute(update(contexts_table).values(host=LOCAL))
        assert isinstance(await ready.opens_stream(context_id, host=LOCAL), Claimed)


async def test_a_database_away_is_our_fault_and_said_so(ready: ReadyNode) -> None:
    context_id = context_of(await ready.rings())
    ready.store.goes_away()
    refused(await ready.opens_stream(context_id), 503)


async def test_sweeping_closes_what_nobody_claimed_and_nothing_else(ready: ReadyNode) -> None:
    left = context_of(await ready.rings())
    ready.clock.turn(seconds=30)
    taken = context_of(await ready.rings(CallSid="CA" + "3" * 32))
    await ready.opens_stream(taken)
    fresh = context_of(await ready.rings(CallSid="CA" + "4" * 32))
    ready.clock.turn(seconds=40)
    assert await sweep(ready.node) == 1
    assert await sweep(ready.node) == 0
    assert [(await state(ready, each)).status for each in (left, taken, fresh)] == [
        "expired",
        "claimed",
        "pending",
    ]
    async with ready.node.store.read() as tx:
        over = await conversations.find(tx, (await state(ready, left)).conversation_id)
        assert (await credentials.find(tx, ready.credential_id)).id == ready.credential_id
    assert (over.status, over.end_reason) == ("ended", "no_stream")
    refused(await ready.opens_stream(left), 410)

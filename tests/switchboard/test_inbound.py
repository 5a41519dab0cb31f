"""Inbound calls: what a webhook is answered, what it leaves behind, and what it never does."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from rapida.errors import NotFound, ProofError, SettingsError, WireError
from rapida.node.addresses import number_status_url, webhook_url
from rapida.store import assistants, contexts, conversations, credentials
from rapida.store.tables import credentials as credentials_table
from rapida.switchboard.claims import Claimed
from rapida.telephony.twilio import webhook
from tests.databases import Place
from tests.switchboard.ready_node import (
    CALL,
    HOST,
    LOCAL,
    NOON,
    OTHER_CALL,
    SECOND,
    SID,
    TOKEN,
    ReadyNode,
    a_request,
    add_credential,
    context_of,
    left_behind,
    open_ready_node,
    signed,
    stream_of,
)


async def test_a_proved_webhook_gets_the_document_of_the_manual(ready: ReadyNode) -> None:
    answer = await ready.rings()
    context_id = context_of(answer)
    stream = stream_of(answer.document)
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, context_id)
        assert context is not None
        conversation = await conversations.find(tx, context.conversation_id)
    assert answer.kind == "connected"
    assert stream.attrib == {
        "url": f"wss://{HOST}/v1/talk/twilio/ctx/{context_id}",
        "name": f"{ready.assistant_id}__{conversation.id}",
        "statusCallback": f"https://{HOST}/v1/talk/twilio/ctx/{context_id}/event",
        "statusCallbackEvent": "initiated ringing answered completed",
    }
    assert [each.attrib for each in stream] == [
        {"name": "assistant_id", "value": str(ready.assistant_id)},
        {"name": "client_number", "value": "+15550001"},
    ]
    assert (conversation.status, conversation.direction) == ("waiting", "inbound")
    assert (conversation.caller, conversation.callee) == ("+15550001", "+15550002")
    assert (context.credential_id, context.carrier_account, context.carrier_call_id) == (
        ready.credential_id,
        SID,
        CALL,
    )


async def test_the_documents_bytes_never_change_without_being_noticed(ready: ReadyNode) -> None:
    answer = await ready.rings()
    expected = (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<Response><Connect><Stream url="wss://{HOST}/v1/talk/twilio/ctx/{{0}}" name="1__1" '
        f'statusCallback="https://{HOST}/v1/talk/twilio/ctx/{{0}}/event" '
        'statusCallbackEvent="initiated ringing answered completed">'
        '<Parameter name="assistant_id" value="1" /><Parameter name="client_number" value="+15550001" />'
        "</Stream></Connect></Response>"
    )
    assert answer.document == expected.format(context_of(answer))


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_both_methods_and_further_fields_are_proved(ready: ReadyNode, method: str) -> None:
    fields = ready.fields(StirVerstat="TN-Validation-Passed-A", FromCity="", NewField="ü& =")
    request = signed(f"/v1/talk/twilio/call/{ready.assistant_id}", fields, method=method)
    assert (await ready.inbound.answer(str(ready.assistant_id), request)).kind == "connected"


@pytest.mark.parametrize("caller", ["anonymous", "client:alice", "sip:bob@example.org", "<&\"'>", ""])
async def test_any_caller_is_a_valid_caller(ready: ReadyNode, caller: str) -> None:
    answer = await ready.rings(From=caller)
    assert stream_of(answer.document)[1].attrib["value"] == caller
    async with ready.node.store.read() as tx:
        assert (await conversations.find(tx, 1)).caller == caller


async def test_a_missing_caller_is_a_valid_caller(ready: ReadyNode) -> None:
    answer = await ready.rings(From=None)
    assert stream_of(answer.document)[1].attrib == {"name": "client_number", "value": ""}


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_what_the_carrier_knows_of_the_caller_is_a_variable_of_the_call(
    ready: ReadyNode, method: str
) -> None:
    fields = ready.fields(
        CallerName="ADA LOVELACE",
        ForwardedFrom="+14155550199",
        CallerCity="LONDON",
        **{"SipHeader_X-Account": "7 & 8"},
    )
    request = signed(f"/v1/talk/twilio/call/{ready.assistant_id}", fields, query="name=Ada", method=method)
    assert (await ready.inbound.answer(str(ready.assistant_id), request)).kind == "connected"
    async with ready.node.store.read() as tx:
        arguments = (await conversations.find(tx, 1)).arguments
    assert arguments == {
        "name": "Ada",
        "CallerName": "ADA LOVELACE",
        "ForwardedFrom": "+14155550199",
        "SipHeader_X-Account": "7 & 8",
    }


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        ("+14155550123", "You call from +14155550123, Ada."),
        ("sip:bob@example.org", "You call from sip:bob@example.org, Ada."),
        ("anonymous", "You call from, Ada."),
        ("+266696687", "You call from, Ada."),
        ("", "You call from, Ada."),
    ],
)
async def test_a_withheld_number_is_not_read_out_to_its_owner(
    ready: ReadyNode, caller: str, said: str
) -> None:
    await ready.deploy(options={"greeting": "You call from {{client_number}}, {{CallerName}}."})
    context_id = context_of(await ready.rings(From=caller, CallerName="Ada"))
    assert ready.expected[0][2].greeting == said
    claimed = await ready.opens_stream(context_id)
    assert isinstance(claimed, Claimed)
    assert (claimed.assistant.greeting, claimed.conversation.caller) == (said, caller)


async def test_both_tokens_of_a_credential_prove(ready: ReadyNode) -> None:
    assert (await ready.rings(token=SECOND)).kind == "connected"


@pytest.mark.parametrize(
    "forged",
    [
        {"token": "somebody-else"},
        {"host": "evil.example.org"},
        {"AccountSid": "AC" + "9" * 32},
    ],
)
async def test_an_unproved_webhook_creates_nothing(ready: ReadyNode, forged: dict[str, Any]) -> None:
    with pytest.raises(ProofError) as refused:
        await ready.rings(**forged)
    assert await left_behind(ready) == (0, 0)
    assert ready.expected == []
    assert "token" not in str(refused.value)


async def test_a_webhook_without_or_with_a_tampered_signature_creates_nothing(ready: ReadyNode) -> None:
    path = f"/v1/talk/twilio/call/{ready.assistant_id}"
    whole = signed(path, ready.fields())
    bare = a_request(
        "POST",
        path=path,
        query="",
        headers={"content-type": whole.request.headers["content-type"]},
        body=whole.request.body,
    )
    changed = a_request(
        "POST",
        path=path,
        query="",
        headers=whole.request.headers,
        body=whole.request.body.replace(b"0001", b"0009"),
    )
    added = a_request(
        "POST", path=path, query="", headers=whole.request.headers, body=whole.request.body + b"&Extra=1"
    )
    moved = a_request("POST", path=path, query="x=1", headers=whole.request.headers, body=whole.request.body)
    for request in (bare, changed, added, moved):
        with pytest.raises(ProofError):
            await ready.inbound.answer(str(ready.assistant_id), request)
    assert await left_behind(ready) == (0, 0)


async def test_a_body_that_is_no_form_is_a_wire_error(ready: ReadyNode) -> None:
    path = f"/v1/talk/twilio/call/{ready.assistant_id}"
    broken = a_request("POST", path=path, query="", headers={"x-twilio-signature": "x"}, body=b"\xff\xfe=%zz")
    with pytest.raises(WireError):
        await ready.inbound.answer(str(ready.assistant_id), broken)


async def test_any_credential_of_the_project_with_that_account_proves(ready: ReadyNode) -> None:
    account = "AC" + "7" * 32
    async with ready.node.store.write() as tx:
        subaccount = await add_credential(
            tx, ready.node.vault, ready.project_id, "Sub", account, account_token="sub-token"
        )
    answer = await ready.rings(token="sub-token", AccountSid=account)
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, context_of(answer))
    assert context is not None
    assert (context.credential_id, context.carrier_account) == (subaccount, account)


async def test_another_projects_token_proves_nothing(ready: ReadyNode) -> None:
    from rapida.store import tenants

    async with ready.node.store.write() as tx:
        theirs = await tenants.create_project(
            tx, await tenants.create_organization(tx, "Other", NOON), "Other", NOON
        )
        await add_credential(tx, ready.node.vault, theirs.id, "Theirs", SID, account_token="theirs")
    # To them it is as if there were no such assistant: a foreign id is not found.
    with pytest.raises(NotFound):
        await ready.rings(token="theirs")
    with pytest.raises(NotFound):
        await ready.rings(to=99, token="theirs")
    assert await left_behind(ready) == (0, 0)


# Repetitions


# Refusals, spoken


# Two at once


# Addresses


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("{assistantId}", "placeholder"),
        ("%7BassistantId%7D", "placeholder"),
        ("abc", "is a number"),
        ("-1", "is a number"),
        ("９", "is a number"),
        ("9" * 30, "is a number"),
        ("99", "there is no assistant 99"),
    ],
)
async def test_an_unknown_assistant_is_not_found_and_a_placeholder_is_explained(
    ready: ReadyNode, written: str, hint: str
) -> None:
    request = signed(f"/v1/talk/twilio/call/{written}", ready.fields())
    with pytest.raises(NotFound, match=hint):
        await ready.inbound.answer(written, request)


async def test_the_urls_to_paste_are_the_ones_answered(ready: ReadyNode) -> None:
    assert webhook_url(HOST, "twilio", 7) == f"https://{HOST}/v1/talk/twilio/call/7"
    assert number_status_url(HOST, "twilio", 7) == f"https://{HOST}/v1/talk/twilio/event/7"


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_query_parameters_are_the_conversations_arguments_but_keys_are_dropped(
    ready: ReadyNode, method: str
) -> None:
    path = f"/v1/talk/twilio/call/{ready.assistant_id}"
    query = "name=Ada%20L&empty=&_utm=x&2nd=b&Customer=7&x-api-key=hunter2&X-Api-Key=hunter3&bodySHA256=0"
    request = signed(path, ready.fields(), query=query, method=method)
    assert (await ready.inbound.answer(str(ready.assistant_id), request)).kind == "connected"
    kept = {"name": "Ada L", "empty": "", "_utm": "x", "2nd": "b"}
    # A GET's query is the carrier's too, and its names begin with a capital.
    kept |= {"Customer": "7"} if method == "POST" else {}
    async with ready.node.store.read() as tx:
        assert (await conversations.find(tx, 1)).arguments == kept


async def test_without_a_public_host_only_the_demo_is_answered(place: Place) -> None:
    async with open_ready_node(place, public=None) as ready:
        with pytest.raises(SettingsError, match=r"PUBLIC_ASSISTANT_HOST=calls\.example\.com"):
            await ready.rings(host=LOCAL)
        await ready.deploy(demo=True)
        answer = await ready.rings(host=LOCAL)
        assert stream_of(answer.document).attrib["url"].startswith(f"wss://{LOCAL}/v1/talk/twilio/ctx/")


# Changes and absences


async def test_a_new_version_answers_the_next_call_and_not_the_one_announced(ready: ReadyNode) -> None:
    first = context_of(await ready.rings())
    async with ready.node.store.write() as tx:
        old = await assistants.published(tx, ready.assistant_id)
        new = await assistants.add_version(tx, old, NOON)
        await assistants.publish(tx, old.id, new.version)
    await ready.rings(CallSid=OTHER_CALL)
    assert [told[2].version for told in ready.expected] == [1, 2]
    claimed = await ready.opens_stream(first)
    assert getattr(claimed, "assistant", None) == old


async def test_a_pinned_line_is_answered_by_its_version_whatever_is_published(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        old = await assistants.published(tx, ready.assistant_id)
        for _ in range(2):
            new = await assistants.add_version(tx, old, NOON)
        await assistants.publish(tx, old.id, new.version)
    await ready.deploy(options={"pinned_version": 2})
    context_id = context_of(await ready.rings())
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, context_id)
        assert context is not None
        conversation = await conversations.find(tx, context.conversation_id)
    assert (conversation.assistant_version, ready.expected[0][2].version) == (2, 2)
    claimed = await ready.opens_stream(context_id)
    assert isinstance(claimed, Claimed)
    assert claimed.assistant.version == 2


async def test_a_deployment_may_leave_out_which_events_of_a_stream_it_wants(ready: ReadyNode) -> None:
    assert "statusCallbackEvent" in (await ready.rings()).document
    await ready.deploy(options={"stream_status_events": False})
    document = (await ready.rings(CallSid=OTHER_CALL)).document
    assert "statusCallbackEvent" not in document
    assert "statusCallback=" in document


async def test_a_replaced_token_stops_proving_at_once(ready: ReadyNode) -> None:
    await ready.rings()
    async with ready.node.store.write() as tx:
        mine = await credentials.find(tx, ready.credential_id)
        sealed = ready.node.vault.seal(mine.place, {"account_sid": SID, "account_token": "new-token"})
        await tx.execute(
            update(credentials_table)
            .where(credentials_table.c.id == mine.id)
            .values(wrapped_key=sealed.wrapped_key, ciphertext=sealed.ciphertext)
        )
    with pytest.raises(ProofError):
        await ready.rings(CallSid=OTHER_CALL)
    assert (await ready.rings(CallSid=OTHER_CALL, token="new-token")).kind == "connected"


async def test_a_credential_that_does_not_open_proves_nothing(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        await tx.execute(update(credentials_table).values(ciphertext=b"x" * 40))
    with pytest.raises(ProofError):
        await ready.rings()


async def test_a_webhook_in_json_connects_too(ready: ReadyNode) -> None:
    body = msgspec.json.encode(ready.fields())
    path = f"/v1/talk/twilio/call/{ready.assistant_id}"
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = webhook.sign(f"https://{HOST}{path}?{query}", None, TOKEN)
    headers = {webhook.SIGNATURE_HEADER: signature, "content-type": "application/json"}
    request = a_request("POST", path=path, query=query, headers=headers, body=body)
    answer = await ready.inbound.answer(str(ready.assistant_id), request)
    assert answer.kind == "connected"
    async with ready.node.store.read() as tx:
        context = await contexts.find(tx, context_of(answer))
    assert context is not None
    assert (context.carrier_account, context.carrier_call_id) == (SID, CALL)

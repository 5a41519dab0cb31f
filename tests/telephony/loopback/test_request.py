from __future__ import annotations

import json
from typing import Any

import pytest

from rapida.errors import WireError
from rapida.telephony.loopback.request import (
    SIGNATURE_HEADER,
    STATES,
    LoopbackWebhook,
    LoopbackWebhooks,
    sign,
)
from rapida.telephony.webhooks import ORDER, TERMINAL, CarrierRequest, InboundCall, SigningKeys

HOST = "calls.example.org"


def webhook(told: Any, *, query: str = "", token: str = "t") -> LoopbackWebhook:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    bare = CarrierRequest(
        carrier="loopback", method="POST", path="/v1/talk/loopback/call/7", query=query, headers={}, body=body
    )
    headers = {SIGNATURE_HEADER: sign("POST", bare.url(HOST), body, token)}
    return LoopbackWebhooks().read(
        CarrierRequest(
            carrier="loopback", method="POST", path=bare.path, query=query, headers=headers, body=body
        )
    )


def test_a_call_is_announced_with_what_its_address_and_its_caller_bring() -> None:
    told = {"account": "home", "call": "c1", "from": "+1", "to": "+2", "variables": {"CallerName": "Ada"}}
    assert webhook(told, query="shop=3").call == InboundCall(
        account_id="home",
        call_id="c1",
        from_number="+1",
        to_number="+2",
        query={"shop": "3"},
        carried={"CallerName": "Ada"},
    )


def test_every_state_is_one_of_ours_and_the_last_ones_end_a_call() -> None:
    read = {
        state: webhook({"account": "home", "call": "c1", "state": state, "number": 2}).callback
        for state in STATES
    }
    assert {each.status for each in read.values()} <= {*ORDER, *TERMINAL}
    over = {state for state, each in read.items() if each.terminal}
    assert over == {"ended", "busy", "unanswered", "refused", "withdrawn"}
    assert read["ended"].dedup_key == "call:c1:2"


def test_a_word_that_is_new_is_kept_and_ends_no_call() -> None:
    read = webhook({"call": "c1", "state": "on_hold"}).callback
    assert (read.status, read.terminal) == ("on_hold", False)


@pytest.mark.parametrize(
    ("answered", "answerer"), [("person", "person"), ("fax", "fax"), ("machine", "machine")]
)
def test_who_answered_is_told(answered: str, answerer: str) -> None:
    read = webhook({"call": "c1", "answered": answered}).callback
    assert (read.kind, read.status, read.answerer) == ("machine", answered, answerer)


@pytest.mark.parametrize("told", [b"", b"[]", b"{", {"call": 7}])
def test_a_body_that_is_none_of_its_requests_is_a_wire_error(told: Any) -> None:
    with pytest.raises(WireError):
        _ = webhook(told).account_id


@pytest.mark.parametrize("told", [{}, {"call": "c1"}, {"state": "up"}])
def test_a_callback_without_a_call_or_a_report_is_a_wire_error(told: Any) -> None:
    with pytest.raises(WireError):
        _ = webhook(told).callback


def test_one_of_the_keys_must_have_signed_this_very_request() -> None:
    signed = webhook({"account": "home"})
    assert signed.signed(HOST, SigningKeys(("other", "t")))
    assert not signed.signed("elsewhere.example.org", SigningKeys(("t",)))
    assert not signed.signed(HOST, SigningKeys(("other",)))
    assert not webhook({"account": "home"}, token="").signed(HOST, SigningKeys(("",)))


def test_replaced_tokens_prove_too_and_the_handshake_is_a_get() -> None:
    webhooks, url = LoopbackWebhooks(), f"wss://{HOST}/v1/talk/loopback/ctx/1"
    keys = webhooks.keys({}, [{"token": "new"}, {"token": "old"}])
    assert keys.tokens == ("new", "old")
    assert webhooks.handshake_signed(url, {SIGNATURE_HEADER: sign("GET", url, b"", "old")}, keys)
    assert not webhooks.handshake_signed(url, {SIGNATURE_HEADER: sign("POST", url, b"", "old")}, keys)

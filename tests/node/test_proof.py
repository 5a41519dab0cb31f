"""Proof: which key may speak for which request."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from rapida.errors import VaultError
from rapida.node import proof
from rapida.node.proof import Prover
from rapida.store.credentials import Credential
from rapida.telephony.twilio import webhook
from rapida.telephony.twilio.rest import Twilio
from rapida.vault.sealing import Keyring, Sealed, SecretBinding, Vault
from tests.switchboard.ready_node import FORM, HOST, a_request, signed

VAULT = Vault(Keyring({"k1": b"k" * 32}))


def a_credential(number: int = 1, /, **secret: str) -> Credential:
    row = Credential(
        id=number,
        project_id=1,
        provider="twilio",
        name=f"C{number}",
        account="AC1",
        base_url=None,
        sealed=Sealed("", b"", b""),
    )
    return replace(row, sealed=VAULT.seal(row.place, secret))


@pytest.mark.parametrize("body", [b'{"a":1}', b""])
def test_a_json_request_is_proved_by_its_url_and_its_bodys_hash(body: bytes) -> None:
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = webhook.sign(f"https://{HOST}/x?{query}", None, "t")
    headers = {webhook.SIGNATURE_HEADER: signature, "content-type": "application/json; charset=utf-8"}
    prover, known = Prover(VAULT), [a_credential(account_token="t")]
    assert (
        prover.who_signed(a_request("POST", path="/x", query=query, headers=headers, body=body), HOST, known)
        is known[0]
    )
    assert (
        prover.who_signed(
            a_request("POST", path="/x", query=query, headers=headers, body=body + b" "), HOST, known
        )
        is None
    )


def test_a_json_body_without_hash_is_never_proved() -> None:
    headers = {
        webhook.SIGNATURE_HEADER: webhook.sign(f"https://{HOST}/x", None, "t"),
        "content-type": "application/json",
    }
    request = a_request("POST", path="/x", query="", headers=headers, body=b'{"CallSid":"CA1"}')
    assert Prover(VAULT).who_signed(request, HOST, [a_credential(account_token="t")]) is None


def test_a_shared_key_proves_only_when_the_credential_pins_it() -> None:
    url = f"https://{HOST}/x"
    fields = {"CallSid": "CA1"}
    headers = {
        webhook.SIGNATURE_HEADER: webhook.sign(url, fields, "shared", "HMAC_SHA256"),
        webhook.SETTINGS_HEADER: "key=SK1,algorithm=HMAC_SHA256",
        "content-type": FORM,
    }
    request = a_request("POST", path="/x", query="", headers=headers, body=b"CallSid=CA1")
    pinned = a_credential(account_token="t", shared_key_id="SK1", shared_key_secret="shared")
    others = [
        a_credential(2, account_token="shared"),
        a_credential(3, account_token="t", shared_key_id="SK2", shared_key_secret="shared"),
    ]
    assert Prover(VAULT).who_signed(request, HOST, [*others, pinned]) is pinned
    assert Prover(VAULT).who_signed(request, HOST, others) is None


def test_the_settings_header_cannot_turn_the_auth_token_into_a_shared_key() -> None:
    url = f"https://{HOST}/x"
    headers = {
        webhook.SIGNATURE_HEADER: webhook.sign(url, None, "t", "HMAC_SHA256"),
        webhook.SETTINGS_HEADER: "key=,algorithm=HMAC_SHA256",
    }
    request = a_request("GET", path="/x", query="", headers=headers)
    assert Prover(VAULT).who_signed(request, HOST, [a_credential(account_token="t")]) is None


@pytest.mark.parametrize("secret", [{}, {"account_token": ""}, {"account_token": "t", "secondary_token": ""}])
def test_an_empty_token_proves_nothing(secret: dict[str, str]) -> None:
    request = signed("/x", {"CallSid": "CA1"}, token="")
    assert Prover(VAULT).who_signed(request, HOST, [a_credential(**secret)]) is None


def test_of_several_credentials_the_one_that_signed_is_named() -> None:
    known = [a_credential(number, account_token=f"t{number}") for number in (1, 2, 3)]
    assert Prover(VAULT).who_signed(signed("/x", {"A": "b"}, token="t2"), HOST, known) is known[1]


def test_an_opened_secret_is_opened_once_and_again_when_its_row_changes() -> None:
    opened: list[int] = []

    class Counting(Vault):
        def open(self, place: SecretBinding, sealed: Sealed) -> dict[str, str]:
            opened.append(place.credential_id)
            return super().open(place, sealed)

    prover = Prover(Counting(Keyring({"k1": b"k" * 32})))
    first, second = a_credential(account_token="old"), a_credential(account_token="new")
    assert [prover.secret(each)["account_token"] for each in (first, first, second, second, first)] == [
        "old",
        "old",
        "new",
        "new",
        "old",
    ]
    assert len(opened) == 2


def test_no_more_secrets_stay_open_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "KEPT_OPEN", 2)
    prover = Prover(VAULT)
    for number in range(1, 6):
        prover.secret(a_credential(number, account_token="t"))
    assert len(prover._opened) == 2


def test_a_secret_that_does_not_open_says_so() -> None:
    foreign = Vault(Keyring({"k1": b"x" * 32}))
    with pytest.raises(VaultError):
        Prover(foreign).secret(a_credential(account_token="t"))


@pytest.mark.parametrize("known", [0, 1, 2])
def test_a_forged_signature_is_compared_with_as_many_keys_whatever_is_known(
    known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    sign = webhook._sign

    def signs(text: str, *more: Any) -> str:
        computed.append(text)
        return sign(text, *more)

    secret = dict([("account_token", "t"), ("secondary_token", "u")][:known])
    credentials = [a_credential(**secret)] if known else []
    prover, forged = Prover(VAULT), signed("/x", {"A": "b"}, token="other")
    monkeypatch.setattr(webhook, "_sign", signs)
    assert prover.who_signed(forged, HOST, credentials) is None
    assert len(computed) == 4
    computed.clear()
    headers = {webhook.SIGNATURE_HEADER: "x"}
    known_one = next(iter(credentials), None)
    assert not prover.handshake_signed(Twilio.webhooks, f"wss://{HOST}/x", headers, known_one)
    assert len(computed) == 8

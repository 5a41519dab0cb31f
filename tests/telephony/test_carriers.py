"""What holds for every carrier of the catalogue."""

from __future__ import annotations

import re

import pytest

from rapida import telephony
from rapida.errors import WireError
from rapida.providers.build import build
from rapida.telephony import CATALOGUE
from rapida.telephony.carrier import Carrier
from rapida.telephony.documents import StreamAddress
from rapida.telephony.webhooks import CarrierRequest, SigningKeys

HOST = "calls.example.org"
EVERY = pytest.mark.parametrize("name", [*CATALOGUE])


@EVERY
def test_its_class_has_all_that_a_carrier_has(name: str) -> None:
    wanted = {each for each in vars(Carrier) if not each.startswith("_")} | set(Carrier.__annotations__)
    assert {each for each in wanted if not hasattr(telephony.carrier(name), each)} == set()


@EVERY
def test_its_name_can_stand_in_an_address_and_in_a_variable(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", name)


@EVERY
async def test_a_made_up_credential_is_one_that_it_takes(name: str) -> None:
    carrier = telephony.carrier(name)
    secret = carrier.made_up_credential()
    assert secret[carrier.account_field]
    assert secret != carrier.made_up_credential()
    options = {"guarded": True, "api_url": "https://api.example.com"}
    account = build(CATALOGUE, name, options, secret)
    await account.aclose()


@EVERY
def test_it_says_where_its_interface_is_unless_the_operator_does(name: str) -> None:
    assert telephony.api_url(name, {}) == getattr(telephony.carrier(name).Options(), "api_url")  # noqa: B009
    assert telephony.api_url(name, {name: "https://proxy.example.com"}) == "https://proxy.example.com"


@EVERY
def test_its_documents_hold_what_they_are_given(name: str) -> None:
    documents = telephony.carrier(name).documents
    stream = StreamAddress(f"wss://{HOST}/ctx/1", "7__42", f"https://{HOST}/ctx/1/event")
    connecting = documents.connect(stream, {"assistant_id": "7 & 8"})
    assert stream.url in connecting
    assert "7__42" in connecting
    assert "Good bye." in documents.refuse("Good bye.", "en")
    assert documents.content_type


@EVERY
def test_a_request_without_a_signature_or_with_an_empty_key_is_unsigned(name: str) -> None:
    webhooks = telephony.carrier(name).webhooks
    request = webhooks.read(
        CarrierRequest(carrier=name, method="POST", path="/x", query="", headers={}, body=b"")
    )
    signed = {webhooks.signature_header: ""}
    empty = webhooks.read(
        CarrierRequest(carrier=name, method="POST", path="/x", query="", headers=signed, body=b"")
    )
    for keys in (SigningKeys(), SigningKeys(("",)), SigningKeys(("token",))):
        assert not request.signed(HOST, keys)
        assert not empty.signed(HOST, keys)
        assert not webhooks.handshake_signed(f"wss://{HOST}/x", signed, keys)
    assert webhooks.signature_header == webhooks.signature_header.lower()


@EVERY
@pytest.mark.parametrize("message", [b"", b"null", b"[]", b"\xff", b"sound"])
def test_its_codec_takes_nothing_that_is_no_message(name: str, message: bytes) -> None:
    codec = telephony.carrier(name).codec("call", "account")
    with pytest.raises(WireError):
        codec.receive(message, None)  # type: ignore[arg-type]
